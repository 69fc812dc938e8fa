"""Walk tutorials: ``python -m walker [--screenshots] [--no-browser] PAGE...``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from walker.browser import find_browser
from walker.page import WalkError, read_page
from walker.walk import walk


def main() -> str | None:
    """Walk each page in an empty folder; return the first error, or None."""
    parser = argparse.ArgumentParser("walker", description="Follow tutorials step by step.")
    parser.add_argument("pages", nargs="+", type=Path, metavar="PAGE")
    parser.add_argument("--screenshots", action="store_true", help="retake the screenshots")
    parser.add_argument("--no-browser", action="store_true", help="skip the browser steps")
    options = parser.parse_args()
    programs = None if options.no_browser else find_browser()
    if programs is None:
        if options.screenshots:
            return "Screenshots need Chromium, chromedriver and selenium."
        print("Skipping the browser steps.")
    try:
        for path in options.pages:
            with tempfile.TemporaryDirectory() as home:
                page = read_page(path.resolve())
                walk(page, Path(home), programs, takes_screenshots=options.screenshots)
    except WalkError as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())
