"""Test mistakes that only a request shows: errors that name them, and hints for development."""

from __future__ import annotations

import inspect
import logging
import os
from typing import Any

import pytest

from clastic import (
    GET,
    Application,
    BadRequest,
    Middleware,
    NotFound,
    Response,
    render_basic,
    render_json,
    render_json_dev,
)
from clastic.errors import ErrorHandler
from clastic.render import AshesRenderFactory, JSONPRender
from clastic.server.hints import with_hints

LOGGER = "clastic.development"

STATUS_REMEDY = "\n  To set the status, return a Response, such as JSONResponse(data, status=201)."


def respond(endpoint: Any, render: Any = None, **options: Any) -> Any:
    """Return the response of an endpoint; its errors are raised."""
    handler = ErrorHandler(reraise_uncaught=True)
    application = Application([GET("/x", endpoint, render)], error_handler=handler, **options)
    return application.get_local_client().get("/x")


def error_of(endpoint: Any, render: Any = None, **options: Any) -> str:
    with pytest.raises(TypeError) as caught:
        respond(endpoint, render, **options)
    return str(caught.value)


def here(function: Any) -> str:
    return f"{os.path.relpath(__file__)}:{function.__code__.co_firstlineno}"


def hints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == LOGGER]


def returning(result: Any) -> Any:
    def show() -> Any:
        return result

    return show


class TestStatusInATuple:
    @pytest.mark.parametrize("render", [render_json, render_json_dev, render_basic])
    @pytest.mark.parametrize(
        ("result", "what"),
        [
            (({"id": 1}, 201), "a dict and 201"),
            ((["a"], 404), "a list and 404"),
            (("created", 201), "a str and 201"),
            ((None, 204), "None and 204"),
            (({"id": 1}, 201, {"Location": "/x"}), "a dict and 201"),
        ],
        ids=str,
    )
    def test_a_render_of_any_data_refuses_it(self, render: Any, result: Any, what: str) -> None:
        assert error_of(returning(result), render) == (
            f"The endpoint of route /x returned {what} in a tuple, which is not a Response."
            + STATUS_REMEDY
        )

    def test_jsonp_refuses_it(self) -> None:
        text = "returned a dict and 201 in a tuple"
        assert text in error_of(returning(({}, 201)), JSONPRender())

    @pytest.mark.parametrize(
        "result",
        [(640, 480), ("a", 7), ("a", "b"), ({}, 201, "c"), ((), 200, 300, 400), (1.5, 200)],
        ids=str,
    )
    @pytest.mark.parametrize("render", [render_json, render_basic])
    def test_other_tuples_are_data(self, render: Any, result: Any) -> None:
        json = [list(each) if isinstance(each, tuple) else each for each in result]
        assert respond(returning(result), render).json == json

    def test_without_a_render_it_is_refused_with_the_place(self) -> None:
        show = returning(("x", 201))
        assert error_of(show) == (
            f"Route '/x' (endpoint show, {here(show)}) returned a tuple, which is not a Response."
            + STATUS_REMEDY
        )


class TestNone:
    def test_without_a_render_a_missing_return_is_suspected(self) -> None:
        show = returning(None)
        assert error_of(show) == (
            f"Route '/x' (endpoint show, {here(show)}) returned None, which is not a Response.\n"
            "  Is its return missing? Return a Response, or give the route a render that makes "
            "one, for example render_basic."
        )

    def test_the_middleware_that_can_end_without_return_is_named(self) -> None:
        class Good(Middleware):
            def request(self, next: Any) -> Any:
                return next()

        class Partly(Middleware):
            def request(self, next: Any, request: Any) -> Any:
                if request.method == "GET":
                    return next()
                raise NotFound()

            def render(self, next: Any, request: Any) -> Any:
                if request.method == "POST":
                    return next()
                return None

        text = error_of(returning({}), render_json, middlewares=[Good(), Partly()])
        place = here(Partly.render)
        assert f"Middleware Partly.render ({place}) can end without return: return the" in text
        assert "Good" not in text

    @pytest.mark.parametrize(("render", "body"), [(render_json, "null"), (render_basic, "None")])
    def test_a_render_shows_it_and_the_log_has_a_hint(
        self, caplog: pytest.LogCaptureFixture, render: Any, body: str
    ) -> None:
        with caplog.at_level(logging.INFO, LOGGER):
            assert respond(returning(None), render).text == body
        assert hints(caplog) == [
            "Hint: the endpoint returned None, which is sent as it is. Is its return missing? "
            "(in route /x)"
        ]

    def test_in_production_there_is_no_hint(self, caplog: pytest.LogCaptureFixture) -> None:
        respond(returning(None), render_json)
        assert hints(caplog) == []


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"a": 1}, "a dict, and only its keys would be sent"),
        (5, "5, which is neither text nor bytes, and not iterable"),
        (True, "True, which is neither text nor bytes, and not iterable"),
    ],
    ids=str,
)
def test_a_body_that_cannot_be_sent_is_refused(body: Any, what: str) -> None:
    with pytest.raises(TypeError) as caught:
        Response(body)
    assert str(caught.value) == (
        f"The body of a Response is {what}.\n  For JSON, return JSONResponse(data). "
        "For text, return Response(str(value))."
    )


