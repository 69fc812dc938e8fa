"""Falcon, with its independent middleware. It has no templates and no signed cookies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import falcon
from falcon import Request, Response

from .interface import FILES, PAGE, TEXT, Probe, WSGIApplication, templates

DISTRIBUTION = "falcon"
LACKS = ("cookie", "session")
HANDLER = """
class handler_{i}:
    def on_get(self, request, response, id):
        response.content_type = falcon.MEDIA_TEXT
        response.text = f"{i}:{id}"
"""


def build(case: str, probe: Probe) -> WSGIApplication:
    middlewares = case == "middlewares"
    middleware: list[Any] = [Timer(probe), Count(probe), RequestId(probe)] if middlewares else []
    application = falcon.App(middleware=middleware)
    application.add_route("/", Numbered() if middlewares else Text())
    application.add_route("/hello/{name}", Path())
    application.add_route("/json", JSONObject())
    application.add_route("/page", HTMLPage())
    application.add_route("/old", Redirect())
    application.add_route("/form", Form())
    application.add_static_route("/static", FILES)
    return application


def routes(handlers: Sequence[Callable[[], object]]) -> WSGIApplication:
    application = falcon.App()
    for i, resource_type in enumerate(handlers):
        application.add_route(f"/r{i}/{{id}}", resource_type())
    return application


class Text:
    def on_get(self, request: Request, response: Response) -> None:
        response.content_type = falcon.MEDIA_TEXT
        response.text = TEXT


class Path:
    def on_get(self, request: Request, response: Response, name: str) -> None:
        response.content_type = falcon.MEDIA_TEXT
        response.text = f"Hello, {name}!"


class JSONObject:
    def on_get(self, request: Request, response: Response) -> None:
        response.media = {"message": TEXT}


class HTMLPage:
    def __init__(self) -> None:
        self.template = templates().get_template("page.html")

    def on_get(self, request: Request, response: Response) -> None:
        response.content_type = falcon.MEDIA_HTML
        response.text = self.template.render(PAGE)


class Redirect:
    def on_get(self, request: Request, response: Response) -> None:
        raise falcon.HTTPFound("/new")


class Form:
    def on_post(self, request: Request, response: Response) -> None:
        form = request.get_media()
        response.content_type = falcon.MEDIA_TEXT
        response.text = f"{form['greeting']}, {form['name']}!"


class Numbered:
    def on_get(self, request: Request, response: Response) -> None:
        response.content_type = falcon.MEDIA_TEXT
        response.text = f"{TEXT} {request.context.request_id}"


class RequestId:
    """Number each request."""

    def __init__(self, probe: Probe) -> None:
        self.request_ids = probe.request_ids

    def process_request(self, request: Request, response: Response) -> None:
        request.context.request_id = next(self.request_ids)


class Count:
    """Count the responses by status."""

    def __init__(self, probe: Probe) -> None:
        self.statuses = probe.statuses

    def process_response(
        self, request: Request, response: Response, resource: Any, req_succeeded: bool
    ) -> None:
        self.statuses[response.status_code] += 1


class Timer:
    """Add up the time of the requests. Falcon calls `process_response` after a failure too."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe

    def process_request(self, request: Request, response: Response) -> None:
        request.context.started = perf_counter()

    def process_response(
        self, request: Request, response: Response, resource: Any, req_succeeded: bool
    ) -> None:
        self.probe.seconds += perf_counter() - request.context.started
