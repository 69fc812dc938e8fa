"""Flaw: the application that shows why a program failed to start."""

from clastic.flaw.application import create_app
from clastic.flaw.page import STATE_PATH
from clastic.flaw.report import files_named

__all__ = ["STATE_PATH", "create_app", "files_named"]
