"""Secrets are recognized by name and masked in text, in linear time."""

from __future__ import annotations

import json
import re
import string
import types
from collections import UserDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from clastic.secrets import MASK, Secrets

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END PRIVATE KEY-----"
SECRET = "swordfish-17"


def mask(text: str) -> str:
    return Secrets().mask(text)


def mask_source(text: str) -> str:
    return Secrets().mask(text, is_source=True)


def knowing(*values: Any) -> Secrets:
    secrets = Secrets()
    for value in values:
        secrets.add(value)
    return secrets


# -- names -----------------------------------------------------------------------------------------


SECRET_NAMES = re.findall(
    r"\S+",
    """
    password PASSWORD db_password passwd pwd userPwd passphrase pass_phrase user_pass
    client_secret SECRET_KEY secret-key token accessToken X-Csrf-Token private privateKey
    api_key apiKey APIKEY X-Api-Key AWS_ACCESS_KEY_ID signing_key license_key encryption.keys
    Authorization HTTP_AUTHORIZATION authorisation auth basicAuth auth_header credentials jwt
    Cookie Set-Cookie session PHPSESSID connect.sid sid otp pin
    signature X-Hub-Signature-256 sig totp wifi_psk salt password_salt cvv cvc ssn dsn SENTRY_DSN
    card-number SLACK_WEBHOOK_URL webhook connection_string
""",
)
OTHER_NAMES = re.findall(
    r"\S+",
    """
    user name author GIT_AUTHOR_NAME compass bypass passes pinned spin inside basalt design
    key keyboard primary_key cache_key foreign_key public_key sortKey on_keyboard Host
""",
)


def test_the_names_of_secrets_are_recognized() -> None:
    secrets = Secrets()

    assert [name for name in SECRET_NAMES if not secrets.is_secret_name(name)] == []
    assert secrets.is_secret_name(b"Authorization")


def test_other_names_are_not_secret() -> None:
    others = [*OTHER_NAMES, "", b"Accept", None, 7, ("password",)]

    assert [name for name in others if Secrets().is_secret_name(name)] == []


def test_an_application_can_add_words() -> None:
    secrets = Secrets(["iban", "c++", "date of birth"])

    for name in ("customer_IBAN", "c++ level", "dateOfBirth", "password"):
        assert secrets.is_secret_name(name)
    assert not secrets.is_secret_name("customer_name")
    assert secrets.mask("iban=DE02") == f"iban={MASK}"


# -- known values ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        pytest.param("swordfish", "it is swordfish!", "it is [masked]!", id="a part of a text"),
        pytest.param("swordfish", "swordfish", "[masked]", id="the whole text"),
        pytest.param("swordfish", "swordfish, swordfish", "[masked], [masked]", id="twice"),
        pytest.param(b"swordfish", "it is swordfish!", "it is [masked]!", id="bytes"),
        pytest.param(b"sword\xfffish", r"b'sword\xfffish'", "b'[masked]'", id="not UTF-8"),
        pytest.param(12345678, "id 12345678", "id [masked]", id="a number"),
        pytest.param("abcd", "abcd", "[masked]", id="a short one, as the whole text"),
        pytest.param("abcd", "abcde, abcd", "abcde, abcd", id="a short one, as a part"),
        pytest.param("abc", "abc", "abc", id="too short"),
        pytest.param(1000, "1000", "1000", id="a count"),
        pytest.param("", "text", "text", id="empty"),
        pytest.param(" swordfish\n", "it is swordfish!", "it is [masked]!", id="with spaces"),
        pytest.param("password", "the password field", "the password field", id="ordinary"),
        pytest.param("Bearer", "scheme: Bearer", "scheme: Bearer", id="ordinary, in any case"),
        pytest.param("masked", "the masked one", "the [masked] one", id="the word of the mask"),
        pytest.param(
            "first line\nsecond line", "first line; second line", "[masked]; [masked]", id="lines"
        ),
        pytest.param(10**5000, "1" + "0" * 5000, "1" + "0" * 5000, id="an endless number"),
    ],
)
def test_a_known_secret_is_masked(secret: Any, text: str, shown: str) -> None:
    assert knowing(secret).mask(text) == shown


def test_overlapping_and_adjacent_secrets_get_one_mask() -> None:
    secrets = knowing("swordfish", "fishmonger", "albatross")

    assert secrets.mask("a swordfishmonger") == f"a {MASK}"
    assert secrets.mask("swordfishalbatross") == MASK


def test_the_path_of_an_existing_file_is_not_secret(tmp_path: Path) -> None:
    path = str(tmp_path / "key.pem")
    assert knowing(path).mask(f"in {path}") == f"in {MASK}"
    Path(path).touch()

    assert knowing(path).mask(f"in {path}") == f"in {path}"


