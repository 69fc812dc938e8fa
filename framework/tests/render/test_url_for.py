"""Templates of every engine build URLs with url_for."""

from __future__ import annotations

from typing import Any

import pytest

from clastic import Application, Response, Route
from clastic.render import AshesRenderFactory
from clastic.render.chameleon_templates import ChameleonRenderFactory
from clastic.render.jinja2_templates import Jinja2RenderFactory
from clastic.render.mako_templates import MakoRenderFactory
from clastic.render.template_base import TemplateFactory

# Each has a template that links, one that includes it, and one without URLs.
ENGINES: dict[str, tuple[type[TemplateFactory], dict[str, str]]] = {
    "Ashes": (
        AshesRenderFactory,
        {
            "link": '<a href="{@url to="show" id=id q="a&{text}" /}">',
            "page": '<p>{>"link" /}</p>',
            "plain": "{id}",
        },
    ),
    "Jinja2": (
        Jinja2RenderFactory,
        {
            "link": "<a href=\"{{ url_for('show', id=id, q='a&' ~ text) }}\">",
            "page": "<p>{% include 'link' %}</p>",
            "plain": "{{ id }}",
        },
    ),
    "Mako": (
        MakoRenderFactory,
        {
            "link": "<a href=\"${url_for('show', id=id, q='a&' + text)}\">",
            "page": '<p><%include file="link"/></p>',
            "plain": "${id}",
        },
    ),
    "Chameleon": (
        ChameleonRenderFactory,
        {
            "link": "<a href=\"${url_for('show', id=id, q='a&' + text)}\" />",
            "page": '<p><tal:x metal:use-macro="load: link" /></p>',
            "plain": "<p>${id}</p>",
        },
    ),
}


def make_application(engine: str) -> Application:
    factory, templates = ENGINES[engine]

    def context() -> dict[str, Any]:
        return {"id": 7, "text": '"<'}

    return Application(
        [
            Route("/links/<id:int>", lambda id: Response(str(id)), name="show"),
            *(Route(f"/{name}", context, name) for name in templates),
        ],
        render_factory=factory(templates=templates),
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", ["/link", "/page"])
def test_a_template_builds_the_url_of_a_route_also_where_it_is_included(
    engine: str, path: str
) -> None:
    client = make_application(engine).get_local_client()
    html = client.get(path, environ_overrides={"SCRIPT_NAME": "/shop"}).text
    assert 'href="/shop/links/7?q=a%26%22%3C"' in html


@pytest.mark.parametrize("engine", ENGINES)
def test_url_for_is_passed_only_to_templates_that_mention_it(engine: str) -> None:
    takes = {
        route.pattern: any("url_for" in str(step.arguments) for step in route.plan().steps)
        for route in make_application(engine).routes
    }
    assert takes == {"/links/<id:int>": False, "/link": True, "/page": True, "/plain": False}


@pytest.mark.parametrize("text", ["a&b", "<x>", "'\""])
def test_a_text_with_references_in_an_ashes_helper_is_not_escaped_twice(text: str) -> None:
    factory = AshesRenderFactory(templates={"page": '{@url to="page" q="{text}" /}'})
    application = Application(
        [Route("/", lambda q="": {"text": text}, "page", name="page"), Route("/q", show_query)],
        render_factory=factory,
    )
    client = application.get_local_client()
    url = client.get("/").text
    assert client.get("/q" + url[1:]).text == text


def show_query(request: Any) -> Response:
    return Response(request.args["q"])


def test_an_ashes_helper_without_a_target_is_an_error_that_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    factory = AshesRenderFactory(templates={"page": "{@url id=1 /}"})
    application = Application([("/", lambda: {"id": 1}, "page")], render_factory=factory)
    assert application.get_local_client().get("/").status_code == 500
    assert '{@url} needs the route to go to: {@url to="show" /}' in caplog.text
