"""Pyramid: a `Configurator` with routes and views, and tweens as middlewares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound, HTTPMethodNotAllowed
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory

from .interface import FILES, PAGE, SECRET, TEXT, Probe

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

DISTRIBUTION = "pyramid"
HANDLER = """
def handler_{i}(request):
    return Response(f"{i}:{request.matchdict['id']}", content_type="text/plain")
"""

Handler = Callable[[Request], Any]


def build(case: str, probe: Probe) -> WSGIApplication:
    """Make the application for a case; most cases share one."""
    with Configurator() as configurator:
        configurator.add_route("home", "/")
        if case == "middlewares":
            configurator.registry.probe = probe
            for tween in ("request_id", "count", "timer"):
                configurator.add_tween(f"{__name__}.{tween}_tween")
            configurator.add_view(numbered, route_name="home", request_method="GET")
            return configurator.make_wsgi_app()
        if case == "cookie":
            configurator.set_session_factory(SignedCookieSessionFactory(SECRET))
            configurator.add_view(visit, route_name="home", request_method="GET")
            return configurator.make_wsgi_app()
        configurator.add_view(home, route_name="home", request_method="GET")
        if case == "405":
            configurator.add_view(not_allowed, route_name="home")
        add_others(configurator)
        return configurator.make_wsgi_app()


def add_others(configurator: Configurator) -> None:
    """Add the routes of other paths than `/`."""
    views: list[tuple[str, str, Handler, dict[str, str]]] = [
        ("/hello/{name}", "GET", greeting, {}),
        ("/json", "GET", document, {"renderer": "json"}),
        ("/page", "GET", page, {"renderer": f"{FILES}/page.html"}),
        ("/old", "GET", moved, {}),
        ("/form", "POST", posted, {}),
    ]
    configurator.include("pyramid_jinja2")
    configurator.add_jinja2_renderer(".html")
    for pattern, method, view, options in views:
        configurator.add_route(view.__name__, pattern)
        configurator.add_view(view, route_name=view.__name__, request_method=method, **options)
    configurator.add_static_view("static", str(FILES))


def routes(handlers: Sequence[Handler]) -> WSGIApplication:
    """Make an application with one view for each of the `handlers`."""
    with Configurator() as configurator:
        for i, handler in enumerate(handlers):
            configurator.add_route(f"r{i}", f"/r{i}/{{id}}")
            configurator.add_view(handler, route_name=f"r{i}", request_method="GET")
        return configurator.make_wsgi_app()


def home(request: Request) -> Response:
    """Respond with a text."""
    return Response(TEXT, content_type="text/plain")


def greeting(request: Request) -> Response:
    """Respond with the path's second segment in a text."""
    return Response(f"Hello, {request.matchdict['name']}!", content_type="text/plain")


def document(request: Request) -> dict[str, str]:
    """Respond with a JSON object, made by the view's renderer from a dict."""
    return {"message": TEXT}


def page(request: Request) -> dict[str, Any]:
    """Respond with the data of the view's template."""
    return PAGE


def moved(request: Request) -> Response:
    """Respond with a redirect."""
    return HTTPFound("/new")


def posted(request: Request) -> Response:
    """Respond with two fields of a form."""
    form = request.POST
    return Response(f"{form['greeting']}, {form['name']}!", content_type="text/plain")


def visit(request: Request) -> Response:
    """Count visits in a signed cookie."""
    session = request.session
    visits = session["visits"] = session.get("visits", 0) + 1
    return Response(f"Visit {visits}", content_type="text/plain")


def not_allowed(request: Request) -> Response:
    """Respond 405 with Allow: GET; by default Pyramid responds 404."""
    return HTTPMethodNotAllowed(headers=[("Allow", "GET")])


def numbered(request: Request) -> Response:
    """Respond with the number of the request from a tween."""
    return Response(f"{TEXT} {request.request_id}", content_type="text/plain")


def request_id_tween(handler: Handler, registry: Registry) -> Handler:
    """Number the requests."""
    request_ids = registry.probe.request_ids

    def tween(request: Request) -> Response:
        request.request_id = next(request_ids)
        return handler(request)

    return tween


def count_tween(handler: Handler, registry: Registry) -> Handler:
    """Count the responses by status."""
    statuses = registry.probe.statuses

    def tween(request: Request) -> Response:
        response = handler(request)
        statuses[response.status_code] += 1
        return response

    return tween


def timer_tween(handler: Handler, registry: Registry) -> Handler:
    """Add up the time of the requests."""
    probe = registry.probe

    def tween(request: Request) -> Response:
        started = perf_counter()
        try:
            return handler(request)
        finally:
            probe.seconds += perf_counter() - started

    return tween