def test_the_number_of_known_secrets_is_bounded() -> None:
    secrets = knowing(*(f"number-{number:05}" for number in range(1_500)))

    assert secrets.mask("x number-00001;") == f"x {MASK};"
    assert secrets.mask("x number-01499;") == "x number-01499;"


WAYS = {
    "as it is": str,
    "its repr": repr,
    "the repr of its repr": lambda text: repr(repr(text)),
    "in a dict": lambda text: repr({"a": text}),
    "in ASCII": ascii,
    "its JSON": json.dumps,
    "its JSON as it is": lambda text: json.dumps(text, ensure_ascii=False),
    "its bytes": lambda text: repr(text.encode("utf-8", "surrogatepass")),
    "a part of a path": lambda text: quote(text, safe="", errors="surrogatepass"),
    "a part of a query": lambda text: quote_plus(text, errors="surrogatepass"),
}


@pytest.mark.parametrize("write", WAYS.values(), ids=WAYS.keys())
@given(
    secret=st.text(min_size=8, max_size=300),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
@example(secret='it\'s "quoted" \\ twice', before="", after="")
@example(secret="\U0001f41f" * 130, before="", after="")
def test_a_known_secret_is_masked_however_it_is_written(
    write: Any, secret: str, before: str, after: str
) -> None:
    secret = secret.strip()
    # Not an ordinary word, the path of a file, or the mask itself.
    assume(
        secret != MASK and len(secret) >= 8 and not secret.isalpha() and not secret.startswith("/")
    )
    assume(not any(line.strip() != line or len(line) < 6 for line in secret.splitlines()))
    written = write(secret)
    masked = knowing(secret).mask(before + written + after)

    assert secret not in masked
    assert written.strip("\"'b") not in masked


@given(
    secret=st.text(alphabet=string.ascii_letters + "é\U0001f41f '\\", min_size=8, max_size=400),
    most=st.integers(0, 200),
    before=st.integers(0, 200),
)
def test_no_part_of_a_secret_is_left_where_a_text_is_cut_off(
    secret: str, most: int, before: int
) -> None:
    secret = f"<{secret}>"
    text = "." * before + repr(secret)[1:-1] + "." * 5_000

    assert set(knowing(secret).mask(text, most).replace(MASK, "")) <= {"."}


def test_a_text_is_cut_off_at_the_given_length() -> None:
    assert knowing("swordfish").mask("0123456789", 4) == "0123"
    assert knowing("swordfish").mask("01 swordfish", 5) == f"01 {MASK}"
    assert knowing("swordfish").mask("01 swordfish", 2) == "01"


# -- values beside names ---------------------------------------------------------------------------


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
            id="JSON in a literal",
        ),
        pytest.param(
            "User(password=Text('abc'), n=1)", "User(password=[masked], n=1)", id="nested"
        ),
        pytest.param("User(password=<Text abc>)", "User(password=[masked])", id="angle brackets"),
        pytest.param("User(password=b'abc', n=1)", "User(password=[masked], n=1)", id="bytes"),
        pytest.param(
            "[('cookie', 'a'), ('x', 'b')]", "[('cookie', [masked]), ('x', 'b')]", id="pairs"
        ),
        pytest.param("f(session, 'x')", "f(session, 'x')", id="an argument after a name"),
        pytest.param("cookie, b", "cookie, b", id="a word after a name"),
        pytest.param("cookies['sid'] = 'abc'", "cookies['sid'] = [masked]", id="an item"),
        pytest.param("password => abc", "password => [masked]", id="an arrow"),
        pytest.param("password != 'abc'", "password != [masked]", id="a comparison"),
        pytest.param("password: it's mine", "password: [masked] mine", id="an apostrophe"),
        pytest.param("password='abc", "password=[masked]", id="a literal that is cut off"),
        pytest.param("password=(abc", "password=[masked]", id="brackets that are cut off"),
        pytest.param("x (password=abc)", "x (password=[masked])", id="within brackets"),
        pytest.param('''password="""a "b" c""" x''', "password=[masked] x", id="three quotes"),
        pytest.param('''password="""a "b" c''', "password=[masked]", id="three quotes, cut off"),
        pytest.param("<password>abc</password>", "<password>[masked]</password>", id="XML"),
        pytest.param("<token/> abc </x>", "<token/> abc </x>", id="an empty element"),
        pytest.param("Cookie: a=b; c=d\nHost: h", "Cookie: [masked]\nHost: h", id="a header"),
        pytest.param("Authorization: Own a, b", "Authorization: [masked]", id="the last line"),
        pytest.param("No token here.", "No token here.", id="a sentence"),
        pytest.param("Unexpected token: }", "Unexpected token: }", id="nothing after a name"),
        pytest.param("author=ann, compass=north", "author=ann, compass=north", id="other names"),
        pytest.param("token=None, pin='', n=1", "token=None, pin='', n=1", id="no value"),
    ],
)
def test_a_value_beside_a_secret_name_is_masked(text: str, shown: str) -> None:
    assert mask(text) == shown


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
            "secret = ([masked]\n[masked])\nx = 'y'",
            id="literals that follow each other",
        ),
        pytest.param(
            "secret = '''a\nb\nc'''\nx = 1",
            "secret = [masked]\n[masked]\n[masked]\nx = 1",
            id="several lines",
        ),
        pytest.param("password = read()", "password = read()", id="no literal"),
        pytest.param("def f(password: str): pass", "def f(password: str): pass", id="a type"),
        pytest.param("f(token, 'abc')", "f(token, 'abc')", id="an argument after a variable"),
        pytest.param("print(f'{name}: token')", "print(f'{name}: token')", id="in a literal"),
    ],
)
def test_in_source_code_only_literals_are_values(source: str, shown: str) -> None:
    assert mask_source(source) == shown


