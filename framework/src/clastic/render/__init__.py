"""Render functions: turn what an endpoint returned into a response."""

from typing import TYPE_CHECKING

from clastic.exports import lazy_exports

if TYPE_CHECKING:
    from clastic.render.ashes_templates import AshesRenderFactory
    from clastic.render.basic import BasicRender, render_basic
    from clastic.render.json import JSONPRender, JSONRender, render_json, render_json_dev
    from clastic.render.table import Table, TabularRender
    from clastic.render.template_base import TemplateError
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "clastic.render.ashes_templates": ("AshesRenderFactory", "ashes"),
            "clastic.render.basic": ("BasicRender", "render_basic"),
            "clastic.render.json": (
                "JSONPRender",
                "JSONRender",
                "render_json",
                "render_json_dev",
            ),
            "clastic.render.table": ("Table", "TabularRender"),
            "clastic.render.template_base": ("TemplateError",),
        },
    )

__all__ = [
    "AshesRenderFactory",
    "BasicRender",
    "JSONPRender",
    "JSONRender",
    "Table",
    "TabularRender",
    "TemplateError",
    "render_basic",
    "render_json",
    "render_json_dev",
]
