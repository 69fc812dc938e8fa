"""No framework: a minimal WSGI callable for each case, as the lower bound.

Every time in the report includes the loop, the copy of the environ and the calls of WSGI; here they
are most of it.
"""

from __future__ import annotations

import hmac
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from email.utils import formatdate
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import jinja2

from .interface import FILES, HTML, PAGE, PLAIN, SECRET, TEXT, Probe

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FOLDER = str(FILES)
DISTRIBUTION = None
HANDLER = """
def handler_{i}(id):
    return f"{i}:{id}".encode()
"""


def build(case: str, probe: Probe) -> WSGIApplication:
    """Return the callable for `case`."""
    if case == "middlewares":
        return with_timer(with_count(with_request_id(numbered, probe), probe), probe)
    applications: dict[str, WSGIApplication] = {
        "text": text,
        "path": greeting,
        "json": json_document,
        "404": not_found,
        "html": page(),
        "405": not_allowed,
        "redirect": moved,
        "form": posted,
        "cookie": visit,
        "static": file,
        "static-304": file,
    }
    return applications[case]


def routes(handlers: Sequence[Callable[[str], bytes]]) -> WSGIApplication:
    """Return a callable that finds the handler in a dict by the first segment."""
    table = {f"r{i}": handler for i, handler in enumerate(handlers)}

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        _, first, rest = environ["PATH_INFO"].split("/", 2)
        handler = table.get(first)
        if handler is None:
            return not_found(environ, start_response)
        return respond(start_response, handler(rest))

    return application


def respond(
    start_response: StartResponse, body: bytes, content_type: str = PLAIN, status: str = "200 OK"
) -> Iterable[bytes]:
    """Start a response with its two headers and return its body."""
    start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
    return [body]


def text(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Respond with a constant text."""
    start_response("200 OK", [("Content-Type", PLAIN), ("Content-Length", "13")])
    return [b"Hello, World!"]


def greeting(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Respond with the path's second segment in a text."""
    name = environ["PATH_INFO"][len("/hello/") :]
    return respond(start_response, f"Hello, {name}!".encode())


def json_document(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Respond with a JSON object."""
    return respond(start_response, json.dumps({"message": TEXT}).encode(), "application/json")


def not_found(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Respond 404."""
    return respond(start_response, b"Not Found", status="404 Not Found")


def not_allowed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Respond 405 with Allow: GET."""
    headers = [("Content-Type", PLAIN), ("Content-Length", "18"), ("Allow", "GET")]
    start_response("405 Method Not Allowed", headers)
    return [b"Method Not Allowed"]


def page() -> WSGIApplication:
    """Make the callable that responds with a page from a template."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(FILES), autoescape=True)
    template = environment.get_template("page.html")

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return respond(start_response, template.render(PAGE).encode(), HTML)

    return application


def moved(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Respond with a redirect."""
    start_response("302 Found", [("Location", "/new"), ("Content-Length", "0")])
    return []


def posted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Respond with two fields of a form."""
    content = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    form = parse_qs(content.decode("ascii"))
    return respond(start_response, f"{form['greeting'][0]}, {form['name'][0]}!".encode())


def visit(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Count visits in a signed cookie."""
    session = {}
    sealed = environ.get("HTTP_COOKIE", "").removeprefix("session=")
    signature, _, content = sealed.partition(".")
    if hmac.compare_digest(signature, signature_of(content)):
        session = json.loads(urlsafe_b64decode(content))
    visits = session["visits"] = session.get("visits", 0) + 1
    content = urlsafe_b64encode(json.dumps(session).encode()).decode()
    cookie = f"session={signature_of(content)}.{content}; HttpOnly; Path=/"
    body = f"Visit {visits}".encode()
    headers = [("Content-Type", PLAIN), ("Content-Length", str(len(body))), ("Set-Cookie", cookie)]
    start_response("200 OK", headers)
    return [body]


def signature_of(content: str) -> str:
    """Return the signature of `content`."""
    return hmac.digest(SECRET.encode(), content.encode(), "sha256").hex()


def file(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Respond with a file, or 304 if the client has it."""
    path = f"{FOLDER}/{environ['PATH_INFO'].removeprefix('/static/')}"
    status = os.stat(path)
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
    return environ["wsgi.file_wrapper"](open(path, "rb"))


def numbered(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Respond with the number of the request from a middleware."""
    return respond(start_response, f"{TEXT} {environ['request_id']}".encode())


def with_request_id(application: WSGIApplication, probe: Probe) -> WSGIApplication:
    """Number the requests."""
    request_ids = probe.request_ids

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["request_id"] = next(request_ids)
        return application(environ, start_response)

    return wrapped


def with_count(application: WSGIApplication, probe: Probe) -> WSGIApplication:
    """Count the responses by status."""
    statuses = probe.statuses

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def counting(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            statuses[status] += 1
            return start_response(status, headers, exc_info)

        return application(environ, counting)

    return wrapped


def with_timer(application: WSGIApplication, probe: Probe) -> WSGIApplication:
    """Add up the time of the requests."""

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = perf_counter()
        try:
            return application(environ, start_response)
        finally:
            probe.seconds += perf_counter() - started

    return wrapped
