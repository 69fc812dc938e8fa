"""Which routes are shown: those with some words, a page at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clastic.application import Application
from clastic.http import Response
from clastic.meta import MetaApplication
from clastic.route import GET, POST


def show(id=None):
    return Response("shown")


def save(id=None):
    return Response("saved")


@pytest.fixture
def application():
    routes = [GET("/links/<id>", show), POST("/links/<id>", save), GET("/users/<id>", show)]
    return Application([*routes, ("/_meta", MetaApplication())])


@pytest.fixture(scope="module")
def large():
    routes = [GET(f"/r{number}/<id>", show) for number in range(10_000)]
    return Application([*routes, ("/_meta", MetaApplication())])


def found(report):
    return [route["number"] for route in report["routes"]["items"]]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        pytest.param("", [1, 2, 3], id="no words"),
        pytest.param("/links", [1, 2], id="of the pattern"),
        pytest.param("POST", [2], id="the method"),
        pytest.param("post", [2], id="in any case"),
        pytest.param("save", [2], id="the endpoint"),
        pytest.param("test_selection.py", [1, 2, 3], id="the file"),
        pytest.param(" show   links ", [1], id="several, in any order"),
        pytest.param("nothing", [], id="of no route"),
        pytest.param("_meta", [], id="of the routes of meta itself"),
    ],
)
def test_routes_are_found_by_words(words, numbers, application, report):
    data = report(application, query_string={"find": words})
    assert found(data) == numbers
    routes = data["routes"]
    assert (routes["total"], routes["matching"]) == (3, len(numbers))
    assert routes["find"] == " ".join(words.split())


def test_the_page_finds_the_same(application, page, read):
    view = page(application, query_string={"find": "<id>"})
    section = view.section("Routes")
    assert read(view.one("p", section, class_="status")) == (
        "3 of 3 routes with “<id>”, in the order they are tried. Show all"
    )
    assert view.one("input", name="find").attrib["value"] == "<id>"
    assert view.one("a", section.find("p")).attrib["href"] == "?page=1#routes"


def test_few_routes_that_were_looked_for_are_shown_whole(application, page):
    view = page(application, query_string={"find": "links"})
    opened = [details for details in view.all("details") if "open" in details.attrib]
    assert len(opened) == 2


def test_routes_that_were_not_looked_for_are_folded(application, page):
    assert not any("open" in details.attrib for details in page(application).all("details"))


def test_the_routes_of_meta_itself_are_folded_away(application, page, read):
    view = page(application)
    folded = view.one("details", class_="folded")
    assert read(folded.find("summary")) == "3 routes of this page itself"
    patterns = [read(code) for code in view.all("code", folded, class_="pattern")]
    assert patterns == ["/_meta/", "/_meta/json/", "/_meta/assets/meta.css"]


def test_of_many_routes_a_page_is_shown(large, report, page):
    data = report(large)
    assert found(data) == list(range(1, 101))
    assert (data["routes"]["page"], data["routes"]["pages"]) == (1, 100)
    assert len(page(large).html) < 400_000


@pytest.mark.parametrize(
    ("query", "first", "last", "number", "count"),
    [
        pytest.param({"page": 2}, 101, 200, 2, 100, id="another page"),
        pytest.param({"page": 101}, 9_901, 10_000, 100, 100, id="after the last"),
        pytest.param({"page": 0}, 1, 100, 1, 100, id="before the first"),
        pytest.param({"page": "x"}, 1, 100, 1, 100, id="no number"),
        pytest.param({"page": "9" * 5000}, 1, 100, 1, 100, id="a number of too many digits"),
        pytest.param({"size": 3_000}, 1, 1_000, 1, 10, id="larger than a page may be"),
        pytest.param({"size": 0}, 1, 1, 1, 10_000, id="smaller than a page may be"),
        pytest.param({"size": 30, "page": 334}, 9_991, 10_000, 334, 334, id="a last part"),
    ],
)
def test_a_page_can_be_asked_for(query, first, last, number, count, large, report):
    data = report(large, query_string=query)
    assert (found(data)[0], found(data)[-1]) == (first, last)
    assert (data["routes"]["page"], data["routes"]["pages"]) == (number, count)


@pytest.mark.parametrize(
    ("query", "links"),
    [
        pytest.param({}, {"Next": 2, "Last": 100}, id="the first"),
        pytest.param({"page": 2}, {"Previous": 1, "Next": 3, "Last": 100}, id="the second"),
        pytest.param(
            {"page": 50}, {"First": 1, "Previous": 49, "Next": 51, "Last": 100}, id="the middle"
        ),
        pytest.param({"page": 99}, {"First": 1, "Previous": 98, "Next": 100}, id="before the last"),
        pytest.param({"page": 100}, {"First": 1, "Previous": 99}, id="the last"),
    ],
)
def test_the_page_leads_to_the_others(query, links, large, page, read):
    view = page(large, query_string=query)
    pages = view.all("nav")[-1]
    hrefs = {read(link): link.attrib["href"] for link in view.all("a", pages)}
    assert hrefs == {name: f"?page={number}#routes" for name, number in links.items()}
    assert read(view.one("span", pages)) == f"Page {query.get('page', 1)} of 100"


def test_links_to_other_pages_keep_words_and_size(large, page, read):
    view = page(large, query_string={"find": "/r1 <id>", "size": 40, "page": 2})
    links = {read(link): link.attrib["href"] for link in view.all("a")}
    assert links["Next"] == "?find=%2Fr1+%3Cid%3E&size=40&page=3#routes"
    assert links["Show all"] == "?size=40&page=1#routes"
    assert links["The same as JSON"] == "json/?find=%2Fr1+%3Cid%3E&page=2&size=40"
    assert view.one("input", type="hidden").attrib == {
        "type": "hidden",
        "name": "size",
        "value": "40",
    }
    assert read(view.one("p", view.section("Routes"), class_="status")) == (
        "1,111 of 10,000 routes with “/r1 <id>”, 41 to 80 of them here, "
        "in the order they are tried. Show all"
    )


def test_one_route_is_one_route(page):
    application = Application([("/", show), ("/_meta", MetaApplication())])
    assert "1 route, in the order they are tried." in page(application).html


@given(st.text(max_size=300), st.text(max_size=20), st.text(max_size=20))
def test_no_query_breaks_it(find, page, size):
    client = Application([("/_meta", MetaApplication(base_peripherals=()))]).get_local_client()
    query = {"find": find, "page": page, "size": size}
    for url in ("/_meta/", "/_meta/json/"):
        assert client.get(url, query_string=query).status_code == 200


@pytest.mark.parametrize("query", ["find=%ff%fe", "find=%ed%a0%80", "find&page&&==", "find=a;b"])
def test_no_bytes_in_a_query_break_it(query, application):
    client = application.get_local_client()
    for url in ("/_meta/", "/_meta/json/"):
        assert client.get(f"{url}?{query}").status_code == 200
