"""Test the signed cookie as endpoints and clients see it."""

from __future__ import annotations

import hashlib
import json
import random
import re
import string
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from itsdangerous import Signer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode, base64_encode
from werkzeug.exceptions import Gone, abort
from werkzeug.http import parse_cookie
from werkzeug.test import Client, TestResponse
from werkzeug.utils import redirect as werkzeug_redirect
from werkzeug.wrappers import Response as WerkzeugResponse

from clastic import (
    Application,
    BadRequest,
    NotFound,
    RerouteWSGI,
    Response,
    render_basic,
)
from clastic.errors import ErrorHandler, HTTPException
from clastic.middleware.cookie import (
    NEVER,
    SESSION,
    CookieTooLarge,
    JSONCookie,
    SignedCookieMiddleware,
)
from clastic.testing import Clock

KEY = "correct horse battery staple"
OLD_KEY = "wrong donkey lantern wire"
NAME = "clastic_cookie"

# A text that compression does not make smaller.
NOISE = "".join(random.Random(1).choices(string.printable, k=4000))

CIRCULAR: list[Any] = []
CIRCULAR.append(CIRCULAR)


def served(
    endpoint: Callable[..., Any], error_handler: ErrorHandler | None = None, **settings: Any
) -> Client:
    """A client of an application with that endpoint, and a cookie of these settings."""
    settings.setdefault("secret_key", KEY)
    application = Application(
        [("/", endpoint, render_basic)],
        middlewares=[SignedCookieMiddleware(**settings)],
        error_handler=error_handler,
    )
    return application.get_local_client()


def sent(response: TestResponse) -> list[str]:
    """The cookies that a response sets."""
    return response.headers.getlist("Set-Cookie")


def value_of(response: TestResponse, name: str = NAME) -> str:
    """The value of the one cookie that a response sets."""
    (header,) = sent(response)
    return parse_cookie(header.partition(";")[0])[name]


def with_value(client: Client, value: str, name: str = NAME) -> TestResponse:
    """The answer to a client whose cookie has this value."""
    return with_header(client, f"{name}={value}")


def with_header(client: Client, header: str) -> TestResponse:
    """The answer to a client without cookies of its own that sends this ``Cookie`` header."""
    stranger = Client(client.application, use_cookies=False)
    return stranger.get("/", environ_overrides={"HTTP_COOKIE": header})


def count(cookie: JSONCookie) -> Response:
    cookie["count"] = cookie.get("count", 0) + 1
    return Response(str(cookie["count"]))


def look(cookie: JSONCookie) -> Response:
    return Response(json.dumps(dict(cookie)), mimetype="application/json")


def ignore(cookie: JSONCookie) -> Response:
    return Response("ignored")


