"""Flask: view functions, and request hooks as middlewares; debug mode is off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from flask import Flask, Response, g, redirect, render_template, request, session
from werkzeug.wrappers import Response as BaseResponse

from .interface import FILES, PAGE, SECRET, TEXT, Probe

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

DISTRIBUTION = "flask"
HANDLER = """
def handler_{i}(id):
    return Response(f"{i}:{id}", mimetype="text/plain")
"""


def build(case: str, probe: Probe) -> WSGIApplication:
    """Make the application for a case; most cases share one."""
    application = Flask(
        __name__, static_folder=FILES, static_url_path="/static", template_folder=FILES
    )
    if case == "cookie":
        application.secret_key = SECRET
        application.get("/")(visit)
        return application
    if case == "middlewares":
        add_hooks(application, probe)
        application.get("/")(numbered)
        return application
    application.get("/")(home)
    application.get("/hello/<name>")(greeting)
    application.get("/json")(document)
    application.get("/page")(page)
    application.get("/old")(moved)
    application.post("/form")(posted)
    return application


def routes(handlers: Sequence[Callable[[str], Response]]) -> WSGIApplication:
    """Make an application with one view for each of the `handlers`."""
    application = Flask(__name__)
    for i, handler in enumerate(handlers):
        application.get(f"/r{i}/<id>")(handler)
    return application


def home() -> Response:
    """Respond with a text."""
    return Response(TEXT, mimetype="text/plain")


def greeting(name: str) -> Response:
    """Respond with the path's second segment in a text."""
    return Response(f"Hello, {name}!", mimetype="text/plain")


def document() -> dict[str, str]:
    """Respond with a JSON object, made by Flask from a dict."""
    return {"message": TEXT}


def page() -> str:
    """Respond with a page from a template."""
    return render_template("page.html", **PAGE)


def moved() -> BaseResponse:
    """Respond with a redirect."""
    return redirect("/new")


def posted() -> Response:
    """Respond with two fields of a form."""
    form = request.form
    return Response(f"{form['greeting']}, {form['name']}!", mimetype="text/plain")


def visit() -> Response:
    """Count visits in a signed cookie."""
    visits = session["visits"] = session.get("visits", 0) + 1
    return Response(f"Visit {visits}", mimetype="text/plain")


def numbered() -> Response:
    """Respond with the number of the request from a hook."""
    return Response(f"{TEXT} {g.request_id}", mimetype="text/plain")


def add_hooks(application: Flask, probe: Probe) -> None:
    """Number the requests, count the responses by status, and add up their time.

    Flask's counterpart of `finally` is `teardown_request`.
    """
    request_ids = probe.request_ids
    statuses = probe.statuses

    @application.before_request
    def start() -> None:
        g.started = perf_counter()

    @application.before_request
    def number() -> None:
        g.request_id = next(request_ids)

    @application.after_request
    def count(response: Response) -> Response:
        statuses[response.status_code] += 1
        return response

    @application.teardown_request
    def stop(error: BaseException | None) -> None:
        probe.seconds += perf_counter() - g.started
