"""Test the members of renders that apps written for Clastic 26 use."""

from __future__ import annotations

import json

import pytest

from clastic import Application, Response, render_basic, render_json, render_json_dev
from clastic.render import AshesRenderFactory, BasicRender, JSONPRender, JSONRender
from clastic.render.mako_templates import MakoRenderFactory


def get(context, render, path="/", **options):
    application = Application([("/", lambda: context, render)], **options)
    return application.get_local_client().get(path)


class Enveloped(JSONRender):
    """Write the data of every response inside of an object."""

    def __call__(self, context):
        parts = self.json_encoder.iterencode({"data": context})
        return Response(parts if self.streaming else "".join(parts), mimetype="application/json")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        pytest.param({}, '{"data":[1]}', id="by default"),
        pytest.param({"streaming": True}, '{"data":[1]}', id="streaming"),
        pytest.param({"dev_mode": True}, '{\n  "data": [\n    1\n  ]\n}', id="in dev mode"),
    ],
)
def test_a_subclass_of_json_render_writes_with_the_json_encoder(options, text):
    assert get((1,), Enveloped(**options)).text == text


def test_the_json_encoder_writes_text():
    assert render_json.json_encoder.encode({"a": "é"}) == '{"a":"é"}'
    assert "".join(JSONPRender().json_encoder.iterencode(iter("ab"))) == '["a","b"]'
    assert json.loads(render_json_dev.json_encoder.encode([object])) == ["<class 'object'>"]
    with pytest.raises(TypeError, match="has no JSON form"):
        render_json.json_encoder.encode(object())


def test_a_render_writes_with_the_json_encoder_that_is_assigned_to_it():
    class Hexadecimal(json.JSONEncoder):
        def default(self, value):
            return value.hex()

    class HexadecimalRender(JSONPRender):
        def __init__(self):
            super().__init__()
            self.json_encoder = Hexadecimal()

    render = HexadecimalRender()
    assert isinstance(render.json_encoder, Hexadecimal)
    assert get([b"\xff"], render).text == '["ff"]'
    assert get([b"\xff"], render, "/?callback=f").text == '/**/f(["ff"]);'


def test_json_renders_tell_their_options():
    render = JSONPRender("jsonp", True, False, "latin-1")
    assert (render.streaming, render.dev_mode, render.encoding) == (True, False, "latin-1")
    assert render_json_dev.dev_mode
    assert not render_json.streaming


def test_the_factory_of_basic_render_uses_one_render_for_every_route():
    factory = BasicRender.factory(qp_name="as")
    assert get({"a": 1}, "any name", render_factory=factory).text == '{"a":1}'
    assert "<table>" in get({"a": 1}, "any name", "/?as=html", render_factory=factory).text


def test_render_basic_has_the_method_render_response():
    def show(request, _route):
        return render_basic.render_response({"a": 1}, request, _route)

    client = Application([("/", show)]).get_local_client()
    assert client.get("/").text == '{"a":1}'
    assert "<h1>show</h1>" in client.get("/?format=html").text


def test_templates_can_be_registered_with_an_ashes_factory():
    factory = AshesRenderFactory()
    part = factory.register_source("part", "<b>{name}</b>")
    factory.register_source("home", "{>old/}!")
    factory.register(part, "old")
    assert get({"name": "<"}, "home", render_factory=factory).text == "<b>&lt;</b>!"


@pytest.mark.parametrize("format_exceptions", [True, False])
def test_a_mako_factory_shows_no_exception_whatever_its_options(format_exceptions):
    factory = MakoRenderFactory(
        templates={"home": "${secret.x}"}, format_exceptions=format_exceptions
    )
    response = get({}, "home", render_factory=factory)
    assert response.status_code == 500
    assert "secret" not in response.text
