"""Follow a tutorial step by step in an empty folder; README.md describes the format of a page."""

import sys
from pathlib import Path

# Make importable what other tests share: the module ``transcripts`` and the package ``harness``.
_ROOT = Path(__file__).resolve().parents[3]
sys.path += [str(_ROOT / "framework" / "tests" / "docs"), str(_ROOT / "e2e")]

from walker.page import Page, Step, StepError, WalkError, read_page  # noqa: E402
from walker.walk import walk  # noqa: E402

__all__ = ["Page", "Step", "StepError", "WalkError", "read_page", "walk"]
