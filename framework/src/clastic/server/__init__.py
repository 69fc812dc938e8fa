"""The development server: ``app.serve()`` and its command-line flags."""

from clastic.server.serve import serve

__all__ = ["serve"]
