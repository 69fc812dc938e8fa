"""Render functions: what makes a response of what an endpoint returned."""

from typing import TYPE_CHECKING

from clastic.exports import late_exports

if TYPE_CHECKING:
    from clastic.render.ashes_templates import AshesRenderFactory
    from clastic.render.basic import BasicRender, render_basic
    from clastic.render.simple import JSONPRender, JSONRender, render_json, render_json_dev
    from clastic.render.tabular import Table, TabularRender
    from clastic.render.templates import TemplateError
else:
    __getattr__, __dir__ = late_exports(
        __name__,
        {
            "clastic.render.ashes_templates": ("AshesRenderFactory",),
            "clastic.render.basic": ("BasicRender", "render_basic"),
            "clastic.render.simple": (
                "JSONPRender",
                "JSONRender",
                "render_json",
                "render_json_dev",
            ),
            "clastic.render.tabular": ("Table", "TabularRender"),
            "clastic.render.templates": ("TemplateError",),
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
