"""Test who may see the meta page and profiles."""

from __future__ import annotations

import pytest

from clastic import Application, MetaApplication, Middleware, Response
from clastic.middleware import AuthMiddleware, Basic, SimpleProfileMiddleware

REMOTE = {"REMOTE_ADDR": "192.0.2.1"}


def make_client(**options):
    people = {"people": {"ann": "tea"}}
    meta = MetaApplication(**options, resources=people)
    app = Application(
        [("/", lambda: Response("home")), ("/_meta", meta)],
        resources=people,
        middlewares=[SimpleProfileMiddleware(**options)],
    )
    return app.get_local_client()


PATHS = {
    "/_meta/": "MetaApplication",
    "/_meta/json/": "MetaApplication",
    "/_meta/clastic_assets/common.css": "MetaApplication",
    "/?_prof=true": "SimpleProfileMiddleware",
}


@pytest.mark.parametrize(
    ("peer", "host", "headers", "is_shown"),
    [
        pytest.param("127.0.0.1", "localhost", {}, True, id="this machine"),
        pytest.param("127.8.9.1", "127.0.0.1:5000", {}, True, id="another loopback address"),
        pytest.param("::1", "[::1]:5000", {}, True, id="IPv6"),
        pytest.param("::ffff:127.0.0.1", "app.localhost", {}, True, id="IPv4 in IPv6"),
        pytest.param("192.0.2.1", "localhost", {}, False, id="another machine"),
        pytest.param("10.0.0.1", "localhost", {}, False, id="the local network"),
        pytest.param("", "localhost", {}, False, id="a socket file"),
        pytest.param("localhost", "localhost", {}, False, id="a name as the address"),
        pytest.param("127.0.0.1", "shop.example.org", {}, False, id="DNS rebinding"),
        pytest.param("127.0.0.1", "192.0.2.1", {}, False, id="an address of the network"),
        pytest.param("127.0.0.1", "localhost.evil.example", {}, False, id="a name like it"),
        pytest.param("127.0.0.1", "bad host", {}, False, id="a malformed host"),
        *(
            pytest.param("127.0.0.1", "localhost", {name: "127.0.0.1"}, False, id=name)
            for name in (
                *("Forwarded", "Via", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Host"),
                "X-Forwarded-Proto",
            )
        ),
    ],
)
def test_without_a_guard_only_this_machine_sees_the_pages(peer, host, headers, is_shown):
    for path in PATHS:
        response = make_client().get(
            path,
            headers={**headers, "Host": host},
            environ_overrides={"REMOTE_ADDR": peer},
        )
        assert response.status_code == (200 if is_shown else 403), path


@pytest.mark.parametrize("path", PATHS)
def test_a_refusal_names_the_guard(path):
    assert make_client().get(path, environ_overrides=REMOTE).text == (
        "403 Forbidden\n"
        f"Only this machine may see this. To show it to others, pass {PATHS[path]}(guard=...) a "
        "middleware that authenticates them.\n"
    )


def check(username, password, people):
    return people.get(username) == password


@pytest.mark.parametrize("path", PATHS)
def test_a_guard_decides_instead(path):
    client = make_client(guard=AuthMiddleware(Basic(check)))
    for peer in ("127.0.0.1", "192.0.2.1"):
        asked = client.get(path, environ_overrides={"REMOTE_ADDR": peer})
        assert asked.status_code == 401
        assert asked.headers["WWW-Authenticate"].startswith("Basic ")
        shown = client.get(path, auth=("ann", "tea"), environ_overrides={"REMOTE_ADDR": peer})
        assert shown.status_code == 200
        assert "home" not in shown.text


def test_a_guard_of_profiles_does_not_guard_the_application():
    client = make_client(guard=AuthMiddleware(Basic(check)))
    assert client.get("/").text == "home"
    assert make_client().get("/", environ_overrides=REMOTE).text == "home"


def test_a_miss_has_no_profile_that_a_guard_has_not_seen():
    response = make_client(guard=AuthMiddleware(Basic(check))).get("/nowhere?_prof=true")
    assert (response.status_code, "function calls" in response.text) == (404, False)


def test_a_middleware_without_conditions_lets_everybody_in():
    class Everybody(Middleware):
        def request(self, next):
            return next()

    client = make_client(guard=Everybody())
    for path in PATHS:
        assert client.get(path, environ_overrides=REMOTE).status_code == 200


@pytest.mark.parametrize("owner", [MetaApplication, SimpleProfileMiddleware])
@pytest.mark.parametrize("guard", [AuthMiddleware, Middleware(), check])
def test_a_guard_must_be_a_middleware_with_a_request_method(owner, guard):
    with pytest.raises(TypeError) as raised:
        owner(guard=guard)
    assert str(raised.value) == (
        f"{owner.__name__}(guard={guard!r}) is not a middleware with a request method. Pass one "
        "such as AuthMiddleware(Basic(check))."
    )
