"""Render functions: what makes a response of what an endpoint returned."""

from clastic.render.ashes_templates import AshesRenderFactory
from clastic.render.basic import BasicRender, render_basic
from clastic.render.simple import JSONPRender, JSONRender, render_json, render_json_dev
from clastic.render.tabular import Table, TabularRender
from clastic.render.templates import TemplateError

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
