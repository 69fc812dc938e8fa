"""Flaw: the application that answers for a program that does not run, and says why."""

from clastic.flaw.application import STATE_PATH, create_app
from clastic.flaw.report import files_named

__all__ = ["STATE_PATH", "create_app", "files_named"]