class TestVisits:
    def test_a_value_is_read_back_by_the_next_request(self) -> None:
        client = served(count)
        assert [client.get("/").text for _ in range(3)] == ["1", "2", "3"]

    def test_the_cookie_has_safe_attributes_by_default(self) -> None:
        (header,) = sent(served(count).get("/"))
        pattern = r"clastic_cookie=[\w-]+\.[\w-]+\.[\w-]+; HttpOnly; Path=/; SameSite=Lax"
        assert re.fullmatch(pattern, header)

    def test_the_value_is_json_in_base64(self) -> None:
        def greet(cookie: JSONCookie) -> Response:
            cookie["text"] = "grün"
            return Response("greeted")

        payload, _, _ = value_of(served(greet).get("/")).split(".")
        assert base64_decode(payload).decode() == r'{"text":"gr\u00fcn"}'

    def test_a_client_can_read_but_not_write_it(self) -> None:
        client = served(look)
        value = value_of(served(count).get("/"))
        assert with_value(client, value).json == {"count": 1}
        assert with_value(client, "e" + value).json == {}

    @pytest.mark.parametrize(
        "value",
        [
            pytest.param({"text": "grün", "none": None}, id="text and None"),
            pytest.param({"numbers": [1, -2.5, True, 10**30]}, id="numbers"),
            pytest.param({"nested": {"list": [{"deep": []}]}}, id="nested values"),
            pytest.param({"": "", "a key; with=signs": "\x00\ud800"}, id="odd text"),
            pytest.param({"long": "abc " * 1000}, id="more than fits uncompressed"),
        ],
    )
    def test_values_of_json_are_read_back_unchanged(self, value: dict[str, Any]) -> None:
        seen = []

        def keep(cookie: JSONCookie) -> Response:
            seen.append(dict(cookie))
            cookie.update(value)
            return Response("kept")

        client = served(keep)
        client.get("/")
        client.get("/")
        assert seen == [{}, value]

    def test_a_tuple_is_read_back_as_a_list(self) -> None:
        def keep(cookie: JSONCookie) -> dict[str, Any]:
            return dict(cookie) or (cookie.setdefault("point", (1, 2)) and {})

        client = served(keep)
        client.get("/")
        assert client.get("/").json == {"point": [1, 2]}

    @pytest.mark.parametrize(
        "use",
        [
            pytest.param(lambda cookie: cookie["count"] == 1, id="by key"),
            pytest.param(lambda cookie: cookie.get("other") is None, id="get"),
            pytest.param(lambda cookie: "count" in cookie, id="in"),
            pytest.param(lambda cookie: len(cookie) == 1, id="len"),
            pytest.param(lambda cookie: bool(cookie), id="bool"),
            pytest.param(lambda cookie: list(cookie) == ["count"], id="iteration"),
            pytest.param(lambda cookie: cookie == {"count": 1}, id="comparison"),
            pytest.param(lambda cookie: list(cookie.items()) == [("count", 1)], id="items"),
        ],
    )
    def test_the_cookie_is_read_like_a_dict(self, use: Callable[[JSONCookie], bool]) -> None:
        client = served(lambda cookie: Response(str(use(cookie))))
        response = with_value(client, value_of(served(count).get("/")))
        assert (response.text, response.headers["Vary"], sent(response)) == ("True", "Cookie", [])

    def test_two_cookies_in_one_application_are_separate(self) -> None:
        def both(session: JSONCookie, choices: JSONCookie) -> Response:
            session["visits"] = session.get("visits", 0) + 1
            choices["theme"] = "dark"
            return Response(f"{session['visits']} {choices['theme']}")

        middlewares = [
            SignedCookieMiddleware("session", secret_key=KEY),
            SignedCookieMiddleware("choices", secret_key=KEY, expiry=NEVER),
        ]
        client = Application([("/", both)], middlewares=middlewares).get_local_client()
        assert [len(sent(client.get("/"))) for _ in range(2)] == [2, 1]
        assert client.get("/").text == "3 dark"

    def test_the_value_of_one_cookie_is_invalid_for_another(self) -> None:
        value = value_of(served(count).get("/"))
        assert with_value(served(look), value).json == {"count": 1}
        other = served(look, cookie_name="other")
        assert with_value(other, value, "other").json == {}


class TestSending:
    def test_an_unused_cookie_is_not_sent(self) -> None:
        response = served(ignore).get("/")
        assert sent(response) == []
        assert "Vary" not in response.headers

    def test_a_cookie_that_was_only_read_is_not_sent(self) -> None:
        client = served(look)
        assert sent(client.get("/")) == []
        assert sent(with_value(client, value_of(served(count).get("/")))) == []

    def test_a_cookie_set_to_the_same_value_is_not_sent(self) -> None:
        def settle(cookie: JSONCookie) -> Response:
            cookie["settled"] = True
            return Response("settled")

        client = served(settle)
        assert [len(sent(client.get("/"))) for _ in range(2)] == [1, 0]

    def test_a_change_inside_of_a_value_is_sent(self) -> None:
        def append(cookie: JSONCookie) -> Response:
            cookie.setdefault("list", [{}])
            cookie["list"].append(len(cookie["list"]))
            return Response(json.dumps(cookie["list"]), mimetype="application/json")

        client = served(append)
        client.get("/")
        assert client.get("/").json == [{}, 1, 2]

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda cookie: cookie.pop("count"), id="pop"),
            pytest.param(lambda cookie: cookie.clear(), id="clear"),
            pytest.param(lambda cookie: cookie.popitem(), id="popitem"),
        ],
    )
    def test_a_cookie_without_keys_is_deleted_at_the_client(
        self, change: Callable[[JSONCookie], object]
    ) -> None:
        def empty(cookie: JSONCookie) -> Response:
            change(cookie)
            return Response("empty")

        value = value_of(served(count).get("/"))
        assert sent(with_value(served(empty), value)) == [
            "clastic_cookie=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; "
            "HttpOnly; Path=/; SameSite=Lax"
        ]

    def test_a_cookie_that_was_not_there_is_not_deleted(self) -> None:
        def flicker(cookie: JSONCookie) -> Response:
            cookie["on"] = True
            del cookie["on"]
            return Response("off")

        assert sent(served(flicker).get("/")) == []

    @pytest.mark.parametrize(
        "given",
        [
            pytest.param(None, id="none"),
            pytest.param("Accept", id="another header"),
            pytest.param("cookie", id="the same header"),
            pytest.param("*", id="any header"),
        ],
    )
    def test_a_response_for_which_the_cookie_was_read_varies(self, given: str | None) -> None:
        def vary(cookie: JSONCookie) -> Response:
            headers = [] if given is None else [("Vary", given)]
            return Response(str("a" in cookie), headers=headers)

        expected = {None: "Cookie", "Accept": "Accept, Cookie"}.get(given, given)
        assert served(vary).get("/").headers.getlist("Vary") == [expected]


