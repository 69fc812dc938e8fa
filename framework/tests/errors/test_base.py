"""Test HTTP errors as exceptions and responses. Sending an error does not change it."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from io import BytesIO
from threading import Barrier
from typing import Any

import pytest
from werkzeug.datastructures import Headers
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.test import Client, TestResponse
from werkzeug.wsgi import FileWrapper

from clastic.errors import (
    BadRequest,
    Conflict,
    HTTPException,
    MethodNotAllowed,
    NotFound,
    Unauthorized,
    render_by_accept,
)
from clastic.http import BaseResponse, Response

HTML = "text/html; charset=utf-8"
JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


class Missing:
    """An object without a text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class BookMissingError(NotFound):
    message = "No such book"
    is_breaking = False


def get(response: Any, accept: str | None = None, method: str = "GET") -> TestResponse:
    """Return what a client gets from `response` as an application."""
    headers = {} if accept is None else {"Accept": accept}
    return Client(response).open(method=method, headers=headers)


# -- construction ----------------------------------------------------------------------------------


def test_an_error_is_an_exception_and_a_response() -> None:
    error = NotFound()

    assert isinstance(error, Exception)
    assert isinstance(error, Response)


def test_an_error_has_its_arguments_as_attributes() -> None:
    route = object()

    error = HTTPException(
        {"field": "age"},
        code=422,
        message="Not an age",
        error_type="https://e.example/age",
        is_breaking=False,
        source_route=route,
    )

    assert error.detail == {"field": "age"}
    assert error.code == 422
    assert error.status_code == 422
    assert error.message == "Not an age"
    assert error.error_type == "https://e.example/age"
    assert error.is_breaking is False
    assert error.source_route is route


def test_an_error_without_arguments_has_the_attributes_of_its_class() -> None:
    error = NotFound()

    assert error.detail == "The requested URL was not found on this server."
    assert error.message == "Not found"
    assert error.error_type is None
    assert error.is_breaking is True
    assert error.source_route is None
    assert error.error_id is None
    assert error.exc_info is None


def test_a_bare_http_exception_is_a_500() -> None:
    assert HTTPException().status == "500 INTERNAL SERVER ERROR"


def test_a_code_sets_message_and_detail() -> None:
    class LostBookError(NotFound):
        error_type = "https://e.example/lost"

    error = LostBookError(code=409)

    assert error.message == "A conflict occurred"
    assert error.detail.startswith("The endpoint cancelled the request due to a potential conflict")
    assert error.error_type is None
    assert LostBookError("No.", code=409).detail == "No."


def test_the_code_of_the_class_changes_nothing() -> None:
    assert BookMissingError(code=404).message == "No such book"


def test_an_invalid_code_is_refused() -> None:
    for code in (0, 42, 199, 1000, -404, "404", 404.5, True):
        message = f"^code must be a status from 200 to 999, not {code!r}$"
        with pytest.raises(ValueError, match=message):
            HTTPException(code=code)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=message):
            type("OddError", (NotFound,), {"code": code})
        with pytest.raises(ValueError, match=message):
            type("OddError", (NotFound,), {}, code=code)


def test_a_header_with_a_line_break_is_refused() -> None:
    with pytest.raises(ValueError, match="newline"):
        NotFound(headers={"X-Page": "a\r\nSet-Cookie: b"})


def test_a_subclass_can_set_every_attribute() -> None:
    class AgeError(BadRequest):
        code = 422
        message = "Not an age"
        detail = "An age is a number."
        error_type = "https://e.example/age"
        is_breaking = False

    error = AgeError()

    assert (error.code, error.message, error.detail) == (422, "Not an age", "An age is a number.")
    assert (error.error_type, error.is_breaking) == ("https://e.example/age", False)


def test_a_subclass_with_its_own_code_gets_its_message_and_detail() -> None:
    class LostBookError(BookMissingError):
        code = 410

    class BurntBookError(BookMissingError, code=410):
        message = "Burnt"

    assert (BurntBookError.code, BurntBookError.message) == (410, "Burnt")
    assert LostBookError.message == "Gone"
    assert LostBookError.detail.startswith("The requested resource is no longer available")


def test_a_code_may_be_a_member_of_http_status() -> None:
    class LostBookError(NotFound):
        code = HTTPStatus.GONE

    changed = HTTPException(code=404, message="Gone")
    changed.code = HTTPStatus.GONE
    for error in (LostBookError(), NotFound(code=HTTPStatus.GONE), changed):
        assert get(error).data.startswith(b"410 Gone\n")
        assert b"<code>410</code>" in get(error, "application/xml").data
        assert get(error, "application/json").get_json()["code"] == 410


