"""The command ``clastic``, also ``python -m clastic``."""

from clastic.cli.main import main

__all__ = ["main"]