class TestResponses:
    """The cookie is sent with every kind of response, and to no other client."""

    def test_a_rendered_context_sends_the_cookie(self) -> None:
        def greet(cookie: JSONCookie) -> dict[str, str]:
            cookie["greeted"] = True
            return {"hello": "world"}

        response = served(greet).get("/")
        assert response.json == {"hello": "world"}
        assert len(sent(response)) == 1

    def test_a_stream_sends_the_cookie(self) -> None:
        def stream(cookie: JSONCookie) -> Response:
            cookie["streamed"] = True
            return Response(part for part in ("a", "b"))

        response = served(stream).get("/")
        assert (response.text, len(sent(response))) == ("ab", 1)

    @pytest.mark.parametrize(
        ("fail", "status"),
        [
            pytest.param(BadRequest, 400, id="an error"),
            pytest.param(lambda: Gone(), 410, id="an error of Werkzeug"),
            pytest.param(
                lambda: HTTPException(code=303, headers={"Location": "/"}), 303, id="a redirect"
            ),
        ],
    )
    @pytest.mark.parametrize("is_raised", [True, False], ids=["raised", "returned"])
    def test_errors_send_the_cookie(
        self, fail: Callable[[], Any], status: int, is_raised: bool
    ) -> None:
        def flash(cookie: JSONCookie) -> Any:
            cookie["flash"] = "message"
            if is_raised:
                raise fail()
            return fail()

        response = served(flash).get("/")
        assert (response.status_code, len(sent(response))) == (status, 1)
        assert with_value(served(look), value_of(response)).json == {"flash": "message"}

    def test_an_error_with_its_own_response_sends_the_cookie(self) -> None:
        def leave(cookie: JSONCookie) -> None:
            cookie["left"] = True
            abort(werkzeug_redirect("/elsewhere"))

        response = served(leave).get("/")
        assert response.headers["Location"] == "/elsewhere"
        assert len(sent(response)) == 1

    def test_an_error_keeps_its_headers_and_its_format(self) -> None:
        def fail(cookie: JSONCookie) -> None:
            cookie["failed"] = True
            raise BadRequest("broken", headers={"X-Reason": "test"})

        response = served(fail).get("/", headers={"Accept": "application/json"})
        assert response.json["detail"] == "broken"
        assert response.headers["X-Reason"] == "test"
        assert response.headers["Vary"] == "Cookie, Accept"

    def test_an_error_raised_without_reading_the_cookie_is_the_same_error(self) -> None:
        error = NotFound()
        seen = []

        class Watching(SignedCookieMiddleware):
            def request(self, next: Any, request: Any) -> Any:
                try:
                    return super().request(next, request)
                except NotFound as caught:
                    seen.append(caught)
                    raise

        def fail(cookie: JSONCookie) -> None:
            raise error

        middleware = Watching(secret_key=KEY)
        Application([("/", fail)], middlewares=[middleware]).get_local_client().get("/")
        assert seen == [error]
        assert seen[0] is error

    @pytest.mark.parametrize(
        "constant",
        [
            pytest.param(Response("constant"), id="a response"),
            pytest.param(WerkzeugResponse("constant"), id="a response of Werkzeug"),
            pytest.param(BadRequest("constant"), id="an error"),
        ],
    )
    def test_a_constant_response_is_not_changed(self, constant: Any) -> None:
        constant.headers["X-Constant"] = "yes"
        before = constant.headers.to_wsgi_list()

        def answer(cookie: JSONCookie) -> Any:
            count(cookie)
            return constant

        client = served(answer)
        for _ in range(2):
            response = client.get("/")
            assert len(sent(response)) == 1
            assert response.headers["X-Constant"] == "yes"
            assert "constant" in response.text
        assert constant.headers.to_wsgi_list() == before

    def test_a_constant_error_that_is_raised_is_not_changed(self) -> None:
        constant = BadRequest("constant")

        def fail(cookie: JSONCookie) -> None:
            count(cookie)
            raise constant

        client = served(fail)
        assert [len(sent(client.get("/"))) for _ in range(2)] == [1, 1]
        assert "Set-Cookie" not in constant.headers
        assert constant.__traceback__ is None

    def test_the_constant_response_of_an_error_is_not_changed(self) -> None:
        constant = werkzeug_redirect("/elsewhere")

        def leave(cookie: JSONCookie) -> None:
            count(cookie)
            abort(constant)

        client = served(leave)
        assert [len(sent(client.get("/"))) for _ in range(2)] == [1, 1]
        assert "Set-Cookie" not in constant.headers

    def test_a_non_breaking_error_that_is_the_last_sends_the_cookie(self) -> None:
        def pass_on(cookie: JSONCookie) -> None:
            cookie["passed"] = True
            raise NotFound(is_breaking=False)

        response = served(pass_on).get("/")
        assert (response.status_code, len(sent(response))) == (404, 1)
        assert response.headers["Vary"] == "Cookie, Accept"

    def test_a_value_that_is_not_a_response_is_still_reported(self) -> None:
        def forget(cookie: JSONCookie) -> None:
            cookie["forgotten"] = True

        middleware = SignedCookieMiddleware(secret_key=KEY)
        application = Application(
            [("/", forget)], middlewares=[middleware], error_handler=ErrorHandler(True)
        )
        with pytest.raises(TypeError, match="which is not a Response"):
            application.get_local_client().get("/")

    def test_an_uncaught_exception_sends_no_cookie(self) -> None:
        def crash(cookie: JSONCookie) -> None:
            cookie["crashed"] = True
            raise ZeroDivisionError

        response = served(crash).get("/")
        assert (response.status_code, sent(response)) == (500, [])

    def test_a_request_can_be_rerouted_to_another_application(self) -> None:
        def hand_over(cookie: JSONCookie) -> None:
            raise RerouteWSGI(Response("over"))

        assert served(hand_over).get("/").text == "over"


