"""Falcon: resources with `on_get`, the compiled router, media handlers, independent middleware."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

import falcon
import jinja2

from .interface import FILES, PAGE, TEXT, Probe

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

DISTRIBUTION = "falcon"
HANDLER = """
class handler_{i}:
    def on_get(self, request, response, id):
        response.content_type = falcon.MEDIA_TEXT
        response.text = f"{i}:{id}"
"""


def build(case: str, probe: Probe) -> WSGIApplication:
    """Make the application for a case; most cases share one."""
    if case == "middlewares":
        middleware: list[Any] = [Timer(probe), Count(probe), RequestId(probe)]
        application = falcon.App(middleware=middleware, independent_middleware=True)
        application.add_route("/", Numbered())
        return application
    application = falcon.App()
    application.add_route("/", Home())
    application.add_route("/hello/{name}", Greeting())
    application.add_route("/json", Document())
    application.add_route("/page", Page())
    application.add_route("/old", Moved())
    application.add_route("/form", Form())
    application.add_static_route("/static", FILES)
    return application


def routes(handlers: Sequence[Callable[[], object]]) -> WSGIApplication:
    """Make an application with one resource for each of the `handlers`, which are classes."""
    application = falcon.App()
    for i, resource_type in enumerate(handlers):
        application.add_route(f"/r{i}/{{id}}", resource_type())
    return application


class Home:
    """Respond with a text."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.content_type = falcon.MEDIA_TEXT
        response.text = TEXT


class Greeting:
    """Respond with the path's second segment in a text."""

    def on_get(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        response.content_type = falcon.MEDIA_TEXT
        response.text = f"Hello, {name}!"


class Document:
    """Respond with a JSON object."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.media = {"message": TEXT}


class Page:
    """Respond with a page from a template. Falcon has no template support."""

    def __init__(self) -> None:
        loader = jinja2.FileSystemLoader(FILES)
        environment = jinja2.Environment(loader=loader, autoescape=True)
        self.template = environment.get_template("page.html")

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.content_type = falcon.MEDIA_HTML
        response.text = self.template.render(PAGE)


class Moved:
    """Respond with a redirect."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        raise falcon.HTTPFound("/new")


class Form:
    """Respond with two fields of a form."""

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        form = request.get_media()
        response.content_type = falcon.MEDIA_TEXT
        response.text = f"{form['greeting']}, {form['name']}!"


class Numbered:
    """Respond with the number of the request from a middleware."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.content_type = falcon.MEDIA_TEXT
        response.text = f"{TEXT} {request.context.request_id}"


class RequestId:
    """Number the requests."""

    def __init__(self, probe: Probe) -> None:
        self.request_ids = probe.request_ids

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        request.context.request_id = next(self.request_ids)


class Count:
    """Count the responses by status."""

    def __init__(self, probe: Probe) -> None:
        self.statuses = probe.statuses

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        resource: Any,
        req_succeeded: bool,
    ) -> None:
        self.statuses[response.status_code] += 1


class Timer:
    """Add up the time of the requests. Falcon runs `process_response` after failures too."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        request.context.started = perf_counter()

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        resource: Any,
        req_succeeded: bool,
    ) -> None:
        self.probe.seconds += perf_counter() - request.context.started
