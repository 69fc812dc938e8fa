"""Test that errors at construction are also of the types that Clastic 26 raised."""

from __future__ import annotations

import ashes
import mako.exceptions
import pytest

from clastic import Application, Middleware, StaticFileRoute
from clastic.render.ashes_templates import AshesRenderFactory
from clastic.render.chameleon_templates import ChameleonRenderFactory
from clastic.render.mako_templates import MakoRenderFactory
from clastic.wiring import WiringError


class NextlessMiddleware(Middleware):
    def request(self, request):
        return request()


class UncallableMiddleware(Middleware):
    request = 5


class WrappingMiddleware(Middleware):
    def __init__(self, wrapper):
        self.wsgi_wrapper = wrapper


def show():
    return {}


def construct(*middlewares, render=None, render_factory=None):
    Application([("/", show, render)], {}, middlewares, render_factory)


@pytest.mark.parametrize(
    "middleware",
    [
        pytest.param(NextlessMiddleware(), id="a method without next"),
        pytest.param(UncallableMiddleware(), id="a method that is not callable"),
        pytest.param(WrappingMiddleware(5), id="a wrapper that is not callable"),
        pytest.param(WrappingMiddleware(lambda app: 5), id="a wrapper that returns no callable"),
    ],
)
def test_a_faulty_middleware_is_a_type_error(middleware):
    with pytest.raises(TypeError) as caught:
        construct(middleware)
    assert isinstance(caught.value, WiringError)
    assert str(caught.value) == str(WiringError(caught.value.problems))


def test_a_render_factory_that_returns_no_function_is_a_type_error():
    with pytest.raises(TypeError, match="which is not callable"):
        construct(render="home", render_factory=lambda name: 5)


TEMPLATES = {"open.html": "{#a}${"}


@pytest.mark.parametrize(
    ("make_factory", "name", "error_type"),
    [
        (AshesRenderFactory, "none.html", ashes.TemplateNotFound),
        (AshesRenderFactory, "open.html", ashes.ParseError),
        (ChameleonRenderFactory, "none.html", ValueError),
        (MakoRenderFactory, "none.html", mako.exceptions.TopLevelLookupException),
        (MakoRenderFactory, "open.html", mako.exceptions.SyntaxException),
    ],
)
def test_a_template_that_cannot_be_used_is_an_error_of_its_engine(make_factory, name, error_type):
    factory = make_factory(templates=TEMPLATES)
    with pytest.raises(error_type, match=f"Template '{name}'"):
        factory(name)
    with pytest.raises(error_type, match=f"Template '{name}'") as caught:
        construct(render=name, render_factory=factory)
    assert isinstance(caught.value, WiringError)


def test_problems_of_several_types_are_one_error_of_all_types():
    factory = AshesRenderFactory(templates=TEMPLATES)
    with pytest.raises(WiringError) as caught:
        construct(NextlessMiddleware(), render="none.html", render_factory=factory)
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ashes.TemplateNotFound)
    assert str(caught.value).startswith("2 problems in this application:")


def test_other_problems_are_only_wiring_errors():
    with pytest.raises(WiringError) as caught:
        Application([("/", lambda name: name)])
    assert type(caught.value) is WiringError


def test_a_missing_file_is_an_error_of_the_system(tmp_path):
    for path in (tmp_path, tmp_path / "none.txt"):
        with pytest.raises(OSError, match=r"^There is no file ") as caught:
            StaticFileRoute("/file", path)
        assert isinstance(caught.value, ValueError)