class TestSignatures:
    def test_the_first_key_signs_and_all_keys_verify(self) -> None:
        old = value_of(served(count, secret_key=OLD_KEY).get("/"))
        assert with_value(served(look), old).json == {}
        assert with_value(served(look, secret_key=[KEY, OLD_KEY]), old).json == {"count": 1}

    def test_a_cookie_of_an_older_key_is_signed_anew_when_it_is_read(self) -> None:
        old = value_of(served(count, secret_key=OLD_KEY).get("/"))
        rotated = served(look, secret_key=[KEY, OLD_KEY])
        new = value_of(with_value(rotated, old))
        assert with_value(served(look), new).json == {"count": 1}
        assert sent(with_value(rotated, new)) == []

    def test_an_unread_cookie_of_an_older_key_is_not_sent(self) -> None:
        old = value_of(served(count, secret_key=OLD_KEY).get("/"))
        assert sent(with_value(served(ignore, secret_key=[KEY, OLD_KEY]), old)) == []

    def test_a_cookie_of_an_older_key_can_be_emptied(self) -> None:
        def clear(cookie: JSONCookie) -> Response:
            cookie.clear()
            return Response("cleared")

        old = value_of(served(count, secret_key=OLD_KEY).get("/"))
        (header,) = sent(with_value(served(clear, secret_key=[KEY, OLD_KEY]), old))
        assert "Max-Age=0" in header

    def test_text_and_bytes_are_the_same_key(self) -> None:
        value = value_of(served(count, secret_key=KEY.encode()).get("/"))
        assert with_value(served(look), value).json == {"count": 1}

    @pytest.mark.parametrize(
        "header",
        [
            pytest.param("", id="an empty header"),
            pytest.param(f"{NAME}=", id="no value"),
            pytest.param(f"{NAME}=a.b.c", id="an unsigned value"),
            pytest.param(f"{NAME}=grün", id="letters beyond ASCII"),
            pytest.param(f"x{NAME}=%s", id="a longer name"),
            pytest.param(f"a={NAME}=%s", id="the name in another value"),
            pytest.param(f"{NAME}=%s!", id="something after it"),
            pytest.param(f"{NAME}=.%s", id="something before it"),
        ],
    )
    def test_an_invalid_cookie_is_empty_and_is_not_deleted(self, header: str) -> None:
        value = value_of(served(count).get("/"))
        response = with_header(served(look), header.replace("%s", value))
        assert (response.json, sent(response)) == ({}, [])

    @pytest.mark.parametrize(
        "header",
        [
            pytest.param("a=1; NAME=%s; b=2", id="among others"),
            pytest.param("NAME=%s;b=2", id="without a space"),
            pytest.param('NAME="%s"', id="in quotes"),
            pytest.param("NAME=garbage; NAME=%s", id="after one that is not ours"),
        ],
    )
    def test_the_cookie_is_found_among_others(self, header: str) -> None:
        value = value_of(served(count).get("/"))
        header = header.replace("NAME", NAME).replace("%s", value)
        assert with_header(served(look), header).json == {"count": 1}

    def test_at_most_ten_cookies_of_the_name_are_verified(self) -> None:
        value = value_of(served(count).get("/"))
        header = f"{NAME}=garbage; " * 10 + f"{NAME}={value}"
        assert with_header(served(look), header).json == {}

    @given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n")))
    def test_any_forged_value_is_an_empty_cookie(self, header: str) -> None:
        assert with_header(CLIENT, f"{NAME}={header}").json == {}

    # The last character of the signature has bits that mean nothing.
    @given(st.integers(0, 10**6), st.characters(min_codepoint=33, max_codepoint=126))
    def test_any_changed_value_is_invalid(self, position: int, character: str) -> None:
        position %= len(VALUE) - 1
        assume(character != VALUE[position])
        changed = VALUE[:position] + character + VALUE[position + 1 :]
        assert with_value(CLIENT, changed).json == {}

    def test_the_format_is_that_of_itsdangerous(self) -> None:
        value = value_of(served(count).get("/"))
        serializer = URLSafeTimedSerializer(
            KEY,
            f"clastic.cookie.{NAME}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
        assert serializer.loads(value) == {"count": 1}
        assert with_value(served(look), serializer.dumps({"count": 5})).json == {"count": 5}

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(base64_encode(b"\xff") + b".AAAA", id="not UTF-8"),
            pytest.param(b"a.AAAA", id="not Base64"),
            pytest.param(b"." + base64_encode(b"{}") + b".AAAA", id="not compressed"),
            pytest.param(base64_encode(b"{}") + b".a", id="an invalid time"),
            pytest.param(b"", id="nothing"),
        ],
    )
    def test_a_signed_value_of_another_format_is_invalid(self, content: bytes) -> None:
        signer = Signer(
            KEY, f"clastic.cookie.{NAME}", key_derivation="hmac", digest_method=hashlib.sha256
        )
        value = signer.sign(content).decode()
        assert with_value(served(look, expiry=60, clock=Clock()), value).json == {}


