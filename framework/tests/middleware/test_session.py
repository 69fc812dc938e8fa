"""Test the session middleware as endpoints and clients see it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from threading import Thread
from typing import Any

import pytest
from werkzeug.test import Client

from clastic import (
    Application,
    NotFound,
    Response,
    WiringError,
    managed,
    redirect,
    render_basic,
    render_json,
)
from clastic.middleware import HTTPCacheMiddleware, SessionMiddleware
from clastic.sessions import MemoryStore, Session, Store
from clastic.testing import Clock

COOKIE = "clastic_session"


class RecordingStore(MemoryStore):
    """A store that records which of its methods are called."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.keys: set[str] = set()

    def load(self, key: str) -> str | None:
        self.calls.append("load")
        return super().load(key)

    def swap(self, key: str, old: str | None, new: str, expires: float) -> bool:
        self.keys.add(key)
        swapped = super().swap(key, old, new, expires)
        self.calls[-1] = "swap"  # in the place of the load that it calls
        return swapped

    def reset(self) -> None:
        self.calls.clear()


def put(session: Session) -> str:
    session["color"] = "red"
    return "put"


def show(session: Session) -> str:
    return str(session.get("color"))


def served(
    endpoint: Callable[..., Any] = put,
    store: Any = None,
    resources: Any = None,
    application_settings: Any = None,
    **settings: Any,
) -> Client:
    """Return a client of an application with that endpoint at ``/``, and ``show`` at ``/show``."""
    middleware = SessionMiddleware(MemoryStore() if store is None else store, **settings)
    application = Application(
        [("/", endpoint, render_basic), ("/show", show, render_basic)],
        resources=resources,
        middlewares=[middleware],
        **(application_settings or {}),
    )
    return application.get_local_client()


def header_of(client: Client, **request: Any) -> str:
    return client.get("/", **request).headers["Set-Cookie"]


def id_in(header: str) -> str:
    return header.partition("=")[2].partition(";")[0]


def test_the_cookie_is_for_the_host_and_hidden_from_scripts_and_other_sites() -> None:
    header = header_of(served())
    assert re.sub("=[^;]+", "=ID", header, count=1) == (
        "clastic_session=ID; HttpOnly; Path=/; SameSite=Lax"
    )


def test_the_cookie_is_secure_if_it_is_set_over_https() -> None:
    assert "; Secure" in header_of(served(), base_url="https://localhost/")


def test_the_path_of_the_cookie_is_the_script_root() -> None:
    assert "; Path=/shop" in header_of(served(), base_url="http://localhost/shop")


def test_a_persistent_cookie_lasts_for_the_absolute_timeout() -> None:
    header = header_of(served(persistent=True, absolute_timeout=3600))
    assert "; Max-Age=3600" in header


def test_the_id_has_256_random_bits_and_the_store_only_its_hash() -> None:
    store = RecordingStore()
    ids = {id_in(header_of(served(store=store))) for _ in range(20)}
    assert len(ids) == 20
    assert {len(each) for each in ids} == {43}  # of six bits each
    assert store.keys == {sha256(each.encode()).hexdigest() for each in ids}


def test_an_id_that_the_client_made_up_is_not_used() -> None:
    client = served()
    client.set_cookie(COOKIE, "a" * 43)
    assert id_in(header_of(client)) != "a" * 43


@pytest.mark.parametrize(
    "value", ["", "a" * 42, "../../etc/passwd", "a" * 44, "a" * 5000, "é" * 43]
)
def test_a_malformed_id_is_not_looked_up(value: str) -> None:
    store = RecordingStore()
    client = served(store=store)
    response = client.get("/show", headers={"Cookie": f"{COOKIE}={value}"})
    assert (response.text.strip(), store.calls) == ("None", [])


def test_a_request_that_does_not_use_the_session_costs_nothing() -> None:
    store = RecordingStore()
    client = served(lambda session: "unused", store)
    client.set_cookie(COOKIE, "a" * 43)
    response = client.get("/")
    assert store.calls == []
    assert not {"Vary", "Set-Cookie"} & {*response.headers.keys()}


def test_nothing_is_written_if_nothing_changed() -> None:
    store = RecordingStore()
    client = served(store=store)
    client.get("/")
    store.reset()
    assert client.get("/show").text.strip() == "red"
    client.get("/")
    assert store.calls == ["load", "load"]


def test_a_session_that_stays_empty_is_not_begun() -> None:
    store = RecordingStore()
    response = served(store=store).get("/show")
    assert "Set-Cookie" not in response.headers
    assert response.headers["Vary"] == "Cookie"
    assert store.calls == []


def test_a_session_is_saved_with_an_error_that_is_raised() -> None:
    def fail(session: Session) -> None:
        session["color"] = "red"
        raise NotFound("gone")

    client = served(fail)
    response = client.get("/")
    assert (response.status_code, response.headers["Vary"]) == (404, "Accept, Cookie")
    assert client.get("/show").text.strip() == "red"


