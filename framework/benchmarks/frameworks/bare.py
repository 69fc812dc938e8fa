"""No framework: a WSGI callable for each case, as the lower bound for the frameworks.

Each callable does only what its case needs.
"""

from __future__ import annotations

import hmac
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from email.utils import formatdate
from time import perf_counter
from typing import Any
from urllib.parse import parse_qs

from .interface import FILES, HTML, PAGE, PLAIN, SECRET, TEXT, Probe, WSGIApplication, templates

FOLDER = str(FILES)
DISTRIBUTION = None
LACKS = ("session",)
HANDLER = """
def handler_{i}(id):
    return f"{i}:{id}".encode()
"""

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


def build(case: str, probe: Probe) -> WSGIApplication:
    applications: dict[str, WSGIApplication] = {
        "text": text,
        "path": path,
        "json": json_object,
        "html": html_page(),
        "404": not_found,
        "405": not_allowed,
        "redirect": redirect,
        "form": form,
        "middlewares": numbered(probe),
        "cookie": cookie,
        "static": static,
        "static-304": static,
    }
    return applications[case]


def routes(handlers: Sequence[Callable[[str], bytes]]) -> WSGIApplication:
    table = {f"r{i}": handler for i, handler in enumerate(handlers)}

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        _, first, rest = environ["PATH_INFO"].split("/", 2)
        handler = table.get(first)
        if handler is None:
            return not_found(environ, start_response)
        return respond(start_response, handler(rest))

    return application


def respond(
    start_response: StartResponse, body: bytes, content_type: str = PLAIN, status: str = "200 OK"
) -> Iterable[bytes]:
    start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
    return [body]


def text(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", PLAIN), ("Content-Length", "13")])
    return [b"Hello, World!"]


def path(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    name = environ["PATH_INFO"][len("/hello/") :]
    return respond(start_response, f"Hello, {name}!".encode())


def json_object(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    return respond(start_response, json.dumps({"message": TEXT}).encode(), "application/json")


def not_found(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    return respond(start_response, b"Not Found", status="404 Not Found")


def not_allowed(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    headers = [("Content-Type", PLAIN), ("Content-Length", "18"), ("Allow", "GET")]
    start_response("405 Method Not Allowed", headers)
    return [b"Method Not Allowed"]


def html_page() -> WSGIApplication:
    template = templates().get_template("page.html")

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        return respond(start_response, template.render(PAGE).encode(), HTML)

    return application


def redirect(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    start_response("302 Found", [("Location", "/new"), ("Content-Length", "0")])
    return []


def form(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    content = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    fields = parse_qs(content.decode("ascii"))
    return respond(start_response, f"{fields['greeting'][0]}, {fields['name'][0]}!".encode())


def cookie(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    session = {}
    signature, _, content = environ.get("HTTP_COOKIE", "").removeprefix("session=").partition(".")
    if hmac.compare_digest(signature, signature_of(content)):
        session = json.loads(urlsafe_b64decode(content))
    visits = session["visits"] = session.get("visits", 0) + 1
    content = urlsafe_b64encode(json.dumps(session).encode()).decode()
    value = f"session={signature_of(content)}.{content}; HttpOnly; Path=/"
    body = f"Visit {visits}".encode()
    headers = [("Content-Type", PLAIN), ("Content-Length", str(len(body))), ("Set-Cookie", value)]
    start_response("200 OK", headers)
    return [body]


def signature_of(content: str) -> str:
    return hmac.digest(SECRET.encode(), content.encode(), "sha256").hex()


def static(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    file = f"{FOLDER}/{environ['PATH_INFO'].removeprefix('/static/')}"
    status = os.stat(file)
    modified = formatdate(status.st_mtime, usegmt=True)
    if environ.get("HTTP_IF_MODIFIED_SINCE") == modified:
        start_response("304 Not Modified", [])
        return []
    headers = [
        ("Content-Type", "text/css; charset=utf-8"),
        ("Content-Length", str(status.st_size)),
        ("Last-Modified", modified),
    ]
    start_response("200 OK", headers)
    return environ["wsgi.file_wrapper"](open(file, "rb"))


def numbered(probe: Probe) -> WSGIApplication:
    """Create an application that does the work of the three middlewares itself."""
    request_ids, statuses = probe.request_ids, probe.statuses

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        started = perf_counter()
        try:
            body = respond(start_response, f"{TEXT} {next(request_ids)}".encode())
            statuses["200 OK"] += 1
            return body
        finally:
            probe.seconds += perf_counter() - started

    return application