CLIENT = served(look)
VALUE = value_of(served(count).get("/"))


class TestExpiry:
    @pytest.mark.parametrize(
        ("expiry", "max_age"),
        [
            pytest.param(SESSION, None, id="session"),
            pytest.param(NEVER, "34560000", id="never"),
            pytest.param(3600, "3600", id="an hour"),
            pytest.param(90.9, "90", id="a fraction of a second"),
            pytest.param(0.5, "1", id="less than a second"),
        ],
    )
    def test_the_client_gets_the_age(self, expiry: Any, max_age: str | None) -> None:
        (header,) = sent(served(count, expiry=expiry).get("/"))
        assert dict(re.findall(r"(Max-Age|Expires)=([^;]*)", header)).get("Max-Age") == max_age
        assert "Expires" not in header

    @pytest.mark.parametrize(
        ("expiry", "age", "is_valid"),
        [
            pytest.param(60, 60, True, id="in its last second"),
            pytest.param(60, 61, False, id="after its last second"),
            pytest.param(60, -5, True, id="by a clock that is behind"),
            pytest.param(SESSION, 14 * 24 * 3600, True, id="a session of two weeks"),
            pytest.param(SESSION, 14 * 24 * 3600 + 1, False, id="a longer session"),
            pytest.param(NEVER, 10**8, True, id="never"),
        ],
    )
    def test_the_server_ignores_a_cookie_that_is_too_old(
        self, expiry: Any, age: int, is_valid: bool
    ) -> None:
        clock = Clock()
        value = value_of(served(count, expiry=expiry, clock=clock).get("/"))
        clock.advance(age)
        seen = with_value(served(look, expiry=expiry, clock=clock), value).json
        assert seen == ({"count": 1} if is_valid else {})

    @pytest.mark.parametrize(
        ("expiry", "age", "is_sent"),
        [
            (60, 30, False),
            (60, 31, True),
            (SESSION, 7 * 24 * 3600, False),
            (SESSION, 7 * 24 * 3600 + 1, True),
            (NEVER, 10**8, False),
        ],
    )
    def test_a_cookie_that_is_read_after_half_of_its_lifetime_is_sent_again(
        self, expiry: Any, age: int, is_sent: bool
    ) -> None:
        clock = Clock()
        value = value_of(served(count, expiry=expiry, clock=clock).get("/"))
        clock.advance(age)
        response = with_value(served(look, expiry=expiry, clock=clock), value)
        assert (response.json, bool(sent(response))) == ({"count": 1}, is_sent)

    def test_the_age_counts_from_when_it_was_last_sent(self) -> None:
        clock = Clock()
        client = served(count, expiry=60, clock=clock)
        counts = []
        for pause in (0, 50, 50, 61):
            clock.advance(pause)
            counts.append(client.get("/").text)
        assert counts == ["1", "2", "3", "1"]


