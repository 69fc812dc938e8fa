"""The meta page: navigation, routes and their nesting, search, pages of routes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clastic.application import Application
from clastic.http import Response
from clastic.meta import MetaApplication, MetaPeripheral
from clastic.middleware import Middleware
from clastic.pages.styles import DEVELOPER_STYLE
from clastic.render import render_basic
from clastic.route import GET, POST, Route


class Queue(MetaPeripheral):
    title = "Queue & co."

    def get_context(self):
        return {"waiting": 1, "jobs": [{"name": "<x>"}]}


class Session(Middleware):
    provides = ("user",)

    def request(self, next, request):
        return next(user="ann")


class Timing(Middleware):
    def endpoint(self, next):
        return next()

    def render(self, next, context):
        return next()


def hello(name, user, verbose=False):
    """Say hello to <somebody>."""
    return {}


def show_page(context):
    return Response("")


def show_error(_error, request):
    return Response("error", status=_error.code)


@pytest.fixture
def view(page):
    """Return the page of an application with one of everything."""
    return page(
        Application(
            [
                ("/_meta", MetaApplication([Queue()], "Links <1>")),
                Route("/<name>", hello, show_page, show_error),
            ],
            {"a<b": 1},
            [Session(), Timing()],
        )
    )


class TestDocument:
    def test_the_page_fits_small_screens(self, view):
        assert view.root.attrib["lang"] == "en"
        viewport = view.one("meta", name="viewport").attrib["content"]
        assert viewport.startswith("width=device-width")

    def test_the_navigation_leads_to_each_section(self, view, read):
        sections = {each.attrib["id"]: read(each.find("h2")) for each in view.all("section")}
        links = {link.attrib["href"][1:]: read(link) for link in view.all("a", view.one("nav"))}
        assert links == sections
        assert list(sections.values()) == [
            *("Routes", "Middlewares", "Resources"),
            *("Process", "Host", "Resource use", "Runtime", "Queue & co."),
        ]

    def test_the_navigation_can_be_skipped(self, view):
        skip = next(view.root.iter("a"))
        assert skip.attrib == {"href": "#content", "class": "skip"}
        assert view.one("main").attrib["id"] == "content"

    def test_ids_are_unique_and_references_lead_somewhere(self, view):
        ids = [each.attrib["id"] for each in view.root.iter() if "id" in each.attrib]
        assert len(ids) == len(set(ids))
        for each in view.root.iter():
            for name in ("aria-labelledby", "for"):
                assert each.attrib.get(name, ids[0]) in ids
            if each.attrib.get("href", "").startswith("#"):
                assert each.attrib["href"][1:] in ids

    def test_scrollable_regions_are_named_and_can_have_the_focus(self, view):
        tables = {table for region in view.all("div", class_="scrollable") for table in region}
        assert set(view.all("table")) <= {each for region in tables for each in region.iter()}
        for region in (*view.all("div", class_="scrollable"), *view.all("figure")):
            assert region.attrib["tabindex"] == "0"
            assert region.attrib["aria-label"]

    def test_every_class_has_a_style(self, view):
        classes = {name for each in view.root.iter() for name in each.get("class", "").split()}
        assert {name for name in classes if f".{name}" not in DEVELOPER_STYLE} == set()

    def test_the_search_field_has_a_label(self, view, read):
        assert read(view.one("label")) == "Find routes"
        assert view.one("label").attrib["for"] == view.one("input").attrib["id"]

    def test_everything_is_escaped(self, view):
        assert view.one("title").text == "Links <1>"
        for text in ("/&lt;name&gt;", "Say hello to &lt;somebody&gt;.", "a&lt;b", "&lt;x&gt;"):
            assert text in view.html
        assert "Queue &amp; co." in view.html

    def test_the_header_describes_the_application(self, view):
        assert view.facts(view.one("header")) == {
            "Type": "clastic.application.Application",
            "Debug": "no",
            "Slash mode": "redirect",
            "Render factory": "none",
            "Error handler": "clastic.errors.handler.ErrorHandler",
        }

    def test_the_page_shows_all_data_of_the_json(self, page, report):
        application = Application(
            [("/_meta", MetaApplication([Queue()], "T")), GET("/<name>", show_name)], {"size": 5}
        )
        data, view = report(application), page(application)
        for route in data["routes"]["items"]:
            assert view.route(route["pattern"]) is not None
            assert route["endpoint"]["name"] in view.html
        for section in data["sections"]:
            assert view.section(section["title"]) is not None


def show_name(name):
    return Response(name)


class TestRoutes:
    def test_functions_are_drawn_in_nested_lists(self, view, read):
        figure = view.one("figure", view.route("/<name>"))
        (outermost,) = figure.find("ol")
        assert outermost.attrib["class"] == "request"
        assert read(outermost.find("p")).startswith("request middleware Session.request ")
        assert read(outermost.findall("p")[1]) == "provides user"
        endpoint_side, render_side = outermost.find("ol")
        assert endpoint_side.attrib["class"] == "endpoint"
        assert render_side.attrib["class"] == "render"
        assert read(endpoint_side.find("ol/li/p")).startswith("endpoint hello ")
        assert [read(argument) for argument in endpoint_side.find("ol/li/ul")] == [
            "name from the path",
            "user from Session",
            "verbose default",
        ]

    def test_a_route_shows_its_compiled_function(self, view, read):
        (compiled,) = view.all("details", view.route("/<name>"))[1:]
        assert read(compiled.find("summary")) == "Compiled function"
        assert "request_0(request_next_0, request)" in read(compiled)

    def test_a_route_has_a_summary_and_renders(self, view):
        facts = view.facts(view.route("/<name>"))
        assert facts["Summary"] == "Say hello to <somebody>."
        assert facts["Render"].startswith("show_page ")
        assert facts["Slash mode"] == "redirect"
        assert facts["Render error"].startswith("show_error ")
        assert facts["Render error"].endswith("_error built-in request built-in")

    def test_a_builtin_has_no_place(self, page, read):
        application = Application([("/<x:int>", abs, render_basic), ("/_meta", MetaApplication())])
        summary = page(application).route("/<x:int>")[0]
        assert read(summary[-1]) == "abs"

    @pytest.mark.parametrize(
        ("route", "address"),
        [
            pytest.param(GET("/a b/ü", show_name), "../a%20b/%C3%BC", id="GET"),
            pytest.param(Route("/", show_name), "../", id="any method, at the root"),
            pytest.param(POST("/a", show_name), None, id="no GET"),
            pytest.param(GET("/<name>", show_name), None, id="with a binding"),
        ],
    )
    def test_a_route_that_can_be_visited_has_a_link(self, route, address, page):
        route.endpoint = lambda name=None: Response("")
        view = page(Application([("/_meta", MetaApplication()), route]))
        links = view.all("a", view.route(route.pattern))
        assert [link.attrib["href"] for link in links] == ([] if address is None else [address])


def find(id=None):
    return Response("found")


@pytest.fixture(scope="module")
def large():
    routes = [GET(f"/r{number}/<id>", find) for number in range(997)]
    return Application([*routes, ("/_meta", MetaApplication())])


class TestSearch:
    def test_the_page_shows_the_words_and_the_number_of_routes(self, page, read):
        routes = [GET(f"/{name}/<id>", find) for name in ("a", "b", "c")]
        application = Application([*routes, GET("/", find), ("/_meta", MetaApplication())])
        view = page(application, query_string={"find": "<id>"})
        section = view.section("Routes")
        assert read(section.find("p")) == "3 of 7 routes, in the order they are tried."
        assert view.one("input", name="find").attrib["value"] == "<id>"
        assert read(view.one("a", section, href="?#routes")) == "Show all"
        assert not any("open" in details.attrib for details in view.all("details"))

    def test_the_only_route_that_is_found_is_open(self, page):
        application = Application([GET("/one", find), ("/_meta", MetaApplication())])
        view = page(application, query_string={"find": "/one"})
        assert "open" in view.route("/one").attrib

    def test_all_routes_are_shown_closed_without_a_search(self, view, read):
        assert not any("open" in details.attrib for details in view.all("details"))
        assert read(view.section("Routes").find("p")).startswith("4 of 4 routes")
        assert "Show all" not in view.html

    @given(st.text(max_size=300), st.text(max_size=20))
    def test_any_query_is_answered(self, find, page):
        client = Application([("/_meta", MetaApplication(base_peripherals=()))]).get_local_client()
        query = {"find": find, "page": page}
        for url in ("/_meta/", "/_meta/json/"):
            assert client.get(url, query_string=query).status_code == 200

    @pytest.mark.parametrize(
        "query", ["find=%ff%fe", "find=%ed%a0%80", "find&page&&==", "find=a;b"]
    )
    def test_any_bytes_in_a_query_are_answered(self, query):
        client = Application([("/_meta", MetaApplication(base_peripherals=()))]).get_local_client()
        for url in ("/_meta/", "/_meta/json/"):
            assert client.get(f"{url}?{query}").status_code == 200


class TestPagesOfRoutes:
    def test_the_document_is_small(self, large, page):
        assert len(page(large).html) < 400_000

    @pytest.mark.parametrize(
        ("number", "links"),
        [
            (1, {"Next": 2, "Last": 10}),
            (2, {"First": 1, "Previous": 1, "Next": 3, "Last": 10}),
            (5, {"First": 1, "Previous": 4, "Next": 6, "Last": 10}),
            (10, {"First": 1, "Previous": 9}),
        ],
        ids=["the first", "the second", "in the middle", "the last"],
    )
    def test_a_page_links_to_the_others(self, number, links, large, page, read):
        view = page(large, query_string={"page": number})
        pages = view.all("nav")[-1]
        hrefs = {read(link): link.attrib["href"] for link in view.all("a", pages)}
        assert hrefs == {name: f"?find=&page={target}#routes" for name, target in links.items()}
        assert read(view.one("span", pages)) == f"Page {number} of 10"

    def test_links_keep_the_words(self, large, page, read):
        view = page(large, query_string={"find": "/r <id>", "page": 2})
        links = {read(link): link.attrib["href"] for link in view.all("a")}
        assert links["Next"] == "?find=%2Fr+%3Cid%3E&page=3#routes"
        assert links["the same as JSON"] == "json/?find=%2Fr+%3Cid%3E&page=2"