@pytest.mark.parametrize("body", [None, "", b"x", bytearray(b"x"), ["a"], iter([b"a"]), {"a"}])
def test_other_bodies_are_accepted(body: Any) -> None:
    assert Response(body).status_code == 200


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{lable}", ["{lable}, which is missing. Did you mean 'label'?"]),
        (
            "{#links}{lable}{/links}",
            ["{lable}, which is missing. Did you mean 'label'?"],
        ),
        ("{owner.nmae}", ["{owner.nmae}, which is missing. Did you mean 'name'?"]),
        ("{.lable}", ["{.lable}, which is missing. Did you mean 'label'?"]),
        ("{lable}{lable}", ["{lable}, which is missing. Did you mean 'label'?"]),
        ("{lable}{?lable}x{/lable}", []),
        ("{footnote}", []),
        ("{#none}{lable}{/none}", []),
        ("{label}{nothing}{owner.name}{#links}{label}{.label}{/links}", []),
        ("{#names}{.}{/names}{?user}{user.name}{/user}", []),
    ],
)
def test_a_template_of_ashes_shows_a_name_that_is_not_there(
    caplog: pytest.LogCaptureFixture, template: str, expected: list[str]
) -> None:
    context = {
        "label": "a",
        "nothing": None,
        "owner": {"name": "b"},
        "links": [{"label": "c"}, {"label": "d"}],
        "names": ["e"],
    }
    factory = AshesRenderFactory(templates={"home.html": template})
    plain = respond(returning(context), "home.html", render_factory=factory).text
    assert hints(caplog) == []
    with caplog.at_level(logging.INFO, LOGGER):
        watched = respond(returning(context), "home.html", render_factory=factory).text
    assert watched == plain
    assert hints(caplog) == [
        f"Hint: template 'home.html' shows {each} (in route /x)" for each in expected
    ]


def test_a_query_field_of_an_argument_that_nothing_provides_is_a_hint(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def search(id: str, request: Any, q: str = "x", page: int = 1) -> Response:
        return Response(f"{id}{q}{page}")

    application = Application([GET("/search/<id>", search), GET("/other", lambda: Response(""))])
    client = Application([], middlewares=[Served(with_hints(application, application))])
    with caplog.at_level(logging.INFO, LOGGER):
        for url in ("/search/1?q=2&id=3", "/search/2?q=3", "/search/1", "/other?q=1", "/lost?q=1"):
            client.get_local_client().get(url)
    assert hints(caplog) == [
        f"Hint: the query has 'q', and search, {here(search)} takes 'q', which nothing provides, "
        "so it always has its default. Read request.args, or let GetParamMiddleware provide it "
        "(in route /search/<id>)"
    ]


class Silent(BadRequest):
    """Take an argument that is not shown."""

    def __init__(self, item: str) -> None:
        self.item = item


class Telling(BadRequest):
    """Set the detail itself."""

    def __init__(self, item: str) -> None:
        self.detail = f"no {item}"


class Passing(BadRequest):
    """Pass the detail on."""

    def __init__(self, item: str) -> None:
        super().__init__(f"no {item}")


@pytest.mark.parametrize(
    ("error_type", "is_reported"),
    [(Silent, True), (Telling, False), (Passing, False), (BadRequest, False)],
)
def test_an_error_that_does_not_show_its_argument_is_a_hint(
    caplog: pytest.LogCaptureFixture, error_type: type[BadRequest], is_reported: bool
) -> None:
    def show() -> None:
        raise error_type("pear")

    with caplog.at_level(logging.INFO, LOGGER):
        application = Application([GET("/", show)], debug=True)
        assert application.get_local_client().get("/").status_code == 400
    line = inspect.getsourcelines(error_type)[1]
    assert (
        hints(caplog)
        == [
            f"Hint: Class Silent ({os.path.relpath(__file__)}:{line}) does not call "
            "super().__init__(detail), so the response shows nothing of its arguments"
        ][: int(is_reported)]
    )


class Served(Middleware):
    """Serve another WSGI application in the place of this one."""

    def __init__(self, wsgi_app: Any) -> None:
        self._wsgi_app = wsgi_app

    def wsgi_wrapper(self, wsgi_app: Any) -> Any:
        return self._wsgi_app