def test_a_session_is_saved_with_a_redirect() -> None:
    def move(session: Session) -> Any:
        session["color"] = "red"
        return redirect("/show")

    assert served(move).get("/", follow_redirects=True).text.strip() == "red"


def test_a_change_by_a_route_that_fell_through_is_saved() -> None:
    def fall_through(session: Session) -> None:
        session.update("color", function=lambda color: "red", default=None)
        raise NotFound(is_breaking=False)

    application = Application(
        [("/", fall_through), ("/", show, render_basic)],
        middlewares=[SessionMiddleware(MemoryStore())],
        ignore=["duplicate-route"],
    )
    client = application.get_local_client()
    response = client.get("/")
    assert (response.text.strip(), "Set-Cookie" in response.headers) == ("red", True)


def test_nothing_is_saved_with_an_uncaught_exception() -> None:
    def fail(session: Session) -> None:
        session["color"] = "red"
        session.renew()
        raise LookupError

    store = RecordingStore()
    response = served(fail, store).get("/")
    assert (response.status_code, "Set-Cookie" in response.headers) == (500, False)
    assert store.calls == []


def test_the_session_is_saved_before_the_body_is_sent() -> None:
    store = RecordingStore()

    def stream(session: Session) -> Response:
        session["color"] = "red"
        return Response(repr(call) for call in store.calls)

    assert served(stream, store).get("/").text == "'swap'"


def test_a_change_while_the_body_is_sent_is_an_error() -> None:
    errors = []

    def stream(session: Session) -> Response:
        def body() -> Iterator[str]:
            for change in (session.clear, session.renew, lambda: put(session)):
                try:
                    change()
                except RuntimeError as error:
                    errors.append(str(error).partition(",")[0])
            yield "end"

        return Response(body())

    assert served(stream).get("/").text == "end"
    assert errors == ["The session has been saved"] * 3


