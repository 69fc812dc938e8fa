"""Test that many threads get the same responses from an application as one."""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from werkzeug.test import create_environ as make_environ
from werkzeug.test import run_wsgi_app as run_wsgi

from clastic import GET, POST, Application, Middleware, Request, RerouteWSGI, Response, Route
from clastic.errors import Conflict, ErrorHandler, Forbidden, NotFound
from clastic.wiring import WiringError

MISSING = NotFound().data
FORBIDDEN = Forbidden().data

THREADS = 32
ROUNDS = 12


@pytest.fixture(autouse=True)
def _switch_threads_as_often_as_possible() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


class Session(Middleware):
    """Provide the user of the request, and add it to the response."""

    provides = ("user",)

    def request(self, next: Any, request: Request) -> Any:
        user = request.headers.get("X-User", "nobody")
        response = next(user=user)
        if response.status_code == 200:
            response.headers["X-Seen"] = user
        return response


class Doubling(Middleware):
    """Provide a value on each side."""

    endpoint_provides = ("doubled",)
    render_provides = ("length",)

    def endpoint(self, next: Any, user: str) -> Any:
        return next(user * 2)

    def render(self, next: Any, context: Any) -> Any:
        return next(length=len(context))


SHARED_ERROR = Conflict("shared", is_breaking=False)
SHARED_RESPONSE = Response("shared", headers=[("X-Shared", "yes")])


def raise_shared() -> Response:
    raise SHARED_ERROR


def render(context: str, length: int) -> Response:
    return Response(f"{context} {length}")


def make_application() -> Application:
    inner = Application(
        [("/<a>/<b*int>", lambda a, b, user: Response(f"{user} {a} {b}"))], {}, [Session()]
    )
    return Application(
        [
            Route(
                "/page/<name>",
                lambda name, doubled: f"{name} {doubled}",
                render,
                middlewares=[Doubling()],
            ),
            ("/in", inner),
            Route("/fall/<a>", raise_shared, falls_through=True),
            ("/fall/<a:int>", lambda a, user: Response(f"{user} {a}")),
            POST("/echo", lambda request: Response(request.get_data())),
            ("/old/<path*>", RerouteWSGI(Response("old"))),
            ("/boom/<id>", lambda id: {}[id]),
            ("/plain", lambda: Response("plain")),
            ("/never", lambda a=None: Forbidden(a)),
            GET("/branch/", lambda: Response("branch")),
        ],
        middlewares=[Session()],
    )


def requests_of(thread: int, turn: int) -> list[tuple[dict[str, Any], int, bytes | None]]:
    """Return the requests of a thread in a round: environ, expected status and expected body.

    Each thread and round has other values.
    """
    me = f"t{thread}r{turn}"
    user = {"X-User": me}
    number = thread * 1000 + turn
    page, inner = f"{me} {me * 2} {3 * len(me) + 1}", f"{me} {me} [1, {number}]"
    return [
        (make_environ(f"/page/{me}", headers=user), 200, page.encode()),
        (make_environ(f"/in/{me}/1/{number}", headers=user), 200, inner.encode()),
        (make_environ(f"/fall/{number}", headers=user), 200, f"{me} {number}".encode()),
        (make_environ(f"/fall/{me}", headers=user), 409, b"409 Conflict\nshared\n"),
        (make_environ("/echo", method="POST", data=me, headers=user), 200, me.encode()),
        (make_environ(f"/old/{me}", headers=user), 200, b"old"),
        (make_environ(f"/boom/{me}", headers=user), 500, None),
        (make_environ(f"/missing/{me}", headers=user), 404, MISSING),
        (make_environ("/plain", method="PUT", headers=user), 200, b"plain"),
        (make_environ("/never", headers=user), 403, FORBIDDEN),
        (make_environ("/branch", headers=user), 302, None),
        (make_environ("/branch/", method="PUT", headers=user), 405, None),
    ]  # fmt: skip


def test_thirty_two_threads_get_the_expected_responses() -> None:
    application = make_application()
    barrier = threading.Barrier(THREADS)

    def hammer(thread: int) -> list[Any]:
        wrong = []
        requests = [requests_of(thread, turn) for turn in range(ROUNDS)]
        barrier.wait()
        for environ, expected_status, expected_body in itertools.chain(*requests):
            body, status, headers = run_wsgi(application, environ, buffered=True)
            received = b"".join(body)
            seen_by = headers.get("X-Seen")
            right = (
                int(status[:3]) == expected_status
                and expected_body in (None, received)
                and seen_by in (None, environ["HTTP_X_USER"])
                and (seen_by is not None or expected_status != 200 or received == b"old")
            )
            if not right:
                wrong.append((environ["PATH_INFO"], status, headers, received))
        return wrong

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(hammer, range(THREADS))) == [[]] * THREADS


