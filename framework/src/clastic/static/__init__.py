"""Serve files from disk: a folder of them as an application, or one of them as a route."""

from typing import TYPE_CHECKING

from clastic.exports import lazy_exports

if TYPE_CHECKING:
    from clastic.static.application import StaticApplication, StaticFileRoute
    from clastic.static.file_response import FileResponse
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "clastic.static.application": ("StaticApplication", "StaticFileRoute"),
            "clastic.static.file_response": ("FileResponse",),
        },
    )

__all__ = ["FileResponse", "StaticApplication", "StaticFileRoute"]