@given(st.text(alphabet="ab'\"\\()[]{}<>=:,;& \n-/@.#token", max_size=60))
def test_masking_source_keeps_the_number_of_lines(source: str) -> None:
    assert mask_source(f"password = {source}").count("\n") == source.count("\n")


# -- well-known formats ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("postgres://ann:pw@db/x", "postgres://ann:[masked]@db/x", id="a URL"),
        pytest.param("redis://:pw@db", "redis://:[masked]@db", id="without a user"),
        pytest.param("amqp://u:p/w@d@db/x", "amqp://u:[masked]@db/x", id="with URL characters"),
        pytest.param("http://h:80/a@b", "http://h:80/a@b", id="a port is no password"),
        pytest.param("https://h/a:b@c", "https://h/a:b@c", id="a path is no password"),
        pytest.param("bearer abc.def", "bearer [masked]", id="a bearer token"),
        pytest.param("Basic YW5uOnB3", "Basic [masked]", id="basic credentials"),
        pytest.param("the basics", "the basics", id="no scheme"),
        pytest.param(f"x {PEM} y", f"x {MASK}\n{MASK}\n{MASK}\n{MASK} y", id="PEM"),
        pytest.param(repr(PEM), "'[masked]'", id="the repr of PEM"),
        pytest.param(PEM[:50], f"{MASK}\n{MASK}\n{MASK}", id="PEM that is cut off"),
        pytest.param("eyJhbGciOiJI.eyJzdWIi.SflKx", "[masked]", id="a JSON Web Token"),
        pytest.param("AKIAIOSFODNN7EXAMPLE", "[masked]", id="AWS"),
        pytest.param("ghp_" + "a1" * 18, "[masked]", id="GitHub"),
        pytest.param("sk_live_" + "a1" * 12, "[masked]", id="Stripe"),
        pytest.param("xoxb-" + "12-ab" * 4, "[masked]", id="Slack"),
        pytest.param("AIza" + "a1-_b" * 7, "[masked]", id="Google"),
        pytest.param(
            "https://hooks.slack.com/services/T0/B0/abc",
            "https://hooks.slack.com/services/[masked]",
            id="a webhook",
        ),
        pytest.param("/usr/lib/python3/x86_64", "/usr/lib/python3/x86_64", id="a path"),
        pytest.param("ContextualErrorHandlerTests", "ContextualErrorHandlerTests", id="a name"),
    ],
)
def test_a_secret_of_a_known_format_is_masked(text: str, shown: str) -> None:
    assert mask(text) == shown


@given(st.text(max_size=200), st.none() | st.integers(0, 50), st.booleans())
def test_any_text_can_be_masked(text: str, most: int | None, is_source: bool) -> None:
    masked = Secrets().mask(text, most, is_source=is_source)

    assert most is None or len(masked) <= most * (len(MASK) + 1)


def test_masking_again_changes_nothing() -> None:
    masked = mask(f"password=abc, {PEM}, postgres://a:b@c, {{'token': 'x'}}")

    assert mask(masked) == masked


