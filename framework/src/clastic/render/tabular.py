"""Re-export tables under the import path that apps written for Clastic 26 use."""

from clastic.render.table import Table, TabularRender

__all__ = ["Table", "TabularRender"]
