"""Fixtures for the tests of altdemo: the app, and a client that is logged in."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from clastic.testing import client

FOLDER = Path(__file__).parents[1]
sys.path.insert(0, str(FOLDER))

import altdemo  # noqa: E402


@pytest.fixture
def waits() -> list[float]:
    """Return the list of the seconds that the app waited."""
    return []


@pytest.fixture
def app(tmp_path, waits):
    return altdemo.create_app({"sessions": str(tmp_path / "sessions")}, sleep=waits.append)


@pytest.fixture
def visitor(app):
    return client(app)


@pytest.fixture
def ann(app):
    """Return a client that is logged in as Ann and has seen the message about it."""
    user = client(app)
    user.post("/login", data={"name": "Ann"}, follow_redirects=True)
    return user


@pytest.fixture(scope="module")
def server(serve_app):
    return serve_app(FOLDER / "altdemo.py")
