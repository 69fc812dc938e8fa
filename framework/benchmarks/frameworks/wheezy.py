"""wheezy.web, with functions as handlers and plain middlewares.

Its 405 has no `Allow`, and its static files have no validators.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from time import perf_counter
from typing import Any

from wheezy.http import (
    HTTPCookie,
    HTTPRequest,
    HTTPResponse,
    WSGIApplication,
    accept_method,
    json_response,
    redirect,
)
from wheezy.routing import url
from wheezy.security.crypto import Ticket
from wheezy.web.handlers import file_handler
from wheezy.web.middleware import bootstrap_defaults, path_routing_middleware_factory
from wheezy.web.templates import Jinja2Template

from .interface import FILES, HTML, PAGE, PLAIN, SECRET, TEXT, Probe, templates

DISTRIBUTION = "wheezy.web"
LACKS = ("405", "session", "static-304")
HANDLER = """
@get
def handler_{i}(request):
    return plain(f"{i}:{request.environ['route_args']['id']}")
"""

Following = Callable[[HTTPRequest], HTTPResponse]


get = accept_method("GET")


def build(case: str, probe: Probe) -> WSGIApplication:
    home = {"cookie": cookie, "middlewares": numbered}.get(case, text)
    return application(
        [
            url("", get(home), name="home"),
            url("hello/{name}", get(path), name="path"),
            url("json", get(json_object), name="json"),
            url("page", get(html_page), name="page"),
            url("old", get(redirect_to_new), name="old"),
            url("form", accept_method("POST")(form), name="form"),
            url("static/{path:any}", file_handler(str(FILES)), name="static"),
        ],
        middlewares(probe) if case == "middlewares" else (),
    )


def routes(handlers: Sequence[Callable[[HTTPRequest], HTTPResponse]]) -> WSGIApplication:
    return application(
        [url(f"r{i}/{{id}}", handler, name=f"r{i}") for i, handler in enumerate(handlers)]
    )


def application(urls: list[Any], middlewares: Sequence[Any] = ()) -> WSGIApplication:
    ticket = Ticket(
        salt=SECRET, digestmod=sha256, cypher=None, options={"CRYPTO_VALIDATION_KEY": SECRET}
    )
    factories = [bootstrap_defaults(url_mapping=urls)]
    factories += [lambda options, middleware=each: middleware for each in middlewares]
    return WSGIApplication(
        [*factories, path_routing_middleware_factory],
        {"ticket": ticket, "render_template": Jinja2Template(templates())},
    )


def plain(body: str) -> HTTPResponse:
    response = HTTPResponse(PLAIN)
    response.write(body)
    return response


def text(request: HTTPRequest) -> HTTPResponse:
    return plain(TEXT)


def path(request: HTTPRequest) -> HTTPResponse:
    return plain(f"Hello, {request.environ['route_args']['name']}!")


def json_object(request: HTTPRequest) -> HTTPResponse:
    return json_response({"message": TEXT})


def html_page(request: HTTPRequest) -> HTTPResponse:
    response = HTTPResponse(HTML)
    response.write(request.options["render_template"]("page.html", PAGE))
    return response


def redirect_to_new(request: HTTPRequest) -> HTTPResponse:
    return redirect("/new")


def form(request: HTTPRequest) -> HTTPResponse:
    form = request.form
    return plain(f"{form['greeting'][0]}, {form['name'][0]}!")


def cookie(request: HTTPRequest) -> HTTPResponse:
    ticket = request.options["ticket"]
    content, _ = ticket.decode(request.cookies.get("session", ""))
    session = json.loads(content or "{}")
    visits = session["visits"] = session.get("visits", 0) + 1
    response = plain(f"Visit {visits}")
    value = ticket.encode(json.dumps(session))
    response.cookies.append(HTTPCookie("session", value, httponly=True, options=request.options))
    return response


def numbered(request: HTTPRequest) -> HTTPResponse:
    return plain(f"{TEXT} {request.environ['request_id']}")


def middlewares(probe: Probe) -> list[Callable[[HTTPRequest, Following], HTTPResponse]]:
    """Return the three middlewares, the outermost first."""
    request_ids, statuses = probe.request_ids, probe.statuses

    def timer(request: HTTPRequest, following: Following) -> HTTPResponse:
        started = perf_counter()
        try:
            return following(request)
        finally:
            probe.seconds += perf_counter() - started

    def count(request: HTTPRequest, following: Following) -> HTTPResponse:
        response = following(request)
        statuses[response.status_code] += 1
        return response

    def request_id(request: HTTPRequest, following: Following) -> HTTPResponse:
        request.environ["request_id"] = next(request_ids)
        return following(request)

    return [timer, count, request_id]
