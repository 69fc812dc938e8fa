"""No secret that is known, or that looks like one, survives in a text."""

from __future__ import annotations

import json
import string
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from clastic.secret_names import SecretNames
from clastic.secrets import MASK, Secrets

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END PRIVATE KEY-----"


def knowing(*values: object) -> Secrets:
    secrets = Secrets()
    for value in values:
        secrets.add(value)
    return secrets


# -- what is known ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        pytest.param("swordfish", "it is swordfish!", "it is [masked]!", id="a part of a text"),
        pytest.param("swordfish", "swordfish", "[masked]", id="the whole text"),
        pytest.param("swordfish", "swordfish, swordfish", "[masked], [masked]", id="twice"),
        pytest.param(b"swordfish", "it is swordfish!", "it is [masked]!", id="bytes"),
        pytest.param(b"sword\xfffish", r"b'sword\xfffish'", "b'[masked]'", id="bytes of no text"),
        pytest.param(12345678, "id 12345678", "id [masked]", id="a number"),
        pytest.param("abcd", "abcd", "[masked]", id="a short one, as the whole text"),
        pytest.param("abcd", "abcde, abcd", "abcde, abcd", id="a short one, as a part"),
        pytest.param("abc", "abc", "abc", id="too short a one"),
        pytest.param(7, "7", "7", id="a small number"),
        pytest.param(1000, "1000", "1000", id="a count"),
        pytest.param("", "text", "text", id="nothing"),
        pytest.param(" swordfish\n", "it is swordfish!", "it is [masked]!", id="with space around"),
        pytest.param("password", "the password field", "the password field", id="an ordinary word"),
        pytest.param("Bearer", "scheme: Bearer", "scheme: Bearer", id="in any case"),
        pytest.param("masked", "the masked one", "the [masked] one", id="the word for it"),
        pytest.param(
            "first line\nsecond line", "first line; second line", "[masked]; [masked]", id="by line"
        ),
        pytest.param(10**5000, "1" + "0" * 5000, "1" + "0" * 5000, id="no number of any length"),
    ],
)
def test_a_secret_that_is_known(secret: object, text: str, shown: str) -> None:
    assert knowing(secret).mask(text) == shown


def test_secrets_that_overlap_are_masked_as_one() -> None:
    assert knowing("swordfish", "fishmonger").mask("a swordfishmonger") == f"a {MASK}"


def test_secrets_beside_each_other_are_masked_as_one() -> None:
    assert knowing("swordfish", "albatross").mask("swordfishalbatross") == MASK


def test_the_length_to_be_masked_as_a_part_can_be_said() -> None:
    secrets = Secrets()
    secrets.add("wayland", shortest=8)

    assert secrets.mask("wayland") == MASK
    assert secrets.mask("a wayland session") == "a wayland session"


def test_a_url_that_is_known_gives_its_password() -> None:
    secrets = Secrets()
    secrets.add_from("postgres://ann:swordfish@db/books")
    secrets.add_from("no URL: ann:albatross@db")

    assert secrets.mask("login of ann by swordfish failed") == f"login of ann by {MASK} failed"
    assert secrets.mask("the albatross") == "the albatross"


def test_the_number_of_secrets_that_are_looked_for_is_bounded() -> None:
    secrets = knowing(*(f"number-{number:05}" for number in range(3_000)))

    assert secrets.mask("x number-00001;") == f"x {MASK};"
    assert secrets.mask("x number-02999;") == "x number-02999;"
    assert repr(secrets) == "<Secrets of 3000 values>"


# Every way in which a secret may be written, and what one can be made of.
SECRETS = st.text(min_size=8, max_size=300).filter(lambda text: len(text.strip()) >= 8)
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
@given(secret=SECRETS, before=st.text(max_size=20), after=st.text(max_size=20))
@example(secret='it\'s "quoted" \\ twice', before="", after="")
@example(secret="\U0001f41f" * 130, before="", after="")
def test_a_known_secret_survives_in_no_writing(
    write: object, secret: str, before: str, after: str
) -> None:
    secret = secret.strip()
    assume(not secret.isalpha())  # it may be an ordinary word
    assume(not any(line.strip() != line or len(line) < 6 for line in secret.splitlines()))
    written = write(secret)  # type: ignore[operator]
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


