"""Re-export the renders under the import path that apps written for Clastic 26 use."""

from clastic.compat.names import ClasticJSONEncoder
from clastic.render.basic import BasicRender, render_basic
from clastic.render.json import JSONPRender, JSONRender, render_json, render_json_dev
from clastic.render.table import TabularRender

__all__ = [
    "BasicRender",
    "ClasticJSONEncoder",
    "JSONPRender",
    "JSONRender",
    "TabularRender",
    "render_basic",
    "render_json",
    "render_json_dev",
]
