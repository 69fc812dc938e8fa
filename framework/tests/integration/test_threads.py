"""Many threads on one application get the answers that one alone gets."""

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
from clastic.errors import Conflict, ErrorHandler, Forbidden
from clastic.wiring import WiringError

THREADS = 32
ROUNDS = 12


@pytest.fixture(autouse=True)
def _threads_take_turns_as_often_as_they_can() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


class Session(Middleware):
    """Provides who asks, and tells it in a header."""

    provides = ("user",)

    def request(self, next: Any, request: Request) -> Any:
        user = request.headers.get("X-User", "nobody")
        response = next(user=user)
        if response.status_code == 200:
            response.headers["X-Seen"] = user
        return response


class Doubling(Middleware):
    """Provides something on each side."""

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
            ("/fall/<a>", raise_shared),
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
    """What a thread asks for in one round: the environ, the status and the body to expect.

    No two threads or rounds ask for the same values.
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
        (make_environ(f"/missing/{me}", headers=user), 404, b"404 Not Found\n"),
        (make_environ("/plain", method="PUT", headers=user), 200, b"plain"),
        (make_environ("/never", headers=user), 403, b"403 Forbidden\n"),
        (make_environ("/branch", headers=user), 302, None),
        (make_environ("/branch/", method="PUT", headers=user), 405, None),
    ]  # fmt: skip


def test_thirty_two_threads_get_only_right_answers() -> None:
    application = make_application()
    barrier = threading.Barrier(THREADS)

    def hammer(thread: int) -> list[Any]:
        wrong = []
        asked = [requests_of(thread, turn) for turn in range(ROUNDS)]
        barrier.wait()
        for environ, expected_status, expected_body in itertools.chain(*asked):
            body, status, headers = run_wsgi(application, environ, buffered=True)
            given = b"".join(body)
            seen_by = headers.get("X-Seen")
            right = (
                int(status[:3]) == expected_status
                and expected_body in (None, given)
                and seen_by in (None, environ["HTTP_X_USER"])
                and (seen_by is not None or expected_status != 200 or given == b"old")
            )
            if not right:
                wrong.append((environ["PATH_INFO"], status, headers, given))
        return wrong

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(hammer, range(THREADS))) == [[]] * THREADS


def test_one_response_may_answer_many_threads() -> None:
    application = Application([("/", lambda: SHARED_RESPONSE)])
    barrier = threading.Barrier(THREADS)

    def hammer(thread: int) -> set[Any]:
        barrier.wait()
        answers = set()
        for _ in range(ROUNDS):
            body, status, headers = run_wsgi(application, make_environ("/"), buffered=True)
            answers.add((status, headers["X-Shared"], headers["Content-Length"], b"".join(body)))
        return answers

    with ThreadPoolExecutor(THREADS) as pool:
        answers = set().union(*pool.map(hammer, range(THREADS)))
    assert answers == {("200 OK", "yes", "6", b"shared")}


def ask(application: Application, path: str) -> bytes:
    body, _, _ = run_wsgi(application, make_environ(path), buffered=True)
    return b"".join(body)


@contextmanager
def hammered(application: Application, paths: Sequence[str]) -> Iterator[set[bytes]]:
    """Have four threads ask for the paths during the block, and give all answers behind it."""
    done = threading.Event()
    answers: set[bytes] = set()

    def hammer() -> None:
        for path in itertools.cycle(paths):
            answers.add(ask(application, path))
            if done.is_set():
                break

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(hammer) for _ in range(4)]
        try:
            yield answers
        finally:
            done.set()
        for each in running:
            each.result()


class Stamped(ErrorHandler):
    """Wraps the whole application while it is there."""

    @staticmethod
    def wsgi_wrapper(wsgi_app: Any) -> Any:
        return lambda environ, start: [*wsgi_app(environ, start), b" stamped"]


class Numbered(Middleware):
    """Wraps the whole application, and leaves its number in the environ."""

    def __init__(self, number: int) -> None:
        self.number = number

    def wsgi_wrapper(self, wsgi_app: Any) -> Any:
        return lambda environ, start: wsgi_app({**environ, f"seen.{self.number}": True}, start)


class TestChangesWhileRequestsRun:
    def test_additions_are_there_at_once_or_not_at_all(self) -> None:
        application = Application([("/<a>", lambda a: Response("old"))])
        with hammered(application, ["/x"]) as answers:
            for number in range(50):
                application.add((f"/x/{number}", lambda: Response("other")))
                with pytest.raises(WiringError):
                    application.add(("/x", lambda nothing: Response(nothing)), 0)
            assert ask(application, "/x") == b"old"
            application.add(("/x", lambda: Response("new")), 0)
            assert ask(application, "/x") == b"new"
        assert answers <= {b"old", b"new"}
        assert len(application.routes) == 52

    def test_a_route_is_never_there_without_the_wsgi_wrapper_that_it_brings(self) -> None:
        def endpoint(number: int, request: Request) -> Response:
            return Response("wrapped" if f"seen.{number}" in request.environ else "bare")

        application = Application()
        with hammered(application, [f"/{number}" for number in range(50)]) as answers:
            for number in range(50):
                own: Any = {"middlewares": [Numbered(number)], "resources": {"number": number}}
                application.add(Route(f"/{number}", endpoint, **own))
        assert answers <= {b"wrapped", b"404 Not Found\n"}
        assert ask(application, "/49") == b"wrapped"

    def test_error_handlers_come_and_go(self) -> None:
        application = Application([("/", lambda: Response("ok"))])
        with hammered(application, ["/"]) as answers:
            for _ in range(50):
                application.set_error_handler(Stamped())
                application.set_error_handler()
        assert answers <= {b"ok", b"ok stamped"}
        assert ask(application, "/") == b"ok"

    def test_additions_of_several_threads_at_once_lose_nothing(self) -> None:
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