def test_a_subclass_without_its_own_code_keeps_message_and_type() -> None:
    class RareBookMissingError(BookMissingError):
        pass

    assert RareBookMissingError.message == "No such book"
    assert RareBookMissingError().is_breaking is False


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(NotFound("No book 7."), "No book 7.", id="its detail"),
        pytest.param(
            NotFound(), "The requested URL was not found on this server.", id="that of its class"
        ),
        pytest.param(HTTPException(code=423), "Locked", id="its message, if there is no detail"),
        pytest.param(
            NotFound(Missing()), "<unprintable Missing object>", id="a detail that has no text"
        ),
    ],
)
def test_the_text_of_an_error_is_its_detail(error: HTTPException, text: str) -> None:
    assert str(error) == text
    assert repr(error) == f"{type(error).__name__}({error.code}): {text}"


# -- sending ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "content_type", "body"),
    [
        pytest.param(None, TEXT, b"404 Not Found\nNo book 7.\n", id="text by default"),
        pytest.param(
            "application/problem+json",
            "application/problem+json",
            b'{"type": "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.5",'
            b' "title": "Not found", "status": 404, "detail": "No book 7."}',
            id="the accepted format",
        ),
    ],
)
def test_an_error_is_a_wsgi_application(accept: str | None, content_type: str, body: bytes) -> None:
    response = get(NotFound("No book 7."), accept)

    assert response.status == "404 NOT FOUND"
    assert response.content_type == content_type
    assert response.headers["Vary"] == "Accept"
    assert response.headers["Content-Length"] == str(len(body))
    assert response.data == body


def test_head_has_no_body() -> None:
    response = get(NotFound(), method="HEAD")

    assert response.status == "404 NOT FOUND"
    assert response.data == b""
    assert response.headers["Content-Length"] == str(
        len(b"404 Not Found\nThe requested URL was not found on this server.\n")
    )


def test_rendering_leaves_the_error_as_it_was() -> None:
    error = NotFound("No book 7.", headers={"Retry-After": "3"}, is_breaking=False)
    before = dict(vars(error))

    for accept in (None, "text/html", "application/json"):
        render_by_accept(error, accept).headers["X-Seen"] = "yes"

    assert vars(error) == before


@pytest.mark.parametrize(
    ("arguments", "content_type", "start"),
    [
        pytest.param({"mimetype": "text/html"}, HTML, b"<!doctype html>", id="a mimetype"),
        pytest.param({"mimetype": "application/json"}, JSON, b'{"code"', id="one without charset"),
        pytest.param({"mimetype": "text/plain"}, TEXT, b"404 Not", id="the usual mimetype"),
        pytest.param({"mimetype": "image/png"}, "image/png", b"404 Not", id="an unknown mimetype"),
        pytest.param(
            {"content_type": "application/xml; charset=utf-8; v=1"},
            "application/xml; charset=utf-8; v=1",
            b"<?xml",
            id="a content type",
        ),
        pytest.param(
            {"content_type": "text/html", "mimetype": "application/json"},
            "text/html",
            b"<!doctype html>",
            id="a content type before a mimetype",
        ),
        pytest.param(
            {"headers": {"content-type": "application/json"}}, JSON, b'{"code"', id="a header"
        ),
        pytest.param(
            {"headers": {"Content-Type": "application/json"}, "mimetype": "text/html"},
            HTML,
            b"<!doctype html>",
            id="a mimetype before a header",
        ),
    ],
)
@pytest.mark.parametrize("is_changed", [False, True], ids=["new", "changed"])
def test_a_fixed_format_is_not_negotiated(
    arguments: dict[str, Any], content_type: str, start: bytes, is_changed: bool
) -> None:
    error = NotFound(**arguments)
    if is_changed:
        assert error.content_type == content_type

    response = get(error, "application/problem+json")

    assert response.content_type == content_type
    assert response.data.startswith(start)
    assert "Vary" not in response.headers


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Retry-After": "3", "X-Page": "a"}, id="a mapping"),
        pytest.param([("Retry-After", "3"), ("X-Page", "a")], id="a list of pairs"),
        pytest.param(Headers([("Retry-After", "3"), ("X-Page", "a")]), id="Werkzeug's headers"),
    ],
)
def test_given_headers_are_sent(headers: Any) -> None:
    response = get(NotFound(headers=headers), "text/html")

    assert response.headers["Retry-After"] == "3"
    assert response.headers["X-Page"] == "a"
    assert response.content_type == HTML


