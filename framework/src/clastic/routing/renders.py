"""Make the render function of a route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clastic.describe import describe_callable, describe_role, underlying_function
from clastic.routing.route import RenderFactory, Route
from clastic.wiring import Problems


def make_render(
    route: Route, pattern: str, render_factory: RenderFactory | None, problems: Problems
) -> Callable[..., Any] | None:
    """Return the render function of a route, made by the factory if it is not callable itself.

    :param pattern: the pattern to report the route by
    """
    if route.render is None or callable(route.render):
        return route.render  # type: ignore[no-any-return]
    where = f"Route '{pattern}' (endpoint {describe_callable(route.endpoint)})"
    if render_factory is None:
        if not _report_quoted(route, where, problems):
            problems.add(
                where,
                f"has the render {route.render!r}, but no render factory to turn it into a "
                "function",
                "Pass render_factory= to the application, or a callable as the render.",
            )
        return None
    # An application without templates does not import what they need.
    from clastic.render.template_base import TemplateError

    try:
        render = render_factory(route.render)
    except TemplateError as error:
        if not _report_quoted(route, where, problems):
            problems.extend(problem._replace(route=pattern) for problem in error.problems)
        return None
    return checked_render(where, route.render, render_factory, render, problems)


def checked_render(
    where: str, given: object, render_factory: RenderFactory, made: Any, problems: Problems
) -> Callable[..., Any] | None:
    """Return what a render factory made if it is callable, else report it.

    :param where: who has the render
    :param given: what the factory was passed
    :param made: what it returned
    """
    if callable(made):
        return made  # type: ignore[no-any-return]
    problems.add(
        where,
        f"has the render {given!r}, but its "
        f"{describe_role('render factory', render_factory)} returned {made!r}, "
        "which is not callable",
        "Let the factory return a function that takes context.",
        error_type=TypeError,
    )
    return None


def _report_quoted(route: Route, where: str, problems: Problems) -> bool:
    """Report a render that is the name of a function, and return whether it is one."""
    import clastic.render

    known = getattr(underlying_function(route.endpoint), "__globals__", {})
    if route.render in clastic.render.__all__:
        origin = ", from clastic.render"
    elif isinstance(route.render, str) and callable(known.get(route.render)):
        origin = ""
    else:
        return False
    problems.add(
        where,
        f"has the render {route.render!r}, which is a string, not the render of that name",
        f"Write it without quotes: {route.render}{origin}.",
    )
    return True
