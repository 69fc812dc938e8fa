"""Test who counts as the user of a request, and what the others are told."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.security import generate_password_hash

from clastic import GET, POST, Application, Middleware, Response, SubApplication, render_json
from clastic.middleware import (
    AuthMiddleware,
    Basic,
    Bearer,
    SessionUser,
    safe_next,
    verify_password,
)
from clastic.wiring import WiringError

BASIC = 'Basic realm="Restricted", charset="UTF-8"'
BEARER = 'Bearer realm="Restricted"'
INVALID = f'{BEARER}, error="invalid_token"'
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PEOPLE = {"ann": "tea", "böb": "pass:wörd €", "carol": ""}


class Session(Middleware):
    """Provide a session that the test has filled."""

    provides = ("session",)

    def __init__(self, values):
        self.values = values

    def request(self, next):
        return next(self.values)


def check_password(username, password, people):
    return {"name": username} if people.get(username) == password else None


def check_token(token, *, people, suffix="-token"):
    name = token.removesuffix(suffix)
    return name in people and {"name": name}


def load_user(user_id, people):
    return {"name": user_id} if user_id in people else None


def show(user):
    return user


def make_app(*schemes, session=None, routes=(), **options):
    auth = AuthMiddleware(*schemes, **options)
    return Application(
        [GET("/", show, render_json), *routes],
        resources={"people": PEOPLE},
        middlewares=[Session(session or {}), auth],
    )


def send(app, path="/", **options):
    return app.get_local_client().get(path, **options)


def encoded(text, charset="utf-8"):
    return b64encode(text.encode(charset)).decode()


@pytest.mark.parametrize(
    ("authorization", "user"),
    [
        pytest.param(f"Basic {encoded('ann:tea')}", "ann", id="a name and a password"),
        pytest.param(f"bAsIc  {encoded('ann:tea')}", "ann", id="case and spaces"),
        pytest.param(f"Basic {encoded('böb:pass:wörd €')}", "böb", id="UTF-8, and a colon"),
        pytest.param(f"Basic {encoded('carol:')}", "carol", id="an empty password"),
        pytest.param(f"Basic {encoded('ann:coffee')}", None, id="a wrong password"),
        pytest.param(f"Basic {encoded('eve:tea')}", None, id="an unknown name"),
        pytest.param(f"Basic {encoded(':tea')}", None, id="no name"),
        pytest.param(f"Basic {encoded('ann')}", None, id="no colon"),
        pytest.param(f"Basic {encoded('ann:té', 'latin-1')}", None, id="Latin-1"),
        pytest.param(f"Basic {encoded('ann:tea' + chr(10))}", None, id="a control character"),
        pytest.param("Basic !!!", None, id="not base64"),
        pytest.param(f"Basic {encoded('ann:tea')[:-1]}", None, id="no padding"),
        pytest.param("Basic é", None, id="not ASCII"),
        pytest.param("Basic", None, id="no credentials"),
        pytest.param(f"Digest {encoded('ann:tea')}", None, id="another scheme"),
        pytest.param("", None, id="an empty header"),
        pytest.param(None, None, id="no header"),
    ],
)
def test_a_password_is_read_as_in_rfc_7617(authorization, user):
    headers = {} if authorization is None else {"Authorization": authorization}
    response = send(make_app(Basic(check_password)), headers=headers)
    assert response.status_code == (200 if user else 401)
    assert response.headers.getlist("WWW-Authenticate") == ([] if user else [BASIC])
    assert user is None or response.json == {"name": user}


@pytest.mark.parametrize(
    ("authorization", "status", "challenge"),
    [
        pytest.param("Bearer ann-token", 200, None, id="a token"),
        pytest.param("bearer  ann-token", 200, None, id="case and spaces"),
        pytest.param("Bearer eve-token", 401, INVALID, id="an unknown token"),
        pytest.param("Bearer ann token", 400, f'{BEARER}, error="invalid_request"', id="malformed"),
        pytest.param("Bearer", 400, f'{BEARER}, error="invalid_request"', id="no token"),
        pytest.param("Basic YTpi", 401, BEARER, id="another scheme"),
        pytest.param(None, 401, BEARER, id="no header"),
    ],
)
def test_a_token_is_read_as_in_rfc_6750(authorization, status, challenge):
    headers = {} if authorization is None else {"Authorization": authorization}
    response = send(make_app(Bearer(check_token)), headers=headers)
    assert (response.status_code, response.headers.get("WWW-Authenticate")) == (status, challenge)


def test_a_token_is_not_taken_from_the_url_or_a_form():
    app = make_app(Bearer(check_token), routes=[POST("/", show, render_json)])
    assert send(app, "/?access_token=ann-token").status_code == 401
    response = app.get_local_client().post("/", data={"access_token": "ann-token"})
    assert response.status_code == 401


ALL = (Basic(check_password, "Shop"), Bearer(check_token, "API"), SessionUser(load_user))


@pytest.mark.parametrize(
    ("session", "authorization", "expected"),
    [
        pytest.param({"user_id": "ann"}, None, "ann", id="a session"),
        pytest.param({"user_id": "eve"}, None, None, id="a session whose user is gone"),
        pytest.param({}, None, None, id="an empty session"),
        pytest.param({"user_id": "ann"}, "Bearer carol-token", "carol", id="a token comes first"),
        pytest.param({"user_id": "ann"}, "Bearer eve-token", 401, id="a wrong token"),
        pytest.param({"user_id": "ann"}, "Digest x", "ann", id="an unknown scheme"),
    ],
)
@pytest.mark.parametrize("required", [True, False])
def test_the_first_credentials_decide(session, authorization, expected, required):
    headers = {"Authorization": authorization} if authorization else {}
    response = send(make_app(*ALL, session=session, required=required), headers=headers)
    if expected is None and not required:
        assert response.json is None
    elif expected in (None, 401):
        assert response.status_code == 401
        assert response.headers.getlist("WWW-Authenticate") == [
            'Basic realm="Shop", charset="UTF-8"',
            'Bearer realm="API"' + (', error="invalid_token"' if expected else ""),
        ]
    else:
        assert response.json == {"name": expected}


def test_without_a_challenge_the_response_is_403():
    response = send(make_app(SessionUser(load_user)))
    assert (response.status_code, response.text) == (403, "403 Forbidden\nLog in first.\n")


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (lambda username, password: True, "ann"),
        (lambda username, password: 0, 0),
        (lambda username, password: "", ""),
    ],
)
def test_a_user_is_any_value_but_none_and_false(check, expected):
    headers = {"Authorization": f"Basic {encoded('ann:tea')}"}
    assert send(make_app(Basic(check)), headers=headers).json == expected


@pytest.mark.parametrize(
    ("url", "options", "location"),
    [
        pytest.param("/", {}, "/login?next=/", id="the root"),
        pytest.param("/?a=1&b=%26", {}, "/login?next=/%3Fa%3D1%26b%3D%2526", id="a query"),
        pytest.param(
            "/pages/grün", {}, "/login?next=/pages/gr%25C3%25BCn", id="a path that is not ASCII"
        ),
        pytest.param(
            "/",
            {"environ_overrides": {"SCRIPT_NAME": "/my shop"}},
            "/my%20shop/login?next=/my%2520shop/",
            id="the prefix of a proxy",
        ),
        pytest.param("/", {"method": "POST"}, "/login", id="a form"),
    ],
)
def test_a_browser_goes_to_the_login_page(url, options, location):
    routes = [POST("/", show), GET("/pages/<name>", lambda name, user: user)]
    app = make_app(*ALL, login="/login", routes=routes)
    response = app.get_local_client().open(url, headers=HTML, **options)
    assert (response.status_code, response.headers["Location"]) == (303, location)


@pytest.mark.parametrize("accept", ["*/*", "application/json", "", None])
def test_other_clients_are_not_redirected(accept):
    headers = {} if accept is None else {"Accept": accept}
    assert send(make_app(*ALL, login="/login"), headers=headers).status_code == 401


def test_a_browser_with_a_wrong_password_is_asked_again():
    headers = {**HTML, "Authorization": f"Basic {encoded('ann:coffee')}"}
    assert send(make_app(*ALL, login="/login"), headers=headers).status_code == 401


def log_in(user):
    return Response(f"log in, {user}")


@pytest.mark.parametrize("login", ["/login", log_in, "login"])
def test_the_login_page_needs_no_user(login):
    routes = [GET("/login", log_in, name="login"), POST("/login", log_in)]
    app = make_app(*ALL, login=login, routes=routes)
    assert send(app, "/", headers=HTML).headers["Location"] == "/login?next=/"
    assert send(app, "/login?next=/", headers=HTML).text == "log in, None"
    assert send(app, "/login/", headers=HTML).text == "log in, None"
    client = app.get_local_client()
    client.post("/login", environ_overrides={"SCRIPT_NAME": "/shop"}, headers=HTML)
    assert client.post("/login", headers=HTML).text == "log in, None"


def test_an_embedded_application_has_its_own_login_page():
    inner = make_app(*ALL, login=log_in, routes=[GET("/login", log_in)])
    outer = Application([SubApplication("/blog", inner), GET("/", lambda: Response("open"))])
    assert send(outer, "/blog/", headers=HTML).headers["Location"] == "/blog/login?next=/blog/"
    assert send(outer, "/").text == "open"


def test_a_miss_is_a_404_for_everybody():
    app = make_app(*ALL, login="/login")
    assert send(app, "/nowhere", headers=HTML).status_code == 404
    assert app.get_local_client().post("/").status_code == 405


def test_two_middlewares_with_different_names_work_together():
    guard = AuthMiddleware(Basic(check_password), provided_name="operator")
    route = GET("/in", lambda user, operator: [user, operator], render_json, middlewares=[guard])
    app = make_app(SessionUser(load_user), required=False, routes=[route])
    response = send(app, "/in", headers={"Authorization": f"Basic {encoded('ann:tea')}"})
    assert response.json == [None, {"name": "ann"}]


def check_with_typo(username, password, peple):
    raise NotImplementedError


def test_a_missing_argument_of_a_check_is_reported_at_construction():
    with pytest.raises(WiringError) as raised:
        make_app(Basic(check_with_typo))
    line = check_with_typo.__code__.co_firstlineno
    place = f"framework/tests/middleware/test_auth.py:{line}"
    assert str(raised.value).startswith(
        f"Middleware AuthMiddleware(Basic(check_with_typo)) ({place}) needs 'peple', which "
        "nothing provides.\n"
        "  Found on route '/'.\n"
        "  Available here: request, people, session. Did you mean 'people'?\n"
    )


def test_a_missing_session_is_reported_at_construction():
    with pytest.raises(WiringError, match=r"Add .*SessionMiddleware"):
        Application([GET("/", show)], middlewares=[AuthMiddleware(SessionUser(lambda user_id: 1))])


async def check_async(username, password):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (
            lambda: AuthMiddleware(),
            "AuthMiddleware() has no scheme. Write AuthMiddleware(Basic(check)).",
        ),
        (
            lambda: AuthMiddleware(Basic(lambda name, password: None)),
            "does not take 'username'. Its arguments are (name, password). Define it as ",
        ),
        (
            lambda: AuthMiddleware(SessionUser(load_user, "id")),
            "does not take 'id'. Its arguments are (user_id, people). Define it as "
            "load_user(id, ...).",
        ),
        (
            lambda: AuthMiddleware(Bearer(lambda token, /: None)),
            "does not take 'token'. Its arguments are (). Define it as ",
        ),
        (
            lambda: AuthMiddleware(Basic(check_async)),
            "is an async function, which WSGI does not support. Define it with def. To call async "
            "code from it, use asyncio.run().",
        ),
        (
            lambda: Basic(check_password, 'a "quote"'),
            "realm='a \"quote\"' has a character that is not printable ASCII, a quote or a "
            "backslash.",
        ),
    ],
)
def test_a_scheme_that_cannot_work_is_refused(make, error):
    with pytest.raises((TypeError, ValueError)) as raised:
        make()
    assert error in str(raised.value)


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("/", True),
        ("/a/b?c=/d&e=%2F#f", True),
        ("/a//b", True),
        (None, False),
        ("", False),
        ("a", False),
        ("https://evil.example/", False),
        ("//evil.example", False),
        ("///evil.example", False),
        ("/\\evil.example", False),
        ("\\\\evil.example", False),
        ("/\t/evil.example", False),
        ("\t//evil.example", False),
        (" //evil.example", False),
        ("/a\r\nSet-Cookie: a=b", False),
        ("/a\\..\\b", False),
        ("javascript:alert(1)", False),
        ("/é", False),
        ("/a b", False),
    ],
)
def test_only_paths_of_this_site_are_safe_to_go_back_to(url, is_safe):
    assert safe_next(url, "/home") == (url if is_safe else "/home")


@given(st.text("/\\.: \t\n@?#abé", max_size=12))
def test_a_safe_path_is_one_for_the_rules_of_urls(url):
    safe = safe_next(url, "/home")
    stripped = safe.replace("\\", "/").replace("\t", "").replace("\n", "").strip()
    assert stripped.startswith("/")
    assert not stripped.startswith("//")


def test_a_password_is_compared_with_its_hash():
    stored = generate_password_hash("tea", method="pbkdf2:sha256:1")
    assert verify_password("tea", stored)
    assert not verify_password("coffee", stored)
    assert not verify_password("tea", "")


def test_an_unknown_user_takes_as_much_work_as_a_wrong_password(monkeypatch):
    work = []

    def count(stored, password):
        work.append(stored.split("$")[0])
        return True

    monkeypatch.setattr("clastic.middleware.auth.check_password_hash", count)
    assert not verify_password("tea", None)
    assert work == [generate_password_hash("").split("$")[0]]