def exactly(message: str) -> str:
    """The pattern of this whole message."""
    return f"^{re.escape(message)}$"


class TestMistakes:
    """Mistakes of endpoints are reported at the line that makes them, where possible."""

    def test_a_cookie_over_the_limit_is_an_error(self) -> None:
        def fill(cookie: JSONCookie) -> Response:
            cookie["little"] = 1
            cookie["much"] = [number**3 for number in range(1000)]
            return Response("full")

        with pytest.raises(CookieTooLarge) as caught:
            served(fill, error_handler=ErrorHandler(True)).get("/")
        assert re.sub("[56],[0-9]{3}", "SIZE", str(caught.value)) == (
            "The cookie 'clastic_cookie' is SIZE bytes as it would be sent, and browsers drop a "
            "cookie over 4,093. Most of it is cookie['much']: keep that on the server, and put "
            "only an id for it into the cookie."
        )

    @pytest.mark.parametrize(
        ("excess", "status"),
        [pytest.param(0, 200, id="at the limit"), pytest.param(1, 500, id="over the limit")],
    )
    def test_a_cookie_may_be_as_long_as_the_limit(self, excess: int, status: int) -> None:
        def fill(cookie: JSONCookie) -> Response:
            cookie["noise"] = NOISE[:3300]
            return Response("full")

        (header,) = sent(served(fill, cookie_name="n").get("/"))
        name = "n" * (1 + 4093 - len(header) + excess)
        response = served(fill, cookie_name=name).get("/")
        assert response.status_code == status
        assert [len(header) for header in sent(response)] == ([4093] if status == 200 else [])

    @pytest.mark.parametrize(
        ("value", "problem"),
        [
            pytest.param({1}, "Object of type set is not JSON serializable", id="a type"),
            pytest.param(
                [{"a": b""}], "Object of type bytes is not JSON serializable", id="inside"
            ),
            pytest.param(CIRCULAR, "Circular reference detected", id="a circle"),
        ],
    )
    def test_values_without_a_form_in_json_are_refused(self, value: Any, problem: str) -> None:
        def keep(cookie: JSONCookie) -> Response:
            cookie["x"] = value
            return Response("kept")

        message = (
            f"The cookie cannot be sent as JSON: {problem}. Put only str, int, float, bool, None, "
            "and lists and dicts of them into it."
        )
        with pytest.raises(TypeError, match=exactly(message)):
            served(keep, error_handler=ErrorHandler(True)).get("/")

    def test_keys_are_read_back_as_strings(self) -> None:
        def keep(cookie: Any) -> Response:
            cookie.setdefault("x", {1: 2})
            return Response(repr(cookie["x"]))

        client = served(keep)
        assert [client.get("/").text for _ in range(2)] == ["{1: 2}", "{'1': 2}"]