def test_one_response_may_be_sent_to_many_threads() -> None:
    application = Application([("/", lambda: SHARED_RESPONSE)])
    barrier = threading.Barrier(THREADS)

    def hammer(thread: int) -> set[Any]:
        barrier.wait()
        responses = set()
        for _ in range(ROUNDS):
            body, status, headers = run_wsgi(application, make_environ("/"), buffered=True)
            responses.add((status, headers["X-Shared"], headers["Content-Length"], b"".join(body)))
        return responses

    with ThreadPoolExecutor(THREADS) as pool:
        responses = set().union(*pool.map(hammer, range(THREADS)))
    assert responses == {("200 OK", "yes", "6", b"shared")}


def request(application: Application, path: str) -> bytes:
    body, _, _ = run_wsgi(application, make_environ(path), buffered=True)
    return b"".join(body)


@contextmanager
def hammered(application: Application, paths: Sequence[str]) -> Iterator[set[bytes]]:
    """Request the paths in four threads during the block; yield the set of all bodies."""
    done = threading.Event()
    bodies: set[bytes] = set()

    def hammer() -> None:
        for path in itertools.cycle(paths):
            bodies.add(request(application, path))
            if done.is_set():
                break

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(hammer) for _ in range(4)]
        try:
            yield bodies
        finally:
            done.set()
        for each in running:
            each.result()


class Stamped(ErrorHandler):
    """Wrap the whole application."""

    @staticmethod
    def wsgi_wrapper(wsgi_app: Any) -> Any:
        return lambda environ, start: [*wsgi_app(environ, start), b" stamped"]


class Numbered(Middleware):
    """Wrap the whole application, and add a number to the environ."""

    def __init__(self, number: int) -> None:
        self.number = number

    def wsgi_wrapper(self, wsgi_app: Any) -> Any:
        return lambda environ, start: wsgi_app({**environ, f"seen.{self.number}": True}, start)


class TestChangesWhileRequestsRun:
    def test_an_added_route_is_visible_at_once_or_not_at_all(self) -> None:
        application = Application([("/<a>", lambda a: Response("old"))])
        with hammered(application, ["/x"]) as bodies:
            for number in range(50):
                application.add((f"/x/{number}", lambda: Response("other")))
                with pytest.raises(WiringError):
                    application.add(("/x", lambda nothing: Response(nothing)), 0)
            assert request(application, "/x") == b"old"
            application.add(("/x", lambda: Response("new")), 0)
            assert request(application, "/x") == b"new"
        assert bodies <= {b"old", b"new"}
        assert len(application.routes) == 52

    def test_an_added_route_is_never_served_without_its_wsgi_wrapper(self) -> None:
        def endpoint(number: int, request: Request) -> Response:
            return Response("wrapped" if f"seen.{number}" in request.environ else "bare")

        application = Application()
        with hammered(application, [f"/{number}" for number in range(50)]) as bodies:
            for number in range(50):
                own: Any = {"middlewares": [Numbered(number)], "resources": {"number": number}}
                application.add(Route(f"/{number}", endpoint, **own))
        assert bodies <= {b"wrapped", MISSING}
        assert request(application, "/49") == b"wrapped"

    def test_the_error_handler_can_be_changed(self) -> None:
        application = Application([("/", lambda: Response("ok"))])
        with hammered(application, ["/"]) as bodies:
            for _ in range(50):
                application.set_error_handler(Stamped())
                application.set_error_handler()
        assert bodies <= {b"ok", b"ok stamped"}
        assert request(application, "/") == b"ok"

    def test_routes_added_by_several_threads_are_all_kept(self) -> None:
        application = Application()
        threads = 8
        barrier = threading.Barrier(threads)

        def add_some(thread: int) -> None:
            barrier.wait()
            for number in range(20):
                application.add((f"/{thread}/{number}", lambda: Response("ok")))

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(add_some, range(threads)))
        patterns = [route.pattern for route in application.routes]
        assert len(patterns) == threads * 20
        for thread in range(threads):
            own = [pattern for pattern in patterns if pattern.startswith(f"/{thread}/")]
            assert own == [f"/{thread}/{number}" for number in range(20)]