def test_a_value_that_is_not_json_is_an_error_that_says_what_to_use(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def keep(session: Session) -> str:
        session["when"] = {1, 2}
        return "kept"

    assert served(keep).get("/").status_code == 500
    assert "Put only str, int, float, bool, None, and lists and dicts" in caplog.text


def test_an_assigned_value_wins_over_updates_and_each_update_is_applied_once() -> None:
    store = MemoryStore()
    changes: list[Callable[[Session], Any]] = [
        lambda session: session.update("n", lambda n: n + 10, 0),
        lambda session: session.update({"m": 5}),
    ]

    def change(session: Session) -> dict[str, Any]:
        session.update("n", lambda n: n + 1, 0)
        session.update("n", lambda n: n + 1, 0)
        session["m"] = 1
        session.update("m", lambda m: m * 2, 0)
        if changes:
            with_other = served(lambda session: str(changes.pop()(session)), store)
            with_other.set_cookie(COOKIE, cookie.value)
            for _ in range(2):
                with_other.get("/")
        return dict(session)

    client = Application(
        [("/", change, render_json), ("/put", put, render_basic)],
        middlewares=[SessionMiddleware(store)],
    ).get_local_client()
    client.get("/put")
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    client.get("/")
    assert client.get("/").json == {"color": "red", "n": 14, "m": 2}


def test_the_session_is_a_mapping_and_its_repr_has_no_values() -> None:
    reprs = []

    def use(session: Session) -> dict[str, Any]:
        reprs.append(repr(session))
        session.update({"a": 1, "b": 2})
        del session["a"]
        session.setdefault("c", []).append(3)
        reprs.append(repr(session))
        with pytest.raises(TypeError, match="is not a str"):
            session[1] = 2  # type: ignore[index]
        return {"keys": list(session), "b": session.pop("b"), "length": len(session)}

    served(use).get("/")
    assert reprs == ["<Session: not read yet>", "<Session: 'b', 'c'>"]


def test_the_id_and_the_values_are_not_in_logs_and_debug_pages(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    def use(session: Session) -> str:
        if session.get("note") == "swordfish":
            local = session  # noqa: F841
            raise LookupError
        session["note"] = "swordfish"
        return "kept"

    client = served(use, application_settings={"debug": True})
    session_id = id_in(header_of(client))
    page = client.get("/", headers={"Accept": "text/html"}).text
    assert "LookupError" in page
    assert session_id not in page
    assert session_id not in caplog.text
    assert session_id[:20] not in page


def test_the_store_can_be_a_resource() -> None:
    client = served(store="sessions", resources={"sessions": MemoryStore()})
    client.get("/")
    assert client.get("/show").text.strip() == "red"


def test_the_store_can_be_a_managed_resource_that_is_closed() -> None:
    closed = []

    class ClosingStore(MemoryStore):
        def close(self) -> None:
            closed.append(self)

    application = Application(
        [("/", put, render_basic)],
        resources={"sessions": managed(lambda: ClosingStore())},
        middlewares=[SessionMiddleware("sessions")],
    )
    with application:
        assert "Set-Cookie" in application.get_local_client().get("/").headers
        assert not closed
    assert len(closed) == 1


def test_the_name_of_a_missing_store_is_a_wiring_error() -> None:
    with pytest.raises(WiringError) as caught:
        served(store="sesions", resources={"sessions": MemoryStore()})
    assert "SessionMiddleware.request" in str(caught.value)
    assert "needs 'sesions', which nothing provides" in str(caught.value)
    assert "Did you mean 'sessions'?" in str(caught.value)


def test_memory_is_refused_on_a_server_with_several_processes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    response = served().get("/", environ_overrides={"wsgi.multiprocess": True})
    assert response.status_code == 500
    assert "MemoryStore() keeps sessions in the memory of one process" in caplog.text


class Cache(dict[str, Any]):
    def set(self, key: str, value: Any, timeout: int) -> None:
        self[key] = value

    def delete(self, key: str) -> None:
        self.pop(key, None)


@pytest.mark.parametrize("by_name", [False, True])
def test_a_cache_says_once_that_the_last_write_wins(
    caplog: pytest.LogCaptureFixture, by_name: bool
) -> None:
    client = served(store="cache" if by_name else Cache(), resources={"cache": Cache()})
    for _ in range(2):
        client.get("/")
    assert caplog.text.count("Sessions are kept in Cache, a cache: if two requests change") == 1


def test_a_cache_that_does_not_keep_a_session_is_not_available() -> None:
    class FullCache(Cache):
        def set(self, key: str, value: Any, timeout: int) -> Any:
            return False

    assert served(store=FullCache()).get("/").status_code == 503


@pytest.mark.parametrize("store", [None, 5, MemoryStore, object()])
def test_an_object_that_is_not_a_store_is_refused(store: Any) -> None:
    with pytest.raises(TypeError, match=r"Use one of clastic\.sessions such as MemoryStore"):
        SessionMiddleware(store)


@pytest.mark.parametrize(
    "settings",
    [
        {"cookie_name": "a b"},
        {"cookie_name": "__Host-session"},
        {"same_site": "None"},
        {"path": "shop"},
        {"idle_timeout": 0},
        {"absolute_timeout": -1},
    ],
)
def test_settings_that_no_client_accepts_are_refused(settings: Any) -> None:
    with pytest.raises(ValueError, match=r"\."):
        SessionMiddleware(MemoryStore(), **settings)


@pytest.mark.parametrize("name", ["not a name", "class", "next", ""])
def test_a_name_of_a_store_that_is_no_argument_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a resource"):
        SessionMiddleware(name)


def test_a_shared_cache_does_not_store_a_response_that_sets_the_cookie() -> None:
    application = Application(
        [("/", put, render_basic)],
        middlewares=[
            SessionMiddleware(MemoryStore()),
            HTTPCacheMiddleware(max_age=60, public=True),
        ],
    )
    client = application.get_local_client()
    assert client.get("/").headers["Cache-Control"] == "max-age=60, private"
    assert client.get("/").headers["Cache-Control"] == "public, max-age=60"


def test_expired_sessions_are_removed_once_an_hour() -> None:
    store, clock = MemoryStore(), Clock()
    application = Application(
        [("/", put, render_basic)],
        middlewares=[SessionMiddleware(store, idle_timeout=60, clock=clock)],
    )
    application.get_local_client().get("/")
    clock.advance(3600)
    application.get_local_client().get("/")
    assert store.remove_expired(clock()) == 0
    assert store.remove_expired(clock() + 60) == 1


def test_an_embedded_application_uses_the_session_of_the_outer_one() -> None:
    inner = Application(
        [("/show", show, render_basic)],
        middlewares=[SessionMiddleware("store")],
        resources={"store": MemoryStore()},
    )
    outer = Application(
        [("/", put, render_basic), ("/inner", inner)],
        resources={"store": MemoryStore()},
        middlewares=[SessionMiddleware("store")],
    )
    client = outer.get_local_client()
    client.get("/")
    assert client.get("/inner/show").text.strip() == "red"


def test_threads_lose_no_update() -> None:
    def count(session: Session) -> str:
        return str(session.update("n", lambda n: n + 1, 0))

    client = served(count)
    client.get("/")
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None

    def send() -> None:
        other = client.application.get_local_client()  # type: ignore[union-attr]
        other.set_cookie(COOKIE, cookie.value)
        for _ in range(50):
            other.get("/")

    threads = [Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.get("/").text.strip() == "202"


def test_a_store_shows_only_its_type() -> None:
    assert repr(MemoryStore()) == "MemoryStore()"
    assert isinstance(MemoryStore(), Store)
