"""Which names are those of secrets, and what beside them in a text is masked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clastic.secret_names import SecretNames
from clastic.secrets import MASK, Secrets


def mask(text: str) -> str:
    return Secrets().mask(text)


def mask_source(text: str) -> str:
    return Secrets().mask(text, is_source=True)


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "PASSWORD",
        "db_password",
        "passwd",
        "pwd",
        "userPwd",
        "passphrase",
        "pass_phrase",
        "client_secret",
        "SECRET_KEY",
        "token",
        "accessToken",
        "X-Csrf-Token",
        "api_key",
        "apiKey",
        "X-Api-Key",
        "AWS_ACCESS_KEY_ID",
        "signing_key",
        "private",
        "privateKey",
        "Authorization",
        "HTTP_AUTHORIZATION",
        "authorisation",
        "auth",
        "basicAuth",
        "auth_header",
        "Cookie",
        "Set-Cookie",
        "session",
        "PHPSESSID",
        "credentials",
        "jwt",
        "otp",
        "pin",
        "user_pass",
        b"Authorization",
    ],
)
def test_the_name_of_a_secret(name: str | bytes) -> None:
    assert name in SecretNames()


@pytest.mark.parametrize(
    "name",
    [
        "user",
        "name",
        "author",
        "GIT_AUTHOR_NAME",
        "compass",
        "bypass",
        "passes",
        "pinned",
        "spin",
        "key",
        "primary_key",
        "cache_key",
        "keyboard",
        "Host",
        "",
        b"Accept",
        None,
        7,
        ("password",),
    ],
)
def test_any_other_name(name: object) -> None:
    assert name not in SecretNames()


def test_more_words_can_be_given() -> None:
    names = SecretNames(["iban", "c++"])

    assert "customer_IBAN" in names
    assert "c++ level" in names
    assert "password" in names
    assert "customer_name" not in names
    assert Secrets(names).mask("iban=DE02") == f"iban={MASK}"


def test_the_words_are_not_repeated_wherever_the_names_are_shown() -> None:
    assert repr(SecretNames(["iban"])) == "<SecretNames>"


# -- values in texts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("token=abc&x=1", "token=[masked]&x=1", id="a query string"),
        pytest.param(
            "<Request 'http://h/?token=abc' [GET]>",
            "<Request 'http://h/?token=[masked]' [GET]>",
            id="the repr of a request",
        ),
        pytest.param(
            "{'password': 'swordfish', 'user': 'ann'}",
            "{'password': [masked], 'user': 'ann'}",
            id="the repr of a dict",
        ),
        pytest.param(
            r"{'password': 'it\'s', 'user': 'ann'}",
            "{'password': [masked], 'user': 'ann'}",
            id="a quote in a literal",
        ),
        pytest.param(
            r"{'password': 'ends in \\', 'user': 'ann'}",
            "{'password': [masked], 'user': 'ann'}",
            id="a backslash at the end of a literal",
        ),
        pytest.param('{"pin": 1234, "n": 1}', '{"pin": [masked], "n": 1}', id="a number in JSON"),
        pytest.param(
            '{"tokens": ["a", {"b": 1}], "n": 1}', '{"tokens": [masked], "n": 1}', id="a container"
        ),
        pytest.param(
            '{"tokens": ["]", "b"], "n": 1}', '{"tokens": [masked], "n": 1}', id="its text"
        ),
        pytest.param(
            r'"{\"password\": \"ab\\\"c\", \"n\": 1}"',
            r'"{\"password\": [masked], \"n\": 1}"',
            id="JSON within a literal",
        ),
        pytest.param(
            "Settings(key=1, secret='abc')", "Settings(key=1, secret=[masked])", id="a repr"
        ),
        pytest.param(
            "User(password=Text('abc'), n=1)", "User(password=[masked], n=1)", id="nested"
        ),
        pytest.param(
            "User(password=<Text abc>)", "User(password=[masked])", id="in angle brackets"
        ),
        pytest.param("User(password=b'abc', n=1)", "User(password=[masked], n=1)", id="bytes"),
        pytest.param(
            "[('cookie', 'a'), ('x', 'b')]", "[('cookie', [masked]), ('x', 'b')]", id="pairs"
        ),
        pytest.param("f(session, 'x')", "f(session, 'x')", id="an argument after a name"),
        pytest.param("cookie, b", "cookie, b", id="a word after a name"),
        pytest.param("cookies['sid'] = 'abc'", "cookies['sid'] = [masked]", id="an item"),
        pytest.param("password => abc", "password => [masked]", id="an arrow"),
        pytest.param("password != 'abc'", "password != [masked]", id="a comparison"),
        pytest.param(
            "password: it's mine", "password: [masked] mine", id="a word with an apostrophe"
        ),
        pytest.param("password='abc", "password=[masked]", id="a literal that is cut off"),
        pytest.param("password=(abc", "password=[masked]", id="brackets that are cut off"),
        pytest.param("x (password=abc)", "x (password=[masked])", id="within brackets"),
        pytest.param('''password="""a "b" c""" x''', "password=[masked] x", id="three quotes"),
        pytest.param('''password="""a "b" c''', "password=[masked]", id="three quotes, cut off"),
        pytest.param("password='' x", "password=[masked] x", id="an empty literal"),
        pytest.param("<password>abc</password>", "<password>[masked]</password>", id="XML"),
        pytest.param("<token/> abc </x>", "<token/> abc </x>", id="an empty element"),
        pytest.param(
            "Cookie: a=b; c=d\nHost: h",
            "Cookie: [masked]\nHost: h",
            id="a header, to the end of its line",
        ),
        pytest.param("Authorization: Own a, b", "Authorization: [masked]", id="the last line"),
        pytest.param("No token here.", "No token here.", id="a sentence"),
        pytest.param("Unexpected token: }", "Unexpected token: }", id="nothing after a name"),
        pytest.param("author=ann, compass=north", "author=ann, compass=north", id="harmless names"),
    ],
)
def test_what_stands_beside_a_secret_name(text: str, shown: str) -> None:
    assert mask(text) == shown


# -- literals in source code -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        pytest.param("password = 'abc'", "password = [masked]", id="an assignment"),
        pytest.param("token: str | None = rb'abc'", "token: str | None = [masked]", id="annotated"),
        pytest.param(
            "def login(user: str, password: str = 'abc') -> None:",
            "def login(user: str, password: str = [masked]) -> None:",
            id="a default",
        ),
        pytest.param(
            "connect(u, password='a', n=1)", "connect(u, password=[masked], n=1)", id="a call"
        ),
        pytest.param("{'secret': 'abc', 'n': 'x'}", "{'secret': [masked], 'n': 'x'}", id="a dict"),
        pytest.param("getenv('TOKEN', 'abc')", "getenv('TOKEN', [masked])", id="a second argument"),
        pytest.param("if token == 'abc': pass", "if token == [masked]: pass", id="a comparison"),
        pytest.param("config['token'] = 'abc'", "config['token'] = [masked]", id="an item"),
        pytest.param(
            "secret = ('abc'\n    'def')\nx = 'y'",
            "secret = ([masked]\n    [masked])\nx = 'y'",
            id="literals that follow each other",
        ),
        pytest.param(
            "secret = '''a\nb\nc'''\nx = 1",
            "secret = [masked]\n[masked]\n[masked]\nx = 1",
            id="several lines stay several",
        ),
        pytest.param("password = read()", "password = read()", id="no literal"),
        pytest.param(
            "def f(password: str): pass", "def f(password: str): pass", id="an annotation"
        ),
        pytest.param("f(token, 'abc')", "f(token, 'abc')", id="an argument after a variable"),
        pytest.param("print(f'{name}: token')", "print(f'{name}: token')", id="in a literal"),
    ],
)
def test_literals_beside_a_secret_name(source: str, shown: str) -> None:
    assert mask_source(source) == shown


@given(st.text(alphabet="ab'\"\\()[]{}<>=:,;& \n-/@.#token", max_size=60))
def test_masking_source_keeps_the_number_of_lines(source: str) -> None:
    assert mask_source(f"password = {source}").count("\n") == source.count("\n")


@given(st.text(max_size=40), st.sampled_from(["token=", "'password': ", "cookie: ", "pin, "]))
def test_any_text_beside_a_name_can_be_read(text: str, name: str) -> None:
    assert mask(name + text).startswith(name.rstrip())
