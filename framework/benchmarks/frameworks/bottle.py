"""Bottle: an application object, and plugins that decorate the callback."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from bottle import Bottle, jinja2_template, redirect, request, response, static_file

from .interface import FILES, PAGE, PLAIN, SECRET, TEXT, Probe

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

DISTRIBUTION = "bottle"
TEMPLATES = [str(FILES)]
TEMPLATE_SETTINGS = {"autoescape": True}
HANDLER = """
def handler_{i}(id):
    response.content_type = PLAIN
    return f"{i}:{id}"
"""


def build(case: str, probe: Probe) -> WSGIApplication:
    """Make the application for a case; most cases share one."""
    application = Bottle()
    if case == "middlewares":
        application.install(timer(probe))
        application.install(count(probe))
        application.install(request_id(probe))
        application.get("/", callback=numbered)
        return application
    application.get("/", callback=visit if case == "cookie" else home)
    application.get("/hello/<name>", callback=greeting)
    application.get("/json", callback=document)
    application.get("/page", callback=page)
    application.get("/old", callback=moved)
    application.post("/form", callback=posted)
    application.get("/static/<path:path>", callback=file)
    return application


def routes(handlers: Sequence[Callable[[str], str]]) -> WSGIApplication:
    """Make an application with one callback for each of the `handlers`."""
    application = Bottle()
    for i, handler in enumerate(handlers):
        application.get(f"/r{i}/<id>", callback=handler)
    return application


def home() -> str:
    """Respond with a text."""
    response.content_type = PLAIN
    return TEXT


def greeting(name: str) -> str:
    """Respond with the path's second segment in a text."""
    response.content_type = PLAIN
    return f"Hello, {name}!"


def document() -> dict[str, str]:
    """Respond with a JSON object, made by Bottle from a dict."""
    return {"message": TEXT}


def page() -> str:
    """Respond with a page from a template."""
    return jinja2_template(
        "page.html", PAGE, template_lookup=TEMPLATES, template_settings=TEMPLATE_SETTINGS
    )


def moved() -> None:
    """Respond with a redirect."""
    redirect("/new", 302)


def posted() -> str:
    """Respond with two fields of a form."""
    response.content_type = PLAIN
    return f"{request.forms.greeting}, {request.forms.name}!"


def visit() -> str:
    """Count visits in a signed cookie, whose value must be text in Bottle."""
    session = json.loads(request.get_cookie("session", "{}", SECRET))
    visits = session["visits"] = session.get("visits", 0) + 1
    response.set_cookie("session", json.dumps(session), SECRET, path="/", httponly=True)
    response.content_type = PLAIN
    return f"Visit {visits}"


def file(path: str) -> Any:
    """Respond with a file."""
    return static_file(path, root=FILES)


def numbered(request_id: int) -> str:
    """Respond with the number of the request from a plugin."""
    response.content_type = PLAIN
    return f"{TEXT} {request_id}"


def request_id(probe: Probe) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make the plugin that passes a number for each request to the callback."""
    request_ids = probe.request_ids

    def plugin(callback: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(**arguments: Any) -> Any:
            return callback(request_id=next(request_ids), **arguments)

        return wrapped

    return plugin


def count(probe: Probe) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make the plugin that counts the responses by status."""
    statuses = probe.statuses

    def plugin(callback: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(**arguments: Any) -> Any:
            body = callback(**arguments)
            statuses[response.status_code] += 1
            return body

        return wrapped

    return plugin


def timer(probe: Probe) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make the plugin that adds up the time of the requests."""

    def plugin(callback: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(**arguments: Any) -> Any:
            started = perf_counter()
            try:
                return callback(**arguments)
            finally:
                probe.seconds += perf_counter() - started

        return wrapped

    return plugin
