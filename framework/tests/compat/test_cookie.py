"""Test the members of the signed cookie that apps written for Clastic 26 use."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from clastic import Application, render_json
from clastic.middleware.cookie import NEVER, NOW, SESSION, JSONCookie, SignedCookieMiddleware
from clastic.testing import Clock

KEY = "correct horse battery staple"


def client_for(endpoint, **settings):
    middleware = SignedCookieMiddleware(secret_key=KEY, **settings)
    return Application([("/", endpoint, render_json)], middlewares=[middleware]).get_local_client()


def login(client, cookie):
    client.set_cookie("clastic_cookie", cookie.serialize())
    return client.get("/")


@pytest.mark.parametrize(
    "use",
    [
        json.dumps,
        lambda cookie: json.dumps(cookie, indent=2),
        lambda cookie: json.dumps(dict(cookie)),
        lambda cookie: json.dumps({**cookie}),
        lambda cookie: json.dumps({} | cookie),
        lambda cookie: json.dumps(copy.deepcopy(cookie)),
        lambda cookie: json.dumps(pickle.loads(pickle.dumps(cookie))),
        lambda cookie: json.dumps({"user": cookie.pop("user")}),
        lambda cookie: json.dumps({"user": "{user}".format(**cookie)}),
        lambda cookie: cookie == {"user": "ann"} and '{"user": "ann"}',
        lambda cookie: cookie != {"user": "bob"} and '{"user": "ann"}',
    ],
)
def test_the_cookie_is_a_dict_however_it_is_used_first(use):
    def show(cookie):
        return [isinstance(cookie, dict), json.loads(use(cookie))]

    response = login(client_for(show), JSONCookie({"user": "ann"}, secret_key=KEY))
    assert response.json == [True, {"user": "ann"}]
    assert response.headers["Vary"] == "Cookie"


def test_the_value_of_a_cookie_can_be_read():
    text = JSONCookie({"user": "ann"}, secret_key=KEY).serialize()
    cookie = JSONCookie.unserialize(text, KEY)
    assert (cookie, cookie.new, cookie.modified) == ({"user": "ann"}, False, False)
    forged = JSONCookie.unserialize(text, f"another {KEY}")
    assert (forged, forged.new) == ({}, True)


def test_the_value_is_for_one_name_of_a_cookie():
    text = JSONCookie({"user": "ann"}, secret_key=KEY, cookie_name="session").serialize()
    assert JSONCookie.unserialize(text, KEY, cookie_name="session") == {"user": "ann"}
    assert JSONCookie.unserialize(text, KEY) == {}


def test_a_cookie_without_a_key_cannot_be_signed():
    with pytest.raises(ValueError, match=r"^This JSONCookie has no secret_key\. Pass one to "):
        JSONCookie({"user": "ann"}).serialize()


def test_a_cookie_knows_whether_it_is_new_and_changed():
    def show(cookie):
        before = [cookie.new, cookie.modified, cookie.should_save]
        cookie["user"] = "ann"
        return [before, [cookie.new, cookie.modified, cookie.should_save]]

    client = client_for(show)
    assert client.get("/").json == [[True, False, False], [True, True, True]]
    assert client.get("/").json == [[False, False, False], [False, False, False]]


def test_set_expires_deletes_the_cookie():
    def end(cookie):
        cookie.set_expires()
        return {}

    response = login(client_for(end), JSONCookie({"user": "ann"}, secret_key=KEY))
    (header,) = response.headers.getlist("Set-Cookie")
    assert header.startswith("clastic_cookie=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0;")


def test_set_expires_sets_a_time_for_client_and_server():
    clock = Clock(1_000_000)

    def visit(cookie):
        seen = dict(cookie)
        if not cookie:
            cookie["user"] = "ann"
            cookie.set_expires(1_000_060)
        return seen

    client = client_for(visit, clock=clock)
    response = client.get("/")
    (header,) = response.headers.getlist("Set-Cookie")
    assert "; Expires=Mon, 12 Jan 1970 13:47:40 GMT; HttpOnly; Path=/; SameSite=Lax" in header
    value = header.partition("=")[2].partition(";")[0]
    seen = []
    for seconds in (0, 59, 1):
        clock.advance(seconds)
        client = client_for(visit, clock=clock)
        client.set_cookie("clastic_cookie", value)
        seen.append(client.get("/").json)
    assert seen == [{"user": "ann"}, {"user": "ann"}, {}]


def test_set_expires_can_be_taken_back():
    cookie = JSONCookie({"user": "ann"}, secret_key=KEY)
    cookie.set_expires(NOW)
    assert JSONCookie.unserialize(cookie.serialize(), KEY) == {}
    cookie.set_expires(NEVER)
    assert JSONCookie.unserialize(cookie.serialize(), KEY) == {"user": "ann"}
    with pytest.raises(
        TypeError, match=r"^epoch_time is 'later'\. Use seconds since 1970, NOW or "
    ):
        cookie.set_expires("later")


@pytest.mark.parametrize(
    ("settings", "expiry"),
    [
        ({}, SESSION),
        ({"expiry": 0}, SESSION),
        ({"expiry": "never"}, NEVER),
        ({"expiry": 60}, 60),
        ({"expiry": 60, "data_expiry": 30}, 30),
    ],
)
def test_the_lifetimes_of_clastic_26_are_accepted(settings, expiry):
    middleware = SignedCookieMiddleware(secret_key=KEY, **settings)
    assert middleware.expiry == expiry


def test_the_settings_of_a_cookie_can_be_read():
    middleware = SignedCookieMiddleware("session", "id", KEY, "example.org", "/in", True, False)
    assert [middleware.arg_name, middleware.cookie_name] == ["session", "id"]
    assert [middleware.domain, middleware.path] == ["example.org", "/in"]
    assert [middleware.secure, middleware.http_only] == [True, False]
