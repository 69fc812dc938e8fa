"""Health checks: whether the process lives, and whether its resources are usable."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from clastic import Application, Middleware, Response, managed


def open_value() -> Iterator[str]:
    yield "value"


def make_application(
    open_: Callable[..., Any] = open_value,
    check: Callable[[Any], object] | None = None,
    **more: Any,
) -> Application:
    return Application(
        [("/", lambda database: Response(database))],
        resources={"database": managed(open_, check)},
        health="/_health",
        **more,
    )


def fail() -> Any:
    raise ConnectionError("secret address")


def fail_check(value: str) -> None:
    raise ConnectionError("secret address")


def test_live_does_not_touch_resources() -> None:
    response = make_application(fail).get_local_client().get("/_health/live")
    assert (response.status_code, response.get_json()) == (200, {"status": "ok"})


STATES: dict[str, tuple[Callable[..., Any], Callable[[Any], object] | None, str]] = {
    "open and without a check": (open_value, None, "ok"),
    "open, and its check returns nothing": (open_value, lambda value: None, "ok"),
    "open, and its check returns True": (open_value, lambda value: True, "ok"),
    "open, and its check returns False": (open_value, lambda value: False, "failed"),
    "open, and its check raises": (open_value, fail_check, "failed"),
    "not to be opened": (fail, None, "failed"),
}


@pytest.mark.parametrize(("open_", "check", "state"), STATES.values(), ids=STATES)
def test_ready_with_a_resource_that_is(
    open_: Callable[..., Any], check: Callable[[Any], object] | None, state: str
) -> None:
    response = make_application(open_, check).get_local_client().get("/_health/ready")
    status = {"ok": "ok", "failed": "unavailable"}[state]
    assert response.status_code == {"ok": 200, "failed": 503}[state]
    assert response.get_json() == {"status": status, "resources": {"database": state}}
    assert response.headers["Cache-Control"] == "no-store"
    assert "secret" not in response.text


def test_an_application_without_resources_is_ready() -> None:
    client = Application([], health="/_health").get_local_client()
    assert client.get("/_health/ready").get_json() == {"status": "ok", "resources": {}}


def test_a_check_that_takes_too_long_is_overdue_and_is_not_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("clastic.health.CHECK_SECONDS", 0.02)
    calls, go_on = [], threading.Event()

    def check(value: str) -> None:
        calls.append(value)
        go_on.wait()

    client = make_application(check=check).get_local_client()
    responses = [client.get("/_health/ready") for _ in range(3)]
    go_on.set()
    assert [each.status_code for each in responses] == [503] * 3
    assert responses[0].get_json()["resources"] == {"database": "overdue"}
    assert calls == ["value"]


def test_a_failed_check_is_tried_again_by_the_next_request() -> None:
    results = iter([False, True])
    client = make_application(check=lambda value: next(results)).get_local_client()
    statuses = [client.get("/_health/ready").status_code for _ in range(2)]
    assert statuses == [503, 200]


def test_ready_is_503_while_the_application_is_being_closed() -> None:
    def stream(database: str) -> Response:
        return Response(iter([database]))

    application = Application(
        [("/", stream)], resources={"database": managed(open_value)}, health="/_health"
    )
    client = application.get_local_client()
    body = client.get("/", buffered=False)
    closing = threading.Thread(target=application.close)
    closing.start()
    while not application.lifecycle.is_closing:
        pass
    response = client.get("/_health/ready")
    assert (response.status_code, response.get_json()) == (503, {"status": "stopping"})
    body.close()
    closing.join()


def test_health_checks_come_before_trusted_hosts_and_middlewares() -> None:
    class Refusing(Middleware):
        def request(self, next: Callable[..., Any]) -> Any:
            return Response("refused", status=403)

        def finish(self, response: Any, environ: Any, route: Any) -> Any:
            response.headers["X-Finished"] = "yes"
            return response

    application = Application(
        [], health="/_health", trusted_hosts=["example.org"], middlewares=[Refusing()]
    )
    response = application.get_local_client().get("/_health/live", base_url="http://10.0.0.1:8000")
    assert response.status_code == 200
    assert "X-Finished" not in response.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/_health/live", 200),
        ("POST", "/_health/ready", 405),
        ("GET", "/_health", 404),
        ("GET", "/_health/live/", 404),
        ("GET", "/_health/other", 404),
    ],
)
def test_other_paths_and_methods_get_their_usual_responses(
    method: str, path: str, status: int
) -> None:
    response = make_application().get_local_client().open(path, method=method)
    assert response.status_code == status
    assert method != "HEAD" or not response.data


@pytest.mark.parametrize("prefix", ["_health", "/_health/", "", "/"])
def test_the_prefix_is_a_path_without_a_slash_at_its_end(prefix: str) -> None:
    with pytest.raises(ValueError, match="Write a path such as '/_health'"):
        Application([], health=prefix)
