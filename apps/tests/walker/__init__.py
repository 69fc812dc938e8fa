"""Walks a tutorial as its reader would, in an empty folder; README.md has the form of a page."""

from walker.page import Page, Step, StepError, WalkError, read_page
from walker.walk import walk

__all__ = ["Page", "Step", "StepError", "WalkError", "read_page", "walk"]
