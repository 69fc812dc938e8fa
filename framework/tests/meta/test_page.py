"""The page as a whole: what people and their tools find their way by."""

import pytest

from clastic.application import Application
from clastic.errors import ErrorHandler
from clastic.http import Response
from clastic.meta import MetaApplication, MetaPeripheral
from clastic.route import GET, S_REWRITE


class Queue(MetaPeripheral):
    title = "Queue & co."

    def get_context(self):
        return {"waiting": 1, "jobs": [{"name": "<x>"}]}


class Handler(ErrorHandler):
    def render_error(self, _error):
        return Response("error", status=_error.code)


def hello(name):
    """Say hello to <somebody>."""
    return Response(name)


@pytest.fixture
def view(page):
    """The page of an application with a little of everything."""
    meta = MetaApplication("Links <1>", [Queue()])
    return page(Application([GET("/<name>", hello), ("/_meta", meta)], {"a<b": 1}))


def test_it_is_in_a_language_and_fits_small_screens(view):
    assert view.root.attrib["lang"] == "en"
    assert view.one("meta", name="viewport").attrib["content"].startswith("width=device-width")


def test_each_section_can_be_reached_from_the_navigation(view, read):
    sections = {section.attrib["id"]: read(section.find("h2")) for section in view.all("section")}
    links = {link.attrib["href"][1:]: read(link) for link in view.all("a", view.one("nav"))}
    assert links == sections
    assert list(sections.values()) == [
        *("Routes", "Middlewares", "Resources"),
        *("Process", "Host", "Resource use", "Runtime", "Queue & co."),
    ]


def test_the_navigation_can_be_skipped(view):
    skip = view.root.find("body")[0]
    assert skip.attrib == {"href": "#content", "class": "skip"}
    assert view.one("main").attrib["id"] == "content"


def test_every_id_is_there_once_and_every_reference_leads_somewhere(view):
    ids = [each.attrib["id"] for each in view.root.iter() if "id" in each.attrib]
    assert len(ids) == len(set(ids))
    for each in view.root.iter():
        for name in ("aria-labelledby", "for"):
            assert each.attrib.get(name, ids[0]) in ids
        if each.attrib.get("href", "").startswith("#"):
            assert each.attrib["href"][1:] in ids


def test_every_table_of_a_section_has_a_caption(view):
    tables = [table for region in view.all("div", class_="table") for table in region]
    assert len(tables) == 6
    assert all(table.find("caption") is not None for table in tables)


def test_what_can_be_scrolled_can_be_so_by_the_keyboard(view):
    regions = [*view.all("div", class_="table"), *view.all("figure")]
    assert all(region.attrib["tabindex"] == "0" for region in regions)
    assert all({"aria-label", "aria-labelledby"} & set(region.attrib) for region in regions)


def test_the_field_to_find_routes_has_a_label(view, read):
    assert read(view.one("label")) == "Find routes"
    assert view.one("label").attrib["for"] == view.one("input").attrib["id"]


def test_everything_in_it_is_escaped(view):
    assert view.one("title").text == "Links <1>"
    assert "/&lt;name&gt;" in view.html
    assert "Say hello to &lt;somebody&gt;." in view.html
    assert "a&lt;b" in view.html
    assert "&lt;x&gt;" in view.html
    assert "Queue &amp; co." in view.html


def test_it_begins_with_what_the_application_is(view):
    assert view.facts(view.one("header")) == {
        "Application": "Application",
        "Debug": "off",
        "Slashes": "redirect",
        "Error handler": "ErrorHandler",
        "Render factory": "none",
    }


def make_render(template):
    return lambda context: Response("")


class Site(Application):
    """An application of a type of its own."""


def test_what_is_not_usual_about_it_is_told(page, report):
    application = Site(
        [("/_meta", MetaApplication())],
        render_factory=make_render,
        error_handler=Handler(),
        debug=True,
        slash_mode=S_REWRITE,
    )
    view = page(application)
    facts = view.facts(view.one("header"))
    assert facts["Application"].endswith("test_page.Site")
    assert (facts["Debug"], facts["Slashes"]) == ("on", "rewrite")
    assert facts["Error handler"].startswith("Handler.render_error ")
    assert facts["Render factory"].startswith("make_render ")
    told = report(application)["application"]
    assert told["error_handler"].endswith("test_page.Handler")
    assert told["render_error"]["line"] == Handler.render_error.__code__.co_firstlineno


def test_both_formats_have_the_same_data(page, report):
    application = Application(
        [GET("/<name>", hello), ("/_meta", MetaApplication("T", [Queue()], base_peripherals=()))],
        {"size": 5},
    )
    data, view = report(application), page(application)
    assert set(data) == {
        *("title", "gathered_at", "application", "routes", "meta_routes"),
        *("middlewares", "resources", "sections"),
    }
    assert data["gathered_at"].endswith("+00:00")
    for route in (*data["routes"]["items"], *data["meta_routes"]):
        assert view.route(route["pattern"]) is not None
        assert route["endpoint"]["name"] in view.html
    for section in data["sections"]:
        assert view.section(section["title"]) is not None
