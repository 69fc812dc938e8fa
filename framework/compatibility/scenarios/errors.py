"""HTTP errors, their pages in each format, and error handlers."""

from __future__ import annotations

from asking import Answers, ask, ask_once, attempt
from werkzeug.exceptions import Conflict as WerkzeugConflict

import clastic.errors
from clastic import (
    GET,
    Application,
    BadRequest,
    HTTPException,
    InternalServerError,
    Response,
    Route,
    render_basic,
)
from clastic.errors import ErrorHandler, Forbidden, MethodNotAllowed, NotFound

ACCEPTS = (
    "*/*", "text/html", "application/json", "text/plain", "application/xml", "image/png",
    "application/json;q=0.5,text/html", "text/html,application/xhtml+xml,application/xml;q=0.9",
)  # fmt: skip

NAMES = (
    "BadRequest", "Unauthorized", "PaymentRequired", "Forbidden", "NotFound",
    "MethodNotAllowed", "NotAcceptable", "ProxyAuthenticationRequired", "RequestTimeout",
    "Conflict", "Gone", "LengthRequired", "PreconditionFailed", "RequestEntityTooLarge",
    "RequestURITooLong", "UnsupportedMediaType", "RequestedRangeNotSatisfiable",
    "ExpectationFailed", "ImATeapot", "UnprocessableEntity", "UpgradeRequired",
    "PreconditionRequired", "TooManyRequests", "RequestHeaderFieldsTooLarge",
    "UnavailableForLegalReasons", "InternalServerError", "NotImplemented", "BadGateway",
    "ServiceUnavailable", "GatewayTimeout", "HTTPVersionNotSupported",
)  # fmt: skip


def texts() -> Answers:
    for name in NAMES:
        kind = getattr(clastic.errors, name)
        yield name, attempt(lambda kind=kind: [kind().code, kind().message, kind().detail])
        yield f"{name} with detail", attempt(lambda kind=kind: _described(kind))


def _described(kind):
    made = kind("the detail") if kind is not MethodNotAllowed else kind(["GET"])
    return [made.code, made.message, made.error_type]


def members() -> Answers:
    error = BadRequest("oops", error_type="about:oops", message="Bad")
    yield "str", attempt(lambda: str(BadRequest("oops")))
    yield "to_dict", attempt(lambda: error.to_dict())
    yield "to_escaped_dict", attempt(lambda: BadRequest("<b>").to_escaped_dict())
    for form in ("to_json", "to_text", "to_html", "to_xml"):
        yield form, attempt(lambda form=form: isinstance(getattr(error, form)(), str))
    yield (
        "is_breaking",
        attempt(lambda: [error.is_breaking, NotFound(is_breaking=False).is_breaking]),
    )
    yield (
        "allowed_methods",
        attempt(lambda: sorted(MethodNotAllowed(["GET", "PUT"]).allowed_methods)),
    )
    yield "dispatch_state", attempt(lambda: NotFound(dispatch_state=1).dispatch_state)
    yield "exc_info", attempt(lambda: InternalServerError(exc_info=5).exc_info)
    for mimetype in ("text/html", "application/json", "application/xml", "text/plain"):
        made = BadRequest("detail")
        yield f"adapt {mimetype}", attempt(lambda m=mimetype, e=made: e.adapt(m) and None)
        answer = attempt(lambda e=made: b"detail" in e.get_data())
        yield f"adapted {mimetype}", {"type": made.headers.get("Content-Type"), **answer}
    yield "keywords", attempt(lambda: _keywords())
    yield (
        "response",
        attempt(lambda: isinstance(error, (Response, HTTPException))),
    )


def _keywords():
    for kind in (BadRequest, NotFound, InternalServerError):
        kind("d", code=499, message="m", error_type="t", is_breaking=False, mimetype="text/html")
    return True


class OwnError(BadRequest):
    def to_dict(self):
        return {"own": True}

    def to_text(self):
        return "own text"


def formats() -> Answers:
    def fail(kind):
        if kind == "werkzeug":
            raise WerkzeugConflict("from Werkzeug")
        if kind == "own":
            raise OwnError("detail")
        if kind == "return":
            return Forbidden("returned")
        if kind == "uncaught":
            raise ZeroDivisionError("secret text")
        raise BadRequest("<b>detail</b>", error_type="about:bad")

    app = Application([GET("/<kind>", fail, render_basic)])
    for accept in ACCEPTS:
        for line in (
            "GET /raise",
            "GET /return",
            "GET /werkzeug",
            "GET /uncaught",
            "GET /a/b",
            "POST /raise",
        ):
            headers = {"Accept": accept}
            yield f"{line} {accept}", ask_once(app, line, headers=headers)
            response = app.get_local_client().open(
                line.split()[1], method=line.split()[0], headers=headers
            )
            text = response.get_data(as_text=True)
            parts = "Bad Request", "detail", "about:bad", "returned", "Access forbidden", "secret"
            yield f"{line} {accept} shows", {"parts": [part for part in parts if part in text]}
    for accept in ("text/plain", "application/json"):
        yield f"own {accept}", ask_once(app, "GET /own", headers={"Accept": accept})


class Recorder(ErrorHandler):
    """Show the names that its methods are called with."""

    def render_error(self, request, _error, **kw):
        names = sorted(
            name for name in kw if name in ("_application", "_route", "_dispatch_state", "db", "id")
        )
        return Response(f"{_error.code} {names}", status=_error.code)

    def uncaught_to_response(self, **kw):
        names = sorted(
            name for name in kw if name in ("_application", "_route", "_error", "request")
        )
        return Response(f"uncaught {names}", status=500)


class OwnNotFound(NotFound):
    def __init__(self, *args, **kw):
        self.names = sorted(
            name for name in kw if name in ("request", "application", "dispatch_state")
        )
        super().__init__(f"own {self.names}")


class OwnTypes(ErrorHandler):
    not_found_type = OwnNotFound


def handlers() -> Answers:
    def fail(id):
        if id == "boom":
            raise ZeroDivisionError
        raise BadRequest("no")

    app = Application([GET("/<id>", fail, render_basic)], {"db": 1}, error_handler=Recorder())
    yield from ask(app, "GET /a", "GET /boom", "GET /a/b", "POST /a")
    types = Application([GET("/<id>", fail, render_basic)], error_handler=OwnTypes())
    yield from ask(types, "GET /x/y/z", headers={"Accept": "text/plain"})

    def own_error(_error):
        return Response(f"own {_error.code}", status=_error.code)

    route = Application([Route("/r/<id>", fail, render_basic, own_error)])
    yield from ask(route, "GET /r/a")
    yield (
        "aliases",
        attempt(
            lambda: [
                clastic.errors.DEFAULT_MIME,
                sorted(clastic.errors.MIME_SUPPORT_MAP),
                sorted({"None", "404", "500"} & set(map(str, clastic.errors.ERROR_CODE_MAP))),
                issubclass(clastic.errors.ERROR_CODE_MAP[404], NotFound),
                issubclass(clastic.errors.ContextualNotFound, NotFound),
                issubclass(clastic.errors.ContextualInternalServerError, InternalServerError),
            ]
        ),
    )


def debug() -> Answers:
    def fail():
        raise ZeroDivisionError("shown")

    app = Application([("/", fail, render_basic)], debug=True)
    answer = ask_once(app, "GET /", headers={"Accept": "text/html"})
    yield "page", {"status": answer.get("status"), "shows": "shown" in str(answer.get("body"))}