def test_a_text_is_cut_off_where_asked() -> None:
    assert knowing("swordfish").mask("0123456789", 4) == "0123"
    assert knowing("swordfish").mask("01 swordfish", 5) == f"01 {MASK}"
    assert knowing("swordfish").mask("01 swordfish", 2) == "01"


# -- what looks like a secret ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("postgres://ann:pw@db/x", "postgres://ann:[masked]@db/x", id="a URL"),
        pytest.param("redis://:pw@db", "redis://:[masked]@db", id="without a user"),
        pytest.param(
            "amqp://u:p/w@d@db/x", "amqp://u:[masked]@db/x", id="with URL characters in it"
        ),
        pytest.param("http://h:80/a@b", "http://h:80/a@b", id="a port is no password"),
        pytest.param("https://h/a:b@c", "https://h/a:b@c", id="a path is no password"),
        pytest.param("bearer abc.def", "bearer [masked]", id="a bearer token"),
        pytest.param("Basic YW5uOnB3", "Basic [masked]", id="basic credentials"),
        pytest.param("the basics", "the basics", id="no scheme"),
        pytest.param(f"x {PEM} y", "x [masked] y", id="PEM"),
        pytest.param(repr(PEM), "'[masked]'", id="the repr of PEM"),
        pytest.param(PEM[:60], "[masked]", id="PEM that is cut off"),
        pytest.param("eyJhbGciOiJI.eyJzdWIi.SflKx", "[masked]", id="a JSON web token"),
        pytest.param("AKIAIOSFODNN7EXAMPLE", "[masked]", id="an access key of AWS"),
        pytest.param(
            "0ed7ad51c68d44e4bc3ae54f2f1d7c5b", "[masked]", id="a long hexadecimal number"
        ),
        pytest.param("dGhpcyBpcyBhIHNlY3JldCBrZXk9", "[masked]", id="BASE64"),
        pytest.param("k=Qw7-xR2_pL9vT4bN8mZc;", "k=[masked];", id="a random key"),
        pytest.param(
            "0ed7ad51-c68d-44e4-bc3a-e54f2f1d7c5b",
            "0ed7ad51-c68d-44e4-bc3a-e54f2f1d7c5b",
            id="a UUID is an id",
        ),
        pytest.param("/usr/lib/python3/x86_64", "/usr/lib/python3/x86_64", id="a path"),
        pytest.param("20240102101112131415161718", "20240102101112131415161718", id="a number"),
        pytest.param("ContextualErrorHandlerTests", "ContextualErrorHandlerTests", id="a name"),
        pytest.param("CreateS3BucketPermission1", "CreateS3BucketPermission1", id="with digits"),
        pytest.param("-" * 30, "-" * 30, id="a line"),
        pytest.param(
            "test_case_7_of_the_long_names", "test_case_7_of_the_long_names", id="snake case"
        ),
    ],
)
def test_what_looks_like_a_secret(text: str, shown: str) -> None:
    assert Secrets().mask(text) == shown


@given(st.binary(min_size=32, max_size=64))
def test_random_keys_look_like_secrets(data: bytes) -> None:
    assume(len(set(data)) > 24)

    assert Secrets().mask(f"the key {data.hex()}") == f"the key {MASK}"


@given(st.text(max_size=200), st.none() | st.integers(0, 50), st.booleans())
def test_any_text_can_be_masked(text: str, most: int | None, is_source: bool) -> None:
    masked = Secrets(SecretNames()).mask(text, most, is_source=is_source)

    assert most is None or len(masked) <= most * (len(MASK) + 1)


def test_masking_again_changes_nothing() -> None:
    text = f"password=abc, {PEM}, postgres://a:b@c, {{'token': 'x'}}"
    masked = Secrets().mask(text)

    assert Secrets().mask(masked) == masked
