"""How what a route has as render becomes a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clastic.describe import describe_callable, describe_role
from clastic.routing.route import Route
from clastic.wiring import Problem

RenderFactory = Callable[[Any], Callable[..., Any]]
"""Takes what a route has as render, gives a render function."""


def inherit_render(render: Any) -> Callable[..., Any]:
    """Be the render factory of an application that takes its embedder's.

    ``Application(routes, render_factory=inherit_render)`` is constructed without one of its own,
    and gets the outer application's where it is embedded. Served by itself it cannot render.
    """

    def render_nothing() -> Any:
        raise RuntimeError(
            f"render {render!r} is left to the render factory of an outer application, and this "
            "application is served by itself. Embed it, or give it a render_factory."
        )

    return render_nothing


def made_render(
    route: Route, pattern: str, render_factory: RenderFactory | None, problems: list[Problem]
) -> Callable[..., Any] | None:
    """Make the render function of a route, by the factory where it is not callable itself.

    :param pattern: the pattern to report the route by
    :param problems: takes what is in the way
    """
    if route.render is None or callable(route.render):
        return route.render  # type: ignore[no-any-return]
    where = f"Route '{pattern}' (endpoint {describe_callable(route.endpoint)})"
    if render_factory is None:
        problems.append(
            Problem(
                where,
                f"has the render {route.render!r}, and no render factory to make it a function",
                "Give the application a render_factory=, or give the route a callable.",
            )
        )
        return None
    # Imported here, for an application without templates has no use for it.
    from clastic.render.templates import TemplateError, TemplateRender

    try:
        render = render_factory(route.render)
    except TemplateError as error:
        problems.extend(problem._replace(route=pattern) for problem in error.problems)
        return None
    if not callable(render):
        problems.append(
            Problem(
                where,
                f"has the render {route.render!r}, of which its "
                f"{describe_role('render factory', render_factory)} made {render!r}, "
                "which is not callable",
                "Have the factory return a function that takes context.",
            )
        )
        return None
    return render.of_endpoint(route.endpoint) if isinstance(render, TemplateRender) else render
