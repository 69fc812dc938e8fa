"""Walk tutorials: ``python -m walker [--screenshots] [--no-browser] PAGE...``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from harness.chromium import is_installed

from walker.page import WalkError, read_page
from walker.walk import walk


def main() -> str | None:
    """Walk each page in an empty folder; return the first error, or None."""
    parser = argparse.ArgumentParser("walker", description="Follow tutorials step by step.")
    parser.add_argument("pages", nargs="+", type=Path, metavar="PAGE")
    parser.add_argument("--screenshots", action="store_true", help="retake the screenshots")
    parser.add_argument("--no-browser", action="store_true", help="skip the browser steps")
    options = parser.parse_args()
    uses_browser = not options.no_browser and is_installed()
    if not uses_browser:
        if options.screenshots:
            return "Screenshots need Chromium and chromedriver."
        print("Skipping the browser steps.")
    try:
        for path in options.pages:
            with tempfile.TemporaryDirectory() as home:
                page = read_page(path.resolve())
                walk(
                    page,
                    Path(home),
                    uses_browser=uses_browser,
                    takes_screenshots=options.screenshots,
                )
    except WalkError as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())
