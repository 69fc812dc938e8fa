"""Bottle, with plugins as middlewares: plain decorators of the callback."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from bottle import Bottle, jinja2_template, redirect, request, response, static_file

from .interface import FILES, PAGE, PLAIN, SECRET, TEXT, Probe, WSGIApplication

DISTRIBUTION = "bottle"
LACKS = ("session",)
TEMPLATES = [str(FILES)]
TEMPLATE_SETTINGS = {"autoescape": True}
HANDLER = """
def handler_{i}(id):
    response.content_type = PLAIN
    return f"{i}:{id}"
"""


def build(case: str, probe: Probe) -> WSGIApplication:
    application = Bottle()
    for plugin in plugins(probe) if case == "middlewares" else ():
        application.install(plugin)
    home = {"cookie": cookie, "middlewares": numbered}.get(case, text)
    application.get("/", callback=home)
    application.get("/hello/<name>", callback=path)
    application.get("/json", callback=json_object)
    application.get("/page", callback=html_page)
    application.get("/old", callback=redirect_to_new)
    application.post("/form", callback=form)
    application.get("/static/<path:path>", callback=static)
    return application


def routes(handlers: Sequence[Callable[[str], str]]) -> WSGIApplication:
    application = Bottle()
    for i, handler in enumerate(handlers):
        application.get(f"/r{i}/<id>", callback=handler)
    return application


def text() -> str:
    response.content_type = PLAIN
    return TEXT


def path(name: str) -> str:
    response.content_type = PLAIN
    return f"Hello, {name}!"


def json_object() -> dict[str, str]:
    return {"message": TEXT}


def html_page() -> str:
    return jinja2_template(
        "page.html", PAGE, template_lookup=TEMPLATES, template_settings=TEMPLATE_SETTINGS
    )


def redirect_to_new() -> None:
    redirect("/new", 302)


def form() -> str:
    response.content_type = PLAIN
    return f"{request.forms.greeting}, {request.forms.name}!"


def cookie() -> str:
    # A signed cookie of Bottle holds a text.
    session = json.loads(request.get_cookie("session", "{}", SECRET))
    visits = session["visits"] = session.get("visits", 0) + 1
    response.set_cookie("session", json.dumps(session), SECRET, path="/", httponly=True)
    response.content_type = PLAIN
    return f"Visit {visits}"


def static(path: str) -> Any:
    return static_file(path, root=FILES)


def numbered(request_id: int) -> str:
    response.content_type = PLAIN
    return f"{TEXT} {request_id}"


def plugins(probe: Probe) -> list[Callable[[Callable[..., Any]], Callable[..., Any]]]:
    """Return the three middlewares, the outermost first."""
    request_ids, statuses = probe.request_ids, probe.statuses

    def timer(callback: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(**arguments: Any) -> Any:
            started = perf_counter()
            try:
                return callback(**arguments)
            finally:
                probe.seconds += perf_counter() - started

        return wrapped

    def count(callback: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(**arguments: Any) -> Any:
            body = callback(**arguments)
            statuses[response.status_code] += 1
            return body

        return wrapped

    def request_id(callback: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(**arguments: Any) -> Any:
            return callback(request_id=next(request_ids), **arguments)

        return wrapped

    return [timer, count, request_id]