def test_a_given_header_can_be_repeated() -> None:
    error = Unauthorized(headers={"WWW-Authenticate": ["Basic", "Bearer"]})

    assert get(error).headers.getlist("WWW-Authenticate") == ["Basic", "Bearer"]


@pytest.mark.parametrize("accept", [None, "text/html"])
def test_given_headers_of_a_body_are_not_sent_with_another(accept: str | None) -> None:
    error = NotFound(headers=[("content-length", "1"), ("Content-Type", JSON)])

    response = get(error, accept)

    assert response.headers.getlist("Content-Type") == [JSON]
    assert response.headers.getlist("Content-Length") == [str(len(response.data))]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        pytest.param(["Cookie"], ["Cookie, Accept"], id="Accept is added"),
        pytest.param(["Cookie", "Origin"], ["Cookie, Origin, Accept"], id="to all of them"),
        pytest.param(["accept"], ["accept"], id="once"),
        pytest.param(["*"], ["*"], id="not to the wildcard"),
    ],
)
def test_a_negotiated_error_varies_by_accept(given: list[str], sent: list[str]) -> None:
    error = NotFound(headers=[("Vary", value) for value in given])

    assert get(error).headers.getlist("Vary") == sent


# -- as a response ---------------------------------------------------------------------------------


def test_an_error_reads_as_its_text() -> None:
    error = NotFound("No book 7.")

    assert error.get_data(as_text=True) == "404 Not Found\nNo book 7.\n"
    assert error.data == b"404 Not Found\nNo book 7.\n"
    assert error.status == "404 NOT FOUND"
    assert error.status_code == 404
    assert error.mimetype == "text/plain"
    assert sorted(error.headers) == [
        ("Content-Length", "25"),
        ("Content-Type", TEXT),
        ("X-Content-Type-Options", "nosniff"),
    ]


def test_an_error_reads_as_its_fixed_format() -> None:
    error = NotFound(mimetype="application/json", headers={"X-Page": "a"})

    assert json.loads(error.get_data())["code"] == 404
    assert error.headers["X-Page"] == "a"


def test_an_unknown_attribute_is_an_error() -> None:
    error = NotFound()

    with pytest.raises(AttributeError, match=r"^'NotFound' object has no attribute 'colour'$"):
        error.colour  # noqa: B018


def test_looking_up_a_special_method_does_not_make_the_response() -> None:
    error = NotFound()

    assert not hasattr(error, "__html__")
    assert vars(error) == {}


def add_cookie(error: HTTPException) -> None:
    error.set_cookie("seen", "1")


def replace_headers(error: HTTPException) -> None:
    error.headers = Headers([("Set-Cookie", "seen=1; Path=/")])


@pytest.mark.parametrize("change", [add_cookie, replace_headers])
@pytest.mark.parametrize("accept", [None, "application/json"])
def test_headers_set_on_an_error_are_sent(
    change: Callable[[HTTPException], None], accept: str | None
) -> None:
    error = NotFound()
    change(error)

    response = get(error, accept)

    assert response.headers.getlist("Set-Cookie") == ["seen=1; Path=/"]
    assert response.headers["Vary"] == "Accept"
    assert response.content_type == (accept or TEXT)
    assert len(response.headers.getlist("Content-Length")) == 1


def test_a_changed_error_can_be_sent_again() -> None:
    error = NotFound()
    add_cookie(error)

    first, second = get(error, "text/html"), get(error, "text/html")

    assert first.data == second.data
    assert list(first.headers) == list(second.headers)


def test_the_detail_can_be_set_after_the_headers_were_read() -> None:
    error = NotFound()
    add_cookie(error)

    error.detail = "No book 7."

    assert get(error).data == b"404 Not Found\nNo book 7.\n"


@pytest.mark.parametrize("attribute", ["code", "status_code", "status"])
@pytest.mark.parametrize("is_changed", [False, True], ids=["new", "changed"])
def test_a_status_can_be_set(attribute: str, is_changed: bool) -> None:
    error = NotFound()
    if is_changed:
        add_cookie(error)

    setattr(error, attribute, 410)

    assert error.code == error.status_code == 410
    assert error.status == "410 GONE"
    assert get(error).status == "410 GONE"


