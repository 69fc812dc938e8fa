"""No secret of an application is on the meta page or in its JSON."""

import functools
import sys

import pytest

from clastic.application import Application
from clastic.errors import ErrorHandler
from clastic.http import Response
from clastic.meta import MetaApplication, MetaPeripheral
from clastic.middleware import Middleware
from clastic.route import GET, POST, Route

CANARY = "canary-7f3a"


class Holder:
    """Have a secret wherever an object can have one."""

    shared = CANARY

    def __init__(self):
        self.password = self.harmless = CANARY
        self.inside = {"deep": [CANARY]}

    def __repr__(self):
        return f"Holder({CANARY})"

    def __str__(self):
        return CANARY


class Keyed(Middleware):
    """Sign something."""

    provides = ("signed",)

    def __init__(self):
        self.secret_key = self.anything = CANARY
        self.holder = Holder()

    def request(self, next, key=CANARY):
        salt = CANARY
        return next(signed=salt)

    def __repr__(self):
        return f"Keyed({CANARY})"


class Handler(ErrorHandler):
    def __init__(self):
        super().__init__()
        self.mail_password = CANARY

    def render_error(self, request, _error, password=CANARY):
        return Response("error", status=_error.code)


class CallableEndpoint:
    """Show something."""

    def __init__(self):
        self.token = CANARY

    def __call__(self, id, token=CANARY):
        return Response("x")


class Broken(MetaPeripheral):
    title = "Broken"

    def get_context(self):
        password = CANARY
        raise RuntimeError(f"{password} {Holder()}")


class Careless(MetaPeripheral):
    title = "Careless"

    def get_context(self):
        return {
            "password": CANARY,
            "url": f"https://user:{CANARY}@host/",
            "holder": Holder(),
            "settings": [{"api_key": CANARY}],
            "message": f"login failed: token={CANARY}",
        }


def closure():
    secret = CANARY

    def endpoint(id):
        return Response(secret)

    return endpoint


def with_defaults(id, token=CANARY, *, password=CANARY):
    """Take what is given."""
    return {}


def render_page(context, secret=CANARY):
    return Response("page")


def factory(argument):
    return functools.partial(render_page, secret=argument)


with_defaults.api_key = CANARY


@pytest.fixture
def application(monkeypatch):
    monkeypatch.setenv("APP_PASSWORD", CANARY)
    monkeypatch.setenv("HARMLESS", CANARY)
    monkeypatch.setattr(sys, "argv", ["serve.py", CANARY, f"--password={CANARY}", f"-p{CANARY}"])
    partial = functools.partial(with_defaults, token=CANARY)
    keyed = Keyed()
    inner = Application([("/inner/<id>", closure())], {"inner_secret": CANARY}, [keyed])
    meta = MetaApplication(
        peripherals=[Broken(), Careless()], shown_resources=["password", "database_url", "settings"]
    )
    application = Application(
        [
            Route("/a/<id>", with_defaults, render_page),
            GET("/b/<id>", partial, {"secret": CANARY}),
            POST("/c/<id>", CallableEndpoint(), resources={"own": CANARY, "holder": Holder()}),
            Route(
                "/d/<id>", closure(), f"<p>{CANARY}</p>", functools.partial(handle, extra=CANARY)
            ),
            ("/in", inner),
            ("/_meta", meta),
        ],
        {
            "plain": CANARY,
            "holder": Holder(),
            "config": {"anything": CANARY},
            "password": CANARY,
            "database_url": f"postgres://links:{CANARY}@db/links",
            "settings": {"host": "db", "credentials": {"user": CANARY}},
        },
        [keyed],
        factory,
        Handler(),
    )
    application.config = {"SECRET_KEY": CANARY}
    return application


def handle(_error, extra=None):
    """Handle an error."""
    return Response("handled", status=_error.code)


@pytest.mark.parametrize("url", ["/_meta/", "/_meta/json/", "/_meta/?find=inner"])
def test_no_secret_is_shown(url, application, caplog):
    client = application.get_local_client()
    client.set_cookie("session", CANARY)
    headers = {"Authorization": f"Bearer {CANARY}", "X-Anything": CANARY}
    response = client.get(url, headers=headers)
    assert response.status_code == 200
    assert CANARY not in response.text
    assert CANARY not in str(response.headers)
    assert "canary" not in response.text
    assert "with_defaults" in response.text or "inner" in response.text


def test_names_of_secrets_are_shown(application, report):
    names = {resource["name"] for resource in report(application)["resources"]}
    assert {"plain", "password", "inner_secret", "own"} <= names
