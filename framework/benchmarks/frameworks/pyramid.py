"""Pyramid, with tweens as middlewares and `pyramid_jinja2` for the template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound, HTTPMethodNotAllowed
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory

from .interface import FILES, PAGE, SECRET, TEXT, Probe, WSGIApplication

DISTRIBUTION = "pyramid"
LACKS = ("session",)
HANDLER = """
def handler_{i}(request):
    return Response(f"{i}:{request.matchdict['id']}", content_type="text/plain")
"""

Handler = Callable[[Request], Any]


def build(case: str, probe: Probe) -> WSGIApplication:
    with Configurator() as configurator:
        configurator.add_route("home", "/")
        if case == "middlewares":
            configurator.registry.probe = probe
            for tween in ("request_id", "count", "timer"):
                configurator.add_tween(f"{__name__}.{tween}_tween")
            configurator.add_view(numbered, route_name="home", request_method="GET")
        elif case == "cookie":
            configurator.set_session_factory(SignedCookieSessionFactory(SECRET))
            configurator.add_view(cookie, route_name="home", request_method="GET")
        else:
            configurator.add_view(text, route_name="home", request_method="GET")
            add_other_routes(configurator)
        if case == "405":
            configurator.add_view(not_allowed, route_name="home")
        return configurator.make_wsgi_app()


def add_other_routes(configurator: Configurator) -> None:
    views: list[tuple[str, str, Handler, dict[str, str]]] = [
        ("/hello/{name}", "GET", path, {}),
        ("/json", "GET", json_object, {"renderer": "json"}),
        ("/page", "GET", html_page, {"renderer": f"{FILES}/page.html"}),
        ("/old", "GET", redirect_to_new, {}),
        ("/form", "POST", form, {}),
    ]
    configurator.include("pyramid_jinja2")
    configurator.add_jinja2_renderer(".html")
    for pattern, method, view, options in views:
        configurator.add_route(view.__name__, pattern)
        configurator.add_view(view, route_name=view.__name__, request_method=method, **options)
    configurator.add_static_view("static", str(FILES))


def routes(handlers: Sequence[Handler]) -> WSGIApplication:
    with Configurator() as configurator:
        for i, handler in enumerate(handlers):
            configurator.add_route(f"r{i}", f"/r{i}/{{id}}")
            configurator.add_view(handler, route_name=f"r{i}", request_method="GET")
        return configurator.make_wsgi_app()


def text(request: Request) -> Response:
    return Response(TEXT, content_type="text/plain")


def path(request: Request) -> Response:
    return Response(f"Hello, {request.matchdict['name']}!", content_type="text/plain")


def json_object(request: Request) -> dict[str, str]:
    return {"message": TEXT}


def html_page(request: Request) -> dict[str, Any]:
    return PAGE


def redirect_to_new(request: Request) -> Response:
    return HTTPFound("/new")


def form(request: Request) -> Response:
    form = request.POST
    return Response(f"{form['greeting']}, {form['name']}!", content_type="text/plain")


def cookie(request: Request) -> Response:
    session = request.session
    visits = session["visits"] = session.get("visits", 0) + 1
    return Response(f"Visit {visits}", content_type="text/plain")


def not_allowed(request: Request) -> Response:
    # Without this second view, Pyramid responds 404.
    return HTTPMethodNotAllowed(headers=[("Allow", "GET")])


def numbered(request: Request) -> Response:
    return Response(f"{TEXT} {request.request_id}", content_type="text/plain")


def request_id_tween(handler: Handler, registry: Registry) -> Handler:
    request_ids = registry.probe.request_ids

    def tween(request: Request) -> Response:
        request.request_id = next(request_ids)
        return handler(request)

    return tween


def count_tween(handler: Handler, registry: Registry) -> Handler:
    statuses = registry.probe.statuses

    def tween(request: Request) -> Response:
        response = handler(request)
        statuses[response.status_code] += 1
        return response

    return tween


def timer_tween(handler: Handler, registry: Registry) -> Handler:
    probe = registry.probe

    def tween(request: Request) -> Response:
        started = perf_counter()
        try:
            return handler(request)
        finally:
            probe.seconds += perf_counter() - started

    return tween
