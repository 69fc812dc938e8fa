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
    """Walk each page in an empty folder; gives what is wrong."""
    options = argparse.ArgumentParser("walker", description="Walk tutorials as a reader would.")
    options.add_argument("pages", nargs="+", type=Path, metavar="PAGE")
    options.add_argument("--screenshots", action="store_true", help="take the pictures anew")
    options.add_argument("--no-browser", action="store_true", help="leave the browser out")
    given = options.parse_args()
    programs = None if given.no_browser else find_browser()
    if programs is None:
        if given.screenshots:
            return "Screenshots need Chromium, chromedriver and selenium."
        print("Without a browser.")
    try:
        for path in given.pages:
            with tempfile.TemporaryDirectory() as home:
                page = read_page(path.resolve())
                walk(page, Path(home), programs, takes_screenshots=given.screenshots)
    except WalkError as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())
