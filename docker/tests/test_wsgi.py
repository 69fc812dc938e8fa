"""Test wsgi.py and its environment variables."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from werkzeug.test import create_environ

DOCKER = Path(__file__).resolve().parents[1]
HELLO = DOCKER.parent / "apps" / "hello"


@pytest.fixture
def create_app(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCKER))
    monkeypatch.syspath_prepend(str(HELLO))
    from wsgi import create_app

    yield create_app
    for name in ("wsgi", "hello"):
        sys.modules.pop(name, None)


def test_an_app_is_not_wrapped_without_proxies(create_app):
    assert type(create_app({"APP": "hello"})).__name__ == "Application"


def test_each_header_is_trusted_for_the_number_of_proxies(create_app):
    values = {"For": "a, b", "Proto": "https, http", "Host": "c, d", "Prefix": "/e, /f"}
    values = {f"X-Forwarded-{name}": value for name, value in values.items()}
    environ = create_environ("/", headers=values)
    app = create_app({"APP": "hello", "TRUSTED_PROXIES": "2"})
    assert app(environ, lambda status, headers: None)
    names = ("REMOTE_ADDR", "wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME")
    assert [environ[name] for name in names] == ["a", "https", "c", "/e"]


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        pytest.param(
            {},
            "APP is not set. Set it to the name of an app, for example APP=hello.",
            id="no app is set",
        ),
        pytest.param(
            {"APP": "hello", "TRUSTED_PROXIES": "all"},
            "TRUSTED_PROXIES must be a number, for example 1, not 'all'.",
            id="the number of proxies is not a number",
        ),
    ],
)
def test_an_invalid_variable_is_an_error(create_app, environment, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        create_app(environment)
