"""Test custom error pages by status, a custom null route and a custom request type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clastic import (
    GET,
    Application,
    MethodNotAllowed,
    NotFound,
    Request,
    Response,
    SubApplication,
)
from clastic.errors import ErrorHandler, ServiceUnavailable
from clastic.render import AshesRenderFactory
from clastic.route import NullRoute
from clastic.wiring import WiringError


def fail() -> Response:
    raise NotFound("no such <link>")


def break_off() -> Response:
    raise LookupError("secret")


def be_unavailable() -> Response:
    raise ServiceUnavailable(headers={"Retry-After": "5"})


ROUTES = [GET("/link", fail), GET("/broken", break_off), GET("/busy", be_unavailable)]


def page(_error: Any, site: str, url_for: Callable[..., str]) -> Response:
    return Response(f"{site}: {_error.code} {_error.detail}, back to {url_for(fail)}")


def make_application(errors: Any, **options: Any) -> Application:
    return Application(ROUTES, {"site": "Links"}, errors=errors, **options)


def test_a_page_is_a_function_that_takes_the_error_and_resources() -> None:
    response = make_application({404: page}).get_local_client().get("/link")
    assert response.status_code == 404
    assert response.text == "Links: 404 no such <link>, back to /link"


def test_a_page_is_a_template_that_is_filled_from_the_error() -> None:
    factory = AshesRenderFactory(templates={"404.html": "<p>{code} {detail}</p>"})
    application = make_application({404: "404.html"}, render_factory=factory)
    response = application.get_local_client().get("/link")
    assert (response.status_code, response.mimetype) == (404, "text/html")
    assert response.text == "<p>404 no such &lt;link&gt;</p>"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [("GET", "/missing", 404), ("POST", "/link", 405), ("GET", "/broken", 500)],
    ids=["a path without a route", "a method without a route", "an uncaught exception"],
)
def test_a_page_is_sent_for(method: str, path: str, code: int) -> None:
    application = make_application(dict.fromkeys((404, 405, 500), lambda: Response("our page")))
    response = application.get_local_client().open(path, method=method)
    assert (response.status_code, response.text) == (code, "our page")


def test_a_page_keeps_the_headers_of_its_error() -> None:
    client = make_application(
        {405: lambda: Response("no"), 503: lambda: Response("later", headers={"Retry-After": "9"})}
    ).get_local_client()
    assert client.post("/link").headers["Allow"] == "GET, HEAD"
    assert client.get("/busy").headers["Retry-After"] == "9"


def test_a_page_can_have_a_status_of_its_own() -> None:
    client = make_application({404: lambda: Response("gone", status=410)}).get_local_client()
    assert client.get("/link").status_code == 410


def test_a_response_that_is_shared_between_pages_does_not_change() -> None:
    shared = Response("our page")
    client = make_application({404: lambda: shared, 500: lambda: shared}).get_local_client()
    assert [client.get(path).status_code for path in ("/link", "/broken")] == [404, 500]
    assert shared.status_code == 200


def test_other_errors_are_rendered_by_the_error_handler() -> None:
    class Short(ErrorHandler):
        def render_error(self, _error: Any) -> Response:
            return Response(f"handled {_error.code}", status=_error.code)

    application = make_application({404: lambda: Response("our page")}, error_handler=Short())
    client = application.get_local_client()
    assert [client.get(path).text for path in ("/link", "/busy")] == ["our page", "handled 503"]


def test_the_render_error_of_a_route_comes_first() -> None:
    def render_error(_error: Any) -> Response:
        return Response("of the route", status=_error.code)

    application = Application(
        [GET("/", fail, None, render_error)], errors={404: lambda: Response("our page")}
    )
    assert application.get_local_client().get("/").text == "of the route"


def test_errors_of_embedded_applications_get_the_pages_of_the_outer_one() -> None:
    inner = make_application({404: lambda: Response("inner page")})
    outer = Application(
        [SubApplication("/in", inner)], errors={404: lambda: Response("outer page")}
    )
    assert outer.get_local_client().get("/in/link").text == "outer page"


def test_a_page_that_fails_is_replaced_by_the_usual_text(caplog: pytest.LogCaptureFixture) -> None:
    def broken_page() -> Response:
        raise LookupError("broken page")

    response = make_application({404: broken_page}).get_local_client().get("/link")
    assert (response.status_code, "no such <link>" in response.text) == (404, True)
    assert "broken page" in caplog.text


def test_problems_of_pages_are_reported_together() -> None:
    def needing(missing: str) -> Response:
        return Response(missing)

    with pytest.raises(WiringError) as caught:
        make_application({404: needing, 500: "500.html"})
    assert "The error page of 404 needs 'missing', which nothing provides." in str(caught.value)
    assert "The error page of 500 is '500.html', but there is no render factory" in str(
        caught.value
    )


def test_a_page_that_the_render_factory_makes_no_function_of_is_reported() -> None:
    with pytest.raises(WiringError) as caught:
        make_application({404: "404.html"}, render_factory=lambda name: None)
    assert "The error page of 404 has the render '404.html', but its render factory" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("errors", "error_type", "message"),
    [
        ({200: page}, ValueError, "errors= has the key 200. Use a status from 400 to 599."),
        ({"404": page}, ValueError, "errors= has the key '404'. Use a status from 400 to 599."),
        ([page], TypeError, "which is not a mapping. Write {404: render}."),
    ],
    ids=["no error", "a text", "a list"],
)
def test_the_keys_are_statuses_of_errors(
    errors: Any, error_type: type[Exception], message: str
) -> None:
    with pytest.raises(error_type) as caught:
        make_application(errors)
    assert message in str(caught.value)


def test_a_null_route_of_its_own_responds_where_no_route_has() -> None:
    class Home(NullRoute):
        def respond_to_miss(self, _dispatch_state: Any) -> Any:  # type: ignore[override]
            if _dispatch_state.allowed_methods:
                return MethodNotAllowed(_dispatch_state.allowed_methods)
            return Response("nothing here")

    client = Application(ROUTES, null_route=Home()).get_local_client()
    assert (client.get("/missing").text, client.post("/link").status_code) == ("nothing here", 405)


def test_a_request_type_of_its_own_is_passed_to_endpoints() -> None:
    class Own(Request):
        pass

    application = Application(
        [GET("/", lambda request: Response(type(request).__name__))], request_type=Own
    )
    assert application.get_local_client().get("/").text == "Own"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"null_route": fail}, "Pass an instance of clastic.route.NullRoute"),
        ({"request_type": dict}, "Pass a subclass of clastic.Request."),
    ],
    ids=["null_route", "request_type"],
)
def test_an_argument_of_another_type_is_refused(options: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Application([], **options)