def test_the_phrase_of_a_status_line_is_dropped() -> None:
    error = NotFound()

    error.status = "410 Gone fishing"

    assert error.status == "410 GONE"


def test_a_content_type_set_on_an_error_fixes_the_format() -> None:
    error = NotFound()

    error.mimetype = "application/json"

    assert get(error, "text/html").get_json()["code"] == 404


def set_data(error: HTTPException) -> None:
    error.data = b"Fishing."


def set_list(error: HTTPException) -> None:
    error.response = [b"Fish", b"ing."]


def set_stream(error: HTTPException) -> None:
    error.response = iter([b"Fish", b"ing."])


@pytest.mark.parametrize("change", [set_data, set_list, set_stream])
def test_a_body_set_on_an_error_is_sent(change: Callable[[HTTPException], None]) -> None:
    error = NotFound()
    change(error)

    response = get(error, "text/html")

    assert response.status == "404 NOT FOUND"
    assert response.data == b"Fishing."
    assert response.content_type == TEXT
    assert response.content_length in (None, len(b"Fishing."))


def test_a_body_set_on_an_error_is_sent_with_its_headers() -> None:
    error = NotFound(headers={"Content-Encoding": "identity"})
    error.set_data("{}")
    error.mimetype = "application/json"

    response = get(error, "text/html")

    assert response.get_json() == {}
    assert response.headers["Content-Encoding"] == "identity"
    assert "Vary" not in response.headers


def test_a_file_set_as_body_of_an_error_is_passed_through() -> None:
    error = NotFound()
    error.response = FileWrapper(BytesIO(b"Fishing."))
    error.direct_passthrough = True

    response = render_by_accept(error, None)

    assert response.direct_passthrough
    assert response.response is error.response


def test_a_response_that_is_frozen_is_still_negotiated() -> None:
    error = NotFound()
    error.freeze()

    assert get(error, "text/html").content_type == HTML


def test_functions_to_call_on_close_are_called_when_the_response_is_closed() -> None:
    calls: list[str] = []
    error = NotFound()
    error.call_on_close(lambda: calls.append("closed"))

    with get(error, "text/html"):
        assert calls == []

    assert calls == ["closed"]


# -- as an object ----------------------------------------------------------------------------------


def pickled(error: HTTPException) -> Any:
    return pickle.loads(pickle.dumps(error))


@pytest.mark.parametrize("twin_of", [copy.copy, copy.deepcopy, pickled])
@pytest.mark.parametrize(
    "error",
    [
        pytest.param(NotFound(), id="without arguments"),
        pytest.param(
            Conflict({"a": 1}, message="No", headers={"X-Page": "a"}), id="with all arguments"
        ),
        pytest.param(MethodNotAllowed(["GET"]), id="of another signature"),
    ],
)
@pytest.mark.parametrize("is_changed", [False, True], ids=["new", "changed"])
def test_an_error_can_be_copied_and_pickled(
    twin_of: Callable[[HTTPException], Any], error: HTTPException, is_changed: bool
) -> None:
    error = copy.deepcopy(error)
    if is_changed:
        add_cookie(error)

    twin = twin_of(error)

    assert type(twin) is type(error)
    assert twin.args == error.args
    assert get(twin, "text/html").data == get(error, "text/html").data
    assert list(get(twin).headers) == list(get(error).headers)


def test_an_error_is_equal_only_to_itself() -> None:
    error = NotFound()

    assert {error, NotFound()} - {error} != set()


def test_one_error_can_be_sent_by_many_threads() -> None:
    error = NotFound("No book 7.")
    start = Barrier(8)

    def look() -> Iterator[Any]:
        start.wait()
        for accept in ("text/html", "application/json", None):
            response = render_by_accept(error, accept)
            yield response.content_type, response.get_data()
        yield error.headers["Content-Type"], error.get_data()
        yield id(error.headers), error.response

    with ThreadPoolExecutor(8) as pool:
        looks = list(pool.map(lambda _: list(look()), range(8)))

    assert looks == [looks[0]] * 8


def test_every_status_can_be_sent() -> None:
    for code, phrase in HTTP_STATUS_CODES.items():
        if code >= 200:
            response = get(HTTPException(code=code))
            assert response.status == BaseResponse(status=code).status
            assert response.text == "" or response.text.startswith(f"{code} {phrase}\n")
