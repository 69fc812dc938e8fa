"""Explain what an application does with a request: as data, text, JSON and a picture."""

from typing import TYPE_CHECKING

from clastic.exports import lazy_exports

if TYPE_CHECKING:
    from clastic.explanation.attempts import Attempt, Suggestion
    from clastic.explanation.report import Explanation, explain
    from clastic.explanation.routes import FunctionData, LayerData, RouteData
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "clastic.explanation.attempts": ("Attempt", "Suggestion"),
            "clastic.explanation.report": ("Explanation", "explain"),
            "clastic.explanation.routes": ("FunctionData", "LayerData", "RouteData"),
        },
    )
__all__ = [
    "Attempt",
    "Explanation",
    "FunctionData",
    "LayerData",
    "RouteData",
    "Suggestion",
    "explain",
]
