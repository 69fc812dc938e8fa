"""Render functions: what makes a response of what an endpoint returned."""

from .ashes_templates import AshesRenderFactory
from .basic import BasicRender, render_basic
from .simple import JSONPRender, JSONRender, render_json, render_json_dev
from .tabular import Table, TabularRender
from .templates import TemplateError

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
