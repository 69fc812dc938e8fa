"""Secrets of an application and of a request do not appear on debug pages.

Secrets are masked before a report is formatted: most tests look at its JSON only.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from clastic import Application, Middleware, NotFound, Request
from clastic.errors import ContextualErrorHandler

CANARY = "Tweety-4711"
OTHER_CANARY = "Sylvester-0815"
FORMATS = [
    "text/plain",
    "text/html",
    "application/json",
    "application/problem+json",
    "application/xml",
]

# The secret of a module, which endpoints below use.
SECRET_OF_MODULE = "-".join(("Tweety", "4711"))


def get(application: Application, path: str = "/", **options: Any) -> TestResponse:
    headers = {"Accept": "application/json", **options.pop("headers", {})}
    return application.get_local_client().open(path, headers=headers, **options)


def serving(endpoint: Callable[..., object], **resources: Any) -> Application:
    return Application([("/", endpoint)], resources, debug=True)


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in (key, *leaves(inner))]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [str(value)]


def assert_hidden(response: TestResponse, *secrets: str) -> None:
    """No secret is in a response, and there are masks."""
    text = unescape(response.text)
    if response.is_json:
        text = "\n".join(leaves(json.loads(response.text)))
    for secret in secrets:
        assert secret not in text
        assert secret not in str(response.headers)
    assert "[masked]" in text


@dataclass
class Settings:
    """Settings with the repr of a dataclass."""

    url: str
    secret_key: str


class Client:
    """An object that shows its secret in its repr."""

    def __init__(self, api_key: str) -> None:
        self.api_key = api_key

    def __repr__(self) -> str:
        return f"<Client {self.api_key}>"


# -- the code --------------------------------------------------------------------------------------


def local_variable() -> NoReturn:
    password = CANARY
    raise ValueError("no", len(password))


def nested_local_variable() -> NoReturn:
    settings = [{"databases": {"main": {"password": CANARY, "port": 1}}}]
    raise ValueError("no", len(settings))


def message_and_notes() -> NoReturn:
    token = CANARY
    error = ValueError(f"The token {token} is not valid.")
    error.__notes__ = [f"It was {token}.", repr({"x": token})]  # type: ignore[attr-defined]
    raise error


def cause() -> NoReturn:
    def login(password: str) -> NoReturn:
        raise ValueError(f"{password!r} is wrong")

    try:
        login(CANARY)
    except ValueError as error:
        raise RuntimeError(f"Login failed: {error}") from error


def f_string() -> NoReturn:
    secret = CANARY
    line = f"user=ann&key={secret}&x=1"
    data = f"<{secret}>".encode()
    raise ValueError(line, data, [line, {line: data}])


def dataclass_repr() -> NoReturn:
    settings = Settings("http://x", CANARY)
    text = f"{settings}"
    raise ValueError(text, settings)


def other_repr() -> NoReturn:
    client = Client(CANARY)
    raise ValueError(client, str(client))


def attributes() -> NoReturn:
    service = SimpleNamespace(client=SimpleNamespace(auth_token=CANARY))
    raise ValueError(f"at {service.client.auth_token}")


def module_variable() -> NoReturn:
    raise ValueError(f"with {SECRET_OF_MODULE}")


def argument_in_source() -> NoReturn:
    def login(password: str) -> NoReturn:
        raise ValueError("no")

    login("Tweety-4711")


def url() -> NoReturn:
    database = "postgres://ann:Tweety-4711@db/books"
    raise ValueError(f"cannot reach {database} with Tweety-4711")


def bearer() -> NoReturn:
    header = "Bearer Tweety-4711"
    raise ValueError(header)


def key_block() -> NoReturn:
    lines = "-----BEGIN PRIVATE KEY-----\nTweety-4711\n-----END PRIVATE KEY-----\n"
    raise ValueError(lines)


@pytest.mark.parametrize(
    "endpoint",
    [
        local_variable,
        nested_local_variable,
        message_and_notes,
        cause,
        f_string,
        dataclass_repr,
        other_repr,
        attributes,
        module_variable,
        argument_in_source,
        url,
        bearer,
        key_block,
    ],
    ids=lambda endpoint: endpoint.__name__,
)
def test_a_secret_of_the_code_is_masked(endpoint: Callable[[], object]) -> None:
    assert_hidden(get(serving(endpoint)), CANARY)


@pytest.mark.parametrize("length", [380, 395, 399, 3_985, 3_995, 3_999])
def test_no_part_of_a_secret_is_shown_where_a_text_is_cut_off(length: int) -> None:
    def fail(api_token: str) -> NoReturn:
        text = "." * length + api_token * 3 + "." * 1_000
        raise ValueError(text)

    assert_hidden(get(serving(fail, api_token=CANARY)), CANARY[1:6], CANARY[-4:])


# -- the application -------------------------------------------------------------------------------


def use_all(request: Request, settings: Any, client: Any, api_token: str, data: Any) -> NoReturn:
    everything = [request, settings, client, api_token, data, dict(request.headers)]
    raise ValueError(f"cannot use {everything} and {request.environ}")


RESOURCES = {
    "settings": Settings("http://x", CANARY),
    "client": Client(CANARY),
    "api_token": CANARY,
    "data": {"a": [{"smtp-password": CANARY}], "b": f"https://ann:{CANARY}@h/"},
}


@pytest.mark.parametrize("mimetype", FORMATS)
@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_a_secret_of_the_resources_is_masked_in_every_format(path: str, mimetype: str) -> None:
    response = get(
        serving(use_all, **RESOURCES), f"{path}?x={CANARY}", headers={"Accept": mimetype}
    )

    assert response.mimetype == mimetype
    assert_hidden(response, CANARY)


class KeyMiddleware(Middleware):
    """A middleware with a key."""

    def __init__(self) -> None:
        self.signing_key = CANARY

    def request(self, next: Any) -> Any:
        return next()


def test_a_secret_of_a_middleware_is_masked() -> None:
    def fail() -> NoReturn:
        raise ValueError("not " + "Tweety" + "-4711")

    application = Application([("/", fail)], middlewares=[KeyMiddleware()], debug=True)
    assert_hidden(get(application), CANARY)


def test_a_secret_of_the_environment_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKS_API_KEY", OTHER_CANARY)
    monkeypatch.setenv("DATABASE_URL", f"postgres://ann:{CANARY}@db/books")

    def fail() -> NoReturn:
        import os

        raise ValueError(f"{os.environ['BOOKS_API_KEY']}", os.environ, "Tweety" + "-4711")

    assert_hidden(get(serving(fail)), CANARY, OTHER_CANARY)


def test_an_application_can_add_words_of_secret_names() -> None:
    def fail(customer: dict[str, str]) -> NoReturn:
        raise ValueError("no")

    handler = ContextualErrorHandler(secret_words=["iban"])
    resources = {"customer": {"iban": CANARY}}
    application = Application([("/", fail)], resources, error_handler=handler, debug=True)

    assert_hidden(get(application), CANARY)


# -- the request -----------------------------------------------------------------------------------


def show_request(request: Request) -> NoReturn:
    shown = [request, request.args, request.form, request.cookies, request.environ]
    values = [
        *request.cookies.values(),
        *request.form.values(),
        *request.headers.values(),
        request.args["token"],
    ]
    raise ValueError(f"{shown}, {values}", request.headers, request.authorization)


BASIC = base64.b64encode(f"ann:{CANARY}".encode()).decode()


@pytest.mark.parametrize("path", ["/", "/nowhere"])
@pytest.mark.parametrize(
    "authorization", [f"Bearer {CANARY}", f"Basic {BASIC}", f"Own {CANARY} x"], ids=str.split
)
def test_a_secret_of_the_request_is_masked(authorization: str, path: str) -> None:
    response = get(
        serving(show_request),
        f"{path}?token={CANARY}&x=1",
        method="POST",
        data={"password": CANARY, "name": "ann"},
        headers={
            "Authorization": authorization,
            "X-Api-Key": CANARY,
            "Cookie": f"id={OTHER_CANARY}",
        },
    )
    assert_hidden(response, CANARY, OTHER_CANARY, BASIC)


@pytest.mark.parametrize("mimetype", FORMATS)
@pytest.mark.parametrize(
    "detail",
    [
        f"The token={CANARY} is unknown.",
        {"token": CANARY, "reasons": ["old", {"text": f"password: {CANARY}"}], "code": 7},
    ],
    ids=["text", "data"],
)
def test_a_secret_of_a_detail_is_masked_in_every_format(detail: Any, mimetype: str) -> None:
    def refuse() -> NoReturn:
        raise NotFound(detail)

    assert_hidden(get(serving(refuse), headers={"Accept": mimetype}), CANARY)


def test_a_detail_that_is_data_stays_data() -> None:
    detail = {"token": None, "reasons": ["old", 7], "pin": ""}

    document = get(serving(lambda: NotFound(detail))).json
    assert document is not None
    assert document["detail"] == detail


def test_other_values_are_shown() -> None:
    def fail(settings: Settings) -> NoReturn:
        author = "Jane Austen"
        raise ValueError(f"cannot find {author}")

    text = get(serving(fail, settings=Settings("http://books.example", CANARY)), "/?page=2").text
    for expected in ("cannot find Jane Austen", "http://books.example", "page", "'Jane Austen'"):
        assert expected in text


# -- any nesting -----------------------------------------------------------------------------------

NAMES = ["password", "client_secret", "apiToken", "X-Api-Key", "session", "auth", "credentials"]


def plant(secret: str, way: str, inner: Any) -> Any:
    """Something that has `inner` in it, and maybe the secret in a text."""
    return {
        "dict": lambda: {"a": 1, "inner": inner},
        "list": lambda: [0, inner, "x"],
        "tuple": lambda: (inner,),
        "object": lambda: SimpleNamespace(inner=inner),
        "dataclass": lambda: Settings(url=inner, secret_key=secret),
        "client": lambda: [Client(secret), inner],
        "text": lambda: [f"a text with {secret} in it", inner],
        "repr": lambda: [repr({"x": secret}), inner],
        "json": lambda: [json.dumps({"x": [secret]}), inner],
        "bytes": lambda: {secret.encode(): inner},
    }[way]()


WAYS = ["dict", "list", "tuple", "object", "dataclass", "client", "text", "repr", "json", "bytes"]


@given(
    secret=st.text(
        st.characters(
            min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs", "Zs", "Cc"]
        ),
        min_size=10,
        max_size=80,
    ),
    name=st.sampled_from(NAMES),
    ways=st.lists(st.sampled_from(WAYS), max_size=6),
    mimetype=st.sampled_from(FORMATS),
)
def test_a_secret_is_masked_wherever_it_is(
    secret: str, name: str, ways: list[str], mimetype: str
) -> None:
    secret = f"§{secret}§"  # so that it is no usual text of a page
    planted: Any = {name: secret}
    for way in ways:
        planted = plant(secret, way, planted)

    def fail(planted: Any) -> NoReturn:
        raise ValueError(f"cannot use {planted!r}", planted)

    assert_hidden(get(serving(fail, planted=planted), headers={"Accept": mimetype}), secret)
