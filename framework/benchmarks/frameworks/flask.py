"""Flask without debug mode, with request hooks as middlewares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from flask import Flask, Response, g, redirect, render_template, request, session
from werkzeug.wrappers import Response as BaseResponse

from .interface import FILES, PAGE, SECRET, TEXT, Probe, WSGIApplication

DISTRIBUTION = "flask"
LACKS = ("session",)
HANDLER = """
def handler_{i}(id):
    return Response(f"{i}:{id}", mimetype="text/plain")
"""


def build(case: str, probe: Probe) -> WSGIApplication:
    application = Flask(
        __name__, static_folder=FILES, static_url_path="/static", template_folder=FILES
    )
    application.secret_key = SECRET if case == "cookie" else None
    if case == "middlewares":
        add_hooks(application, probe)
    application.get("/")({"cookie": cookie, "middlewares": numbered}.get(case, text))
    application.get("/hello/<name>")(path)
    application.get("/json")(json_object)
    application.get("/page")(html_page)
    application.get("/old")(redirect_to_new)
    application.post("/form")(form)
    return application


def routes(handlers: Sequence[Callable[[str], Response]]) -> WSGIApplication:
    application = Flask(__name__)
    for i, handler in enumerate(handlers):
        application.get(f"/r{i}/<id>")(handler)
    return application


def text() -> Response:
    return Response(TEXT, mimetype="text/plain")


def path(name: str) -> Response:
    return Response(f"Hello, {name}!", mimetype="text/plain")


def json_object() -> dict[str, str]:
    return {"message": TEXT}


def html_page() -> str:
    return render_template("page.html", **PAGE)


def redirect_to_new() -> BaseResponse:
    return redirect("/new")


def form() -> Response:
    form = request.form
    return Response(f"{form['greeting']}, {form['name']}!", mimetype="text/plain")


def cookie() -> Response:
    visits = session["visits"] = session.get("visits", 0) + 1
    return Response(f"Visit {visits}", mimetype="text/plain")


def numbered() -> Response:
    return Response(f"{TEXT} {g.request_id}", mimetype="text/plain")


def add_hooks(application: Flask, probe: Probe) -> None:
    """Add the three middlewares. `teardown_request` runs after a failure too."""
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