class TestSettings:
    def test_the_given_attributes_are_sent(self) -> None:
        client = served(
            count,
            arg_name="cookie",
            cookie_name="__Secure-id",
            domain="example.com",
            path="/app",
            secure=True,
            http_only=False,
            same_site="strict",
            expiry=60,
        )
        (header,) = sent(client.get("/", base_url="https://www.example.com/app"))
        name, _, attributes = header.partition("; ")
        assert name.startswith("__Secure-id=")
        assert attributes == "Domain=example.com; Max-Age=60; Secure; Path=/app; SameSite=Strict"

    def test_attributes_can_be_left_out(self) -> None:
        (header,) = sent(served(count, http_only=False, same_site=None).get("/"))
        assert header.partition("; ")[2] == "Path=/"

    @pytest.mark.parametrize(
        ("url", "settings", "attributes"),
        [
            pytest.param("http://a.example/", {}, ["Path=/"], id="no prefix"),
            pytest.param("http://a.example/go/", {}, ["Path=/go"], id="below a prefix"),
            pytest.param("http://a.example/g%C3%B6;/", {}, ["Path=/g%C3%B6%3B"], id="quoted"),
            pytest.param("http://a.example/go/", {"path": "/"}, ["Path=/"], id="a given path"),
            pytest.param("https://a.example/", {}, ["Path=/", "Secure"], id="HTTPS"),
            pytest.param("https://a.example/", {"secure": False}, ["Path=/"], id="not Secure"),
            pytest.param(
                "https://a.example/go/",
                {"cookie_name": "__Host-id", "secure": True},
                ["Secure", "Path=/"],
                id="a name that requires the path /",
            ),
        ],
    )
    @pytest.mark.parametrize("is_deleted", [False, True], ids=["set", "deleted"])
    def test_by_default_the_cookie_is_for_the_script_root_and_scheme_of_the_request(
        self, is_deleted: bool, url: str, settings: dict[str, Any], attributes: list[str]
    ) -> None:
        def toggle(cookie: JSONCookie) -> Response:
            cookie["is_set"] = True
            if is_deleted:
                cookie.clear()
            return Response()

        client = Client(served(toggle, **settings).application, use_cookies=False)
        name = settings.get("cookie_name", NAME)
        value = value_of(served(count, **settings).get("/", base_url=url), name)
        cookie = {"HTTP_COOKIE": f"{name}={value}"}
        (header,) = sent(client.get("/", base_url=url, environ_overrides=cookie))
        scope = [part for part in header.split("; ") if part.startswith(("Path", "Secure"))]
        assert scope == attributes

    def test_without_a_key_a_random_one_is_made_and_that_is_logged(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        one, other = (served(count, secret_key=None) for _ in range(2))
        assert [(record.name, record.levelname) for record in caplog.records] == [
            ("clastic", "WARNING")
        ] * 2
        assert caplog.messages[0] == (
            "The cookie 'clastic_cookie' has no secret_key, so it is signed with a random one: "
            "it does not survive a restart, and other processes do not know it. "
            "Set a secret_key."
        )
        value = value_of(one.get("/"))
        assert [with_value(client, value).text for client in (one, other)] == ["2", "1"]

    def test_a_given_key_is_not_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        served(count, secret_key=[KEY, OLD_KEY]).get("/")
        assert caplog.messages == []

    def test_without_a_key_two_of_one_configuration_are_equal(self) -> None:
        inner = Application([("/", count)], middlewares=[SignedCookieMiddleware(expiry=60)])
        outer = Application(
            [("/", inner), ("/look", look)], middlewares=[SignedCookieMiddleware(expiry=60)]
        )
        client = outer.get_local_client()
        client.get("/")
        assert client.get("/look").json == {"count": 1}

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param({"secret_key": OLD_KEY}, id="key"),
            pytest.param({"secret_key": None}, id="no key"),
            pytest.param({"cookie_name": "other"}, id="name"),
            pytest.param({"arg_name": "other"}, id="argument"),
            pytest.param({"expiry": 60}, id="expiry"),
            pytest.param({"path": "/x"}, id="path"),
            pytest.param({"path": "/"}, id="the same path at the root"),
            pytest.param({"secure": True}, id="secure"),
            pytest.param({"secure": False}, id="not secure"),
        ],
    )
    def test_middlewares_of_different_configurations_differ(self, other: dict[str, Any]) -> None:
        usual = {"secret_key": KEY}
        one = SignedCookieMiddleware(**usual)
        assert one == SignedCookieMiddleware(**usual)
        assert hash(one) == hash(SignedCookieMiddleware(**usual))
        assert one != SignedCookieMiddleware(**{**usual, **other})
        assert one != "cookie"

    def test_reprs_show_neither_key_nor_values(self) -> None:
        shown = []

        def show(cookie: JSONCookie) -> Response:
            shown.append(repr(cookie))
            cookie["password"] = "swordfish"
            shown.append(repr(cookie))
            cookie.clear()
            shown.append(repr(cookie))
            return Response("shown")

        middleware = SignedCookieMiddleware(secret_key=KEY)
        assert repr(middleware) == "SignedCookieMiddleware('cookie', 'clastic_cookie')"
        Application([("/", show)], middlewares=[middleware]).get_local_client().get("/")
        assert shown == [
            "<JSONCookie: not read yet>",
            "<JSONCookie: 'password'>",
            "<JSONCookie: >",
        ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param(
            {"cookie_name": "a;b"},
            "cookie_name is 'a;b'. Use ASCII letters, digits, '-' and '_' (RFC 6265).",
            id="a name that is not a token",
        ),
        pytest.param(
            {"cookie_name": ""},
            "cookie_name is ''. Use ASCII letters, digits, '-' and '_' (RFC 6265).",
            id="an empty name",
        ),
        pytest.param(
            {"same_site": "Sometimes"},
            "SameSite must be 'Strict', 'Lax', or 'None'.",
            id="an unknown same_site",
        ),
        *(
            pytest.param(
                settings,
                f"Browsers drop the cookie '{settings.get('cookie_name', NAME)}': one with "
                "same_site='None', or whose name begins with '__Secure-' or '__Host-', must be "
                "secure=True.",
                id=f"{settings} that is not secure",
            )
            for settings in (
                {"same_site": "none"},
                {"cookie_name": "__Secure-id"},
                {"cookie_name": "__host-id"},
            )
        ),
        *(
            pytest.param(
                {"expiry": expiry},
                f"expiry is {expiry!r}. Use a number of seconds above 0, or SESSION or NEVER.",
                id=f"expiry {expiry!r}",
            )
            for expiry in (-1, "now", float("nan"))
        ),
        *(
            pytest.param(
                {"secret_key": key},
                "secret_key is empty, so anyone could sign a cookie. Use random text from "
                "secrets.token_hex(), or leave it out for a random key in each process.",
                id=f"secret_key {key!r}",
            )
            for key in ("", b"", [], [KEY, ""])
        ),
    ],
)
def test_settings_that_browsers_would_ignore_are_refused(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        SignedCookieMiddleware(**{"secret_key": KEY, **settings})


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"cookie_name": "__Host-id", "secure": True}, id="a __Host- name"),
        pytest.param({"cookie_name": "__Secure-id", "secure": True}, id="a __Secure- name"),
        pytest.param({"cookie_name": "__Hostess"}, id="a name without a prefix"),
        pytest.param({"same_site": "none", "secure": True}, id="same_site None that is secure"),
    ],
)
def test_unusual_settings_are_accepted(settings: dict[str, Any]) -> None:
    SignedCookieMiddleware(**{"secret_key": KEY, **settings})


@pytest.mark.parametrize(
    "key", ["fifteen bytes..", [KEY, b"fifteen bytes.."]], ids=["the key", "one of two keys"]
)
def test_a_short_key_is_logged(key: Any, caplog: pytest.LogCaptureFixture) -> None:
    SignedCookieMiddleware(secret_key=key)
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("clastic", "WARNING")
    assert record.getMessage() == (
        "A secret_key of the cookie 'clastic_cookie' has only 15 bytes, so it can be guessed. "
        "Use 16 bytes or more, for example from secrets.token_hex()."
    )


def test_a_key_that_is_long_enough_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    SignedCookieMiddleware(secret_key="sixteen bytes...")
    assert caplog.messages == []
