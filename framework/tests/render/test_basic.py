"""Render any context by ``render_basic``: its type and the request decide the format."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from types import SimpleNamespace
from uuid import UUID

import pytest
from markupsafe import Markup
from werkzeug.test import EnvironBuilder

from clastic import GET, Middleware
from clastic.application import Application
from clastic.errors import BadRequest, NotFound
from clastic.http import Request, Response
from clastic.render import BasicRender, JSONRender, Table, render_basic

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
JSON = "application/json"


def circle():
    links = []
    links.append(links)
    return links


def rendered(context, query_string="", accept=None, render=render_basic, route=None):
    headers = {} if accept is None else {"Accept": accept}
    environ = EnvironBuilder(query_string=query_string, headers=headers).get_environ()
    return render(context, Request(environ), route)


class Colour(Enum):
    RED = "red"


class Opaque:
    def __str__(self):
        return "as str"

    def __repr__(self):
        return "as repr"


class Badge:
    def __html__(self):
        return "<b>new</b>"


CONTEXTS = [
    ("text", "Hello", TEXT, b"Hello"),
    ("text beyond ASCII", "é", TEXT, "é".encode()),
    ("empty text", "", TEXT, b""),
    ("None", None, TEXT, b"None"),
    ("text with a tag", "Hi <b>you</b>", TEXT, b"Hi <b>you</b>"),
    ("text that begins with a tag", "<b>x</b>", TEXT, b"<b>x</b>"),
    ("text that begins with a script", "<script>x</script>", TEXT, b"<script>x</script>"),
    ("text that begins nearly like HTML", "<htmlx>", TEXT, b"<htmlx>"),
    ("text that begins nearly like a doctype", "<!doctype htmlx>", TEXT, b"<!doctype htmlx>"),
    ("another doctype", "<!doctype svg>", TEXT, b"<!doctype svg>"),
    ("HTML further down", "x <html>", TEXT, b"x <html>"),
    ("white space", " \n", TEXT, b" \n"),
    ("a doctype", "<!DOCTYPE html><p>x", HTML, b"<!DOCTYPE html><p>x"),
    ("an html element", "<html><p>x", HTML, b"<html><p>x"),
    ("an html element with a language", '<HTML lang="en">', HTML, b'<HTML lang="en">'),
    ("an indented document", "\n  <!doctype html>", HTML, b"\n  <!doctype html>"),
    ("Markup", Markup("<b>x</b>"), HTML, b"<b>x</b>"),
    ("an object with __html__", Badge(), HTML, b"<b>new</b>"),
    ("bytes", "é".encode(), TEXT, "é".encode()),
    ("a bytearray", bytearray(b"x"), TEXT, b"x"),
    ("a memoryview", memoryview(b"x"), TEXT, b"x"),
    ("a document in bytes", b"<!doctype html>", HTML, b"<!doctype html>"),
    ("bytes that are not text", b"\x89PNG", "application/octet-stream", b"\x89PNG"),
    ("an int", 7, TEXT, b"7"),
    ("a float", float("nan"), TEXT, b"nan"),
    ("a bool", True, TEXT, b"True"),
    ("a Decimal", Decimal("1.10"), TEXT, b"1.10"),
    ("a date", date(2024, 2, 29), TEXT, b"2024-02-29"),
    ("a datetime", datetime(2024, 2, 29, 1, 2), TEXT, b"2024-02-29T01:02:00"),
    ("a timedelta", timedelta(minutes=1), TEXT, b"60.0"),
    ("a member of an Enum", Colour.RED, TEXT, b"red"),
    ("a UUID", UUID(int=1), TEXT, b"00000000-0000-0000-0000-000000000001"),
    ("a path", PurePosixPath("/a"), TEXT, b"/a"),
    ("an object", Opaque(), TEXT, b"as str"),
    ("a class", Opaque, TEXT, str(Opaque).encode()),
    ("a dict", {"a": 1}, JSON, b'{"a":1}'),
    ("a list", [1], JSON, b"[1]"),
    ("a generator", (n for n in (1, 2)), JSON, b"[1,2]"),
    ("an object in data", {"o": Opaque()}, JSON, b'{"o":"as repr"}'),
    ("an object as a key", {Opaque(): 1}, JSON, b'{"as repr":1}'),
    ("NaN in data", [float("nan")], JSON, b'["nan"]'),
    ("bytes that are not text in data", [b"\xff"], JSON, rb"""["b'\\xff'"]"""),
]


@pytest.mark.parametrize(
    ("context", "content_type", "body"),
    [row[1:] for row in CONTEXTS],
    ids=[row[0] for row in CONTEXTS],
)
def test_a_context_is_sent_as_its_type_suggests(context, content_type, body):
    response = rendered(context)
    assert (response.headers["Content-Type"], response.get_data()) == (content_type, body)


@pytest.mark.parametrize("context", ["Hello", b"Hello", 7, None, date(2024, 2, 29)])
def test_the_format_is_chosen_for_data_only(context):
    plain = rendered(context)
    asked = rendered(context, "format=pdf", "text/html")
    assert asked.get_data() == plain.get_data()
    assert asked.headers == plain.headers
    assert "Vary" not in plain.headers


CHOICES = [
    ("nobody asks for anything", "", None, JSON),
    ("anything is accepted", "", "*/*", JSON),
    ("a browser asks", "", BROWSER, HTML),
    ("HTML is accepted", "", "text/html", HTML),
    ("HTML is accepted in capitals", "", "TEXT/HTML", HTML),
    ("any text is accepted", "", "text/*", HTML),
    ("plain text is accepted", "", "text/plain", TEXT),
    ("JSON is preferred", "", "application/json, text/html;q=0.9", JSON),
    ("HTML is preferred", "", "application/json;q=0.5, text/html", HTML),
    ("a script asks for JSON, text or anything", "", "application/json, text/plain, */*", JSON),
    ("HTML is ruled out", "", "text/html;q=0, */*", JSON),
    ("only an image is accepted", "", "image/png", JSON),
    ("only XML text is accepted", "", "text/xml", JSON),
    ("Accept is garbage", "", "text/;;q=x,,=", JSON),
    ("a browser asks for JSON by the URL", "format=json", BROWSER, JSON),
    ("the URL asks for HTML", "format=html", "*/*", HTML),
    ("the URL asks for text", "a=1&format=text", BROWSER, TEXT),
    ("the URL asks for nothing", "format=", BROWSER, HTML),
    ("the URL asks for other things", "a=1", BROWSER, HTML),
]


@pytest.mark.parametrize(
    ("query_string", "accept", "content_type"),
    [row[1:] for row in CHOICES],
    ids=[row[0] for row in CHOICES],
)
def test_data_is_sent_in_the_requested_format(query_string, accept, content_type):
    response = rendered([{"a": 1}], query_string, accept)
    assert response.headers["Content-Type"] == content_type


@pytest.mark.parametrize(
    ("query_string", "vary"),
    [("", "Accept"), ("a=1", "Accept"), ("format=", "Accept"), ("format=json", None)],
)
def test_vary_names_accept_if_the_query_does_not_decide(query_string, vary):
    assert rendered({}, query_string, BROWSER).headers.get("Vary") == vary


@pytest.mark.parametrize("unknown", ["xml", "JSON", "text/html"])
def test_an_unknown_format_is_refused_with_the_choices(unknown):
    with pytest.raises(BadRequest) as caught:
        rendered({}, f"format={unknown}")
    assert caught.value.detail == "format must be one of json, html, text"


def test_the_query_parameter_can_be_renamed():
    render = BasicRender("as")
    assert rendered({}, "as=html&format=x", render=render).headers["Content-Type"] == HTML
    with pytest.raises(BadRequest, match="as must be one of json, html, text"):
        rendered({}, "as=xml", render=render)


def test_the_query_parameter_can_be_turned_off():
    response = rendered({"a": 1}, "format=xml", BROWSER, render=BasicRender(None))
    assert response.headers["Content-Type"] == HTML
    assert "JSON" not in response.get_data(as_text=True)


def test_a_table_is_sent_as_text():
    response = rendered([{"id": 1, "name": "x"}], "format=text")
    assert response.get_data(as_text=True) == "id | name\n---|-----\n1  |  x\n"


def test_a_page_shows_data_as_in_json():
    context = ({"day": date(2024, 2, 29), "tag": "<b>"} for _ in range(2))
    page = rendered(context, "format=html").get_data(as_text=True)
    assert page.count("<td>2024-02-29</td><td>&lt;b&gt;</td>") == 2


@pytest.mark.parametrize("format_name", ["html", "text", "json"])
def test_every_format_shows_the_repr_of_an_object_and_not_its_attributes(format_name):
    account = Opaque()
    account.password = "secret"
    body = rendered([account], f"format={format_name}").get_data(as_text=True)
    assert "as repr" in body
    assert "secret" not in body


def test_a_page_links_to_its_json_and_keeps_the_rest_of_the_query():
    page = rendered({}, 'q="<&format=html&q=2', BROWSER).get_data(as_text=True)
    assert 'href="?q=%22%3C&amp;q=2&amp;format=json"' in page


def test_a_page_has_the_docstring_of_the_endpoint():
    def list_links():
        """Every link there is & was."""

    page = rendered([], "format=html", route=SimpleNamespace(endpoint=list_links))
    assert "<p>Every link there is &amp; was.</p>" in page.get_data(as_text=True)


def test_the_type_of_tables_can_be_set():
    class Upper(Table):
        def get_cell_html(self, value):
            return super().get_cell_html(value).upper()

    page = rendered({"a": ["b"]}, "format=html", render=BasicRender(table_type=Upper))
    assert "<td>B</td>" in page.get_data(as_text=True)


def test_tables_of_another_type_show_the_values_of_the_context():
    class Dates(Table):
        def get_cell_html(self, value):
            is_date = isinstance(value, date)
            return value.strftime("%B %Y") if is_date else super().get_cell_html(value)

    page = rendered({"day": date(2024, 2, 29)}, "format=html", render=BasicRender(table_type=Dates))
    assert "<td>February 2024</td>" in page.get_data(as_text=True)


def test_the_renders_of_json_and_html_can_be_set():
    def show(context, route):
        return Response(f"<p>{context['a']} of {route.endpoint.__name__}")

    render = BasicRender(json_render=JSONRender(sort_keys=True), tabular_render=show)
    route = SimpleNamespace(endpoint=list_links)
    page = rendered({"b": 2, "a": 1}, "", BROWSER, render, route)
    assert (page.get_data(), page.headers["Vary"]) == (b"<p>1 of list_links", "Accept")
    data = rendered({"b": 2, "a": 1}, "format=json", BROWSER, render, route)
    assert data.get_data() == b'{"a":1,"b":2}'
    assert "Vary" not in data.headers


def test_the_depth_of_tables_can_be_set():
    page = rendered({"a": {"b": 1}}, "format=html", render=BasicRender(max_depth=1))
    assert page.get_data(as_text=True).count("<table>") == 1


@pytest.mark.parametrize("query_string", ["format=json", "format=html", "format=text"])
def test_dev_mode_falls_back_to_the_repr(query_string):
    body = rendered([object], query_string, render=BasicRender(dev_mode=True)).get_data()
    assert b"class " in body


@pytest.mark.parametrize("format_name", ["html", "text", "json"])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(({1: "a", "1": "b"},), "context[0] has two keys that are both '1'", id="keys"),
        pytest.param(circle(), "context[0] is a list that contains itself", id="a circle"),
    ],
)
def test_data_that_json_would_change_is_refused(data, message, format_name):
    with pytest.raises(TypeError) as caught:
        rendered(data, f"format={format_name}")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("format_name", ["html", "text", "json"])
def test_an_error_inside_the_data_is_not_hidden(format_name):
    def rows():
        raise LookupError("the database is gone")
        yield

    with pytest.raises(LookupError):
        rendered({"rows": rows()}, f"format={format_name}")


def test_dev_mode_shows_an_error_inside_the_data():
    def rows():
        raise LookupError("the database is gone")
        yield

    response = rendered({"rows": rows()}, render=BasicRender(dev_mode=True))
    assert b"the database is gone" in response.get_data()


def test_a_table_is_sent_as_html():
    response = rendered(Table([[1]], []))
    assert response.headers["Content-Type"] == HTML
    assert response.get_data(as_text=True).startswith("<table>")


def test_the_route_is_optional():
    request = Request(EnvironBuilder().get_environ())
    assert json.loads(render_basic([1], request).get_data()) == [1]


def requests_made_for(*routes, middlewares=()):
    """Return the requests that an application made to respond to one."""

    made = []

    class CountedRequest(Request):
        def __init__(self, *args):
            super().__init__(*args)
            made.append(self)

    class CountingApplication(Application):
        request_type = CountedRequest

    application = CountingApplication(routes, middlewares=middlewares)
    assert application.get_local_client().get("/").status_code == 200
    return made


@pytest.mark.parametrize("context", ["text", "<!doctype html>", b"text", b"\xff", 7, 1.5, True])
def test_a_text_or_number_needs_no_request(context):
    assert requests_made_for(GET("/", lambda: context, render_basic)) == []


@pytest.mark.parametrize(
    "context",
    [{"id": 7}, None, Opaque(), Badge()],
    ids=["a mapping", "None", "an opaque object", "a number of its own"],
)
def test_other_contexts_get_a_request(context):
    assert len(requests_made_for(GET("/", lambda: context, render_basic))) == 1


def test_the_render_gets_the_request_of_a_middleware():
    class Passing(Middleware):
        def request(self, next, request):
            return next()

    route = GET("/", lambda: {"id": 7}, render_basic)
    assert len(requests_made_for(route, middlewares=[Passing()])) == 1


def test_a_render_after_a_route_that_fell_through_gets_its_request():
    def leave(request):
        return NotFound(is_breaking=False)

    leaving = GET("/", leave, falls_through=True)
    assert len(requests_made_for(leaving, GET("/", lambda: {"id": 7}, render_basic))) == 1


def test_a_subclass_may_take_url_for_as_well():
    class Linking(BasicRender):
        def __call__(self, context, request, url_for):
            return Response(f"{request.path} {url_for('home')}")

        def without_request(self, context):
            return None

    application = Application([GET("/", lambda: "text", Linking(), name="home")])
    assert application.get_local_client().get("/").text == "/ /"


def test_a_subclass_that_overrides_the_call_sees_every_context():
    class Loud(BasicRender):
        def __call__(self, context, request, _route=None):
            return super().__call__(f"{context}! {request.path}", request, _route)

    application = Application([GET("/", lambda: "text", Loud())])
    assert application.get_local_client().get("/").text == "text! /"


def list_links(count):
    """Every link."""
    return [{"number": number} for number in range(count)]


def test_in_an_application_the_page_has_name_and_docstring_of_the_endpoint():
    application = Application([("/<count:int>", list_links, render_basic)])
    page = application.get_local_client().get("/2", headers={"Accept": BROWSER}).text
    assert "<h1>list_links</h1>\n<p>Every link.</p>" in page
    assert '<p class="hint">2 rows</p>' in page


def test_in_an_application_an_unknown_format_is_a_bad_request():
    application = Application([("/<count:int>", list_links, render_basic)])
    response = application.get_local_client().get("/2?format=xml")
    assert response.status_code == 400
    assert "format must be one of json, html, text" in response.text
