"""Follow a tutorial step by step in an empty folder; README.md describes the format of a page."""

from walker.page import Page, Step, StepError, WalkError, read_page
from walker.walk import walk

__all__ = ["Page", "Step", "StepError", "WalkError", "read_page", "walk"]