# Any pattern that matched a part of one of these twice for each of its characters would need
# about 10**9 steps, and keep the test from ending.
@pytest.mark.no_cover  # it repeats what other tests do
@pytest.mark.parametrize("is_source", [False, True], ids=["text", "source"])
def test_the_time_to_mask_is_linear_in_the_length_of_the_text(is_source: bool) -> None:
    secrets = knowing("swordfish", "a" * 200)
    parts = [
        "token", "token=", "token=[", "token=(((", "token='", 'token="""', "token=\\'", "token: ",
        "'token', ", "token['", "token <", "<token>", "Cookie: ", "a.", "a-", "a>", "\\", "'", '"',
        "://", "://a:", "://a:b@", "bearer ", " ", "eyJ-", "eyJa.", "-----BEGIN X-----", "ghp_",
        "xoxb-", "hooks.slack.com/services/", "swordfish"[:8], "([{<", "\n",
    ]  # fmt: skip
    for part in parts:
        text = part * (30_000 // len(part))
        assert secrets.mask(text, is_source=is_source)
        assert secrets.mask(text + "token=[" * 200 + "\\" * 2_000, is_source=is_source)


# -- values with secret names ----------------------------------------------------------------------


class Bare:
    """An object that has attributes and fails in other ways."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)

    def __repr__(self) -> NoReturn:
        raise RuntimeError("no repr")

    __iter__ = __len__ = __bool__ = __repr__  # type: ignore[assignment]


class Slotted:
    """An object with slots, one of which is empty."""

    __slots__ = ("_empty", "_token")

    def __init__(self) -> None:
        self._token = SECRET


class Keeper:
    """A class with a secret."""

    class_token = SECRET


@dataclass
class User:
    password: str


class Hostile:
    """An object that cannot be looked at."""

    def __getattribute__(self, name: str) -> NoReturn:
        raise RuntimeError("no attribute")


module = types.ModuleType("settings")
module.SECRET_KEY = SECRET  # type: ignore[attr-defined]
looped: dict[str, Any] = {"password": SECRET}
looped["self"] = looped


def finds(*values: Any, secret: str = SECRET) -> bool:
    secrets = Secrets()
    secrets.add_named(*values)
    return secrets.mask(f"It is {secret}!") == f"It is {MASK}!"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"password": SECRET}, id="a dict"),
        pytest.param({b"password": SECRET.encode()}, id="bytes"),
        pytest.param({"a": [({"b": {"password": SECRET}},)]}, id="deep"),
        pytest.param({"secret": {"a": [SECRET]}}, id="in a secret container"),
        pytest.param([("password", SECRET)], id="a pair"),
        pytest.param({"tokens": {SECRET}}, id="a set"),
        pytest.param(MultiDict([("token", "x"), ("token", SECRET)]), id="a dict of lists"),
        pytest.param(UserDict(password=SECRET), id="a mapping"),
        pytest.param(types.MappingProxyType({"password": SECRET}), id="a proxy of a dict"),
        pytest.param(Bare(password=SECRET), id="an attribute"),
        pytest.param({"credentials": Bare(key=SECRET)}, id="an attribute of a secret object"),
        pytest.param(Slotted(), id="a slot"),
        pytest.param(User(SECRET), id="a dataclass"),
        pytest.param(Keeper, id="a class"),
        pytest.param({"settings": module}, id="a module"),
        pytest.param("postgres://ann:swordfish-17@db/x", id="a URL"),
        pytest.param(["x", {"url": "postgres://ann:swordfish-17@db/x"}], id="a URL in a dict"),
        pytest.param(looped, id="a dict in itself"),
        pytest.param([Hostile(), {"password": SECRET}], id="beside a hostile object"),
        pytest.param([*range(90), {"password": SECRET}], id="after many values"),
    ],
)
def test_a_value_with_a_secret_name_is_found(value: Any) -> None:
    assert finds(value)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"name": SECRET}, id="another name"),
        pytest.param(["password", SECRET, "x"], id="three are no pair"),
        pytest.param({"session": Bare(headers={"Accept": SECRET})}, id="deep in a secret object"),
        pytest.param(types.ModuleType("token"), id="a module of that name"),
        pytest.param({"make_token": lambda: SECRET}, id="a function"),
        pytest.param(type("User", (), {"pin": Bare(column=SECRET)}), id="an object of a class"),
    ],
)
def test_another_value_is_not_a_secret(value: Any) -> None:
    assert not finds(value)


def test_numbers_are_found() -> None:
    assert finds({"pin": 12345678}, secret="12345678")
    assert not finds({"auth": True, "pin": 1.5, "token": None}, secret="True 1.5 None")


def test_a_bounded_number_of_values_is_searched_the_outer_ones_first() -> None:
    large = [[number] for number in range(10_000)]

    assert finds(large, {"password": SECRET})
    assert not finds({"a": [large] * 99}, {"a": [[[{"password": SECRET}]]]})
