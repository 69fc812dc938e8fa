"""Show data of all kinds as tables, in HTML and in text."""

from __future__ import annotations

import math
from collections import OrderedDict, deque, namedtuple
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from boltons import tableutils
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from clastic.http import Response
from clastic.render import Table, TabularRender

Point = namedtuple("Point", "x y")

VOID_ELEMENTS = {"meta"}


@dataclass
class Link:
    alias: str
    clicks: int


class User:
    def __init__(self, name):
        self.name = name
        self._password = "secret"


class WithToDict:
    def to_dict(self):
        return {"a": 1}


class Unrepresentable:
    def __repr__(self):
        raise RuntimeError("no repr")


class Document(HTMLParser):
    """Read HTML: every element must be closed in order, cells are collected in rows.

    A cell is its text, a header cell ``#text``; the cells of a table inside are in brackets.
    """

    def __init__(self, html):
        super().__init__()
        self.open = []
        self.rows = []
        self.text = {}
        self.attributes = {}
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.attributes.setdefault(tag, []).append(dict(attributes))
        if tag not in VOID_ELEMENTS:
            self.open.append(tag)
        if tag == "table" and self.open.count("table") > 1:
            self.rows[-1][-1] += "["
        if tag == "tr" and self.open.count("table") == 1:
            self.rows.append([])
        if tag in ("td", "th") and self.open.count("table") == 1:
            self.rows[-1].append("#" if tag == "th" else "")
        elif tag in ("td", "th"):
            self.rows[-1][-1] += "|"

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "table" and self.open.count("table") > 0:
            self.rows[-1][-1] += "]"

    def handle_data(self, data):
        if self.open[-1:] in (["table"], ["thead"], ["tbody"], ["tr"]):
            assert data.isspace()
        elif {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data
        elif self.open:
            self.text[self.open[-1]] = self.text.get(self.open[-1], "") + data


def cells(html):
    return Document(str(html)).rows


SHAPES = [
    (
        "dicts of different keys",
        [{"a": 1}, {"b": 2, "a": 3}],
        [["#a", "#b"], ["1", ""], ["3", "2"]],
    ),
    ("dicts of which one is empty", [{}, {"a": 1}], [["#a"], [""], ["1"]]),
    ("one dict in a list", [{"a": 1, "b": 2}], [["#a", "1"], ["#b", "2"]]),
    ("a dict", {"a": 1, "b": None}, [["#a", "1"], ["#b", "None"]]),
    ("a dict with keys that are not text", {1: 2, None: 3}, [["#1", "2"], ["#None", "3"]]),
    ("a mapping", OrderedDict(a=1), [["#a", "1"]]),
    ("lists of different lengths", [[1], (2, 3)], [["1", ""], ["2", "3"]]),
    ("named tuples", [Point(1, 2), Point(3, 4)], [["#x", "#y"], ["1", "2"], ["3", "4"]]),
    ("a named tuple", Point(1, 2), [["#x", "1"], ["#y", "2"]]),
    ("a list of one dataclass", [Link("a", 1)], [["#alias", "a"], ["#clicks", "1"]]),
    ("a dataclass", Link("a", 1), [["#alias", "a"], ["#clicks", "1"]]),
    ("an object with to_dict()", WithToDict(), [["#a", "1"]]),
    ("objects, by their public attributes", [User("x"), User("y")], [["#name"], ["x"], ["y"]]),
    ("an object", User("x"), [["#name", "x"]]),
    ("an object without public attributes", SimpleNamespace(_x=1), [["namespace(_x=1)"]]),
    ("a list of many kinds", [1, {"a": 2}, "x"], [["1"], ["{'a': 2}"], ["x"]]),
    ("numbers", range(2), [["0"], ["1"]]),
    ("texts", ["ab", "cd"], [["ab"], ["cd"]]),
    ("lists among other values", [1, [2, 3]], [["1", ""], ["2", "3"]]),
    ("a generator", (n for n in (1, 2)), [["1"], ["2"]]),
    ("the values of a dict", {"a": 1}.values(), [["1"]]),
    ("text", "abc", [["abc"]]),
    ("None", None, [["None"]]),
    ("bytes", b"ab", [["ab"]]),
    ("a class", dict, [["<class 'dict'>"]]),
    ("a number with too many digits", [10**5000], [["<unprintable int object>"]]),
    ("an object in a cell", {"user": SimpleNamespace(a=1)}, [["#user", "namespace(a=1)"]]),
]


@pytest.mark.parametrize(
    ("data", "expected"), [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES]
)
def test_data_becomes_cells(data, expected):
    assert cells(Table.from_data(data).to_html()) == expected


def test_empty_data_has_no_cells():
    for data in ([], {}, (), iter(()), [[]], [{}]):
        table = Table.from_data(data)
        assert [cell for row in cells(table.to_html()) for cell in row] == [], data
        assert table.to_text() == "", data


def test_headers_without_rows_are_shown():
    assert cells(Table([], ["a", "b"]).to_html("horizontal")) == [["#a", "#b"]]
    assert Table([], ["a", "b"]).to_text() == "a | b"
    assert Table([], ["a", "b"]).to_text(with_headers=False) == ""


HEADERS = [
    ("choose and order columns", [{"a": 1, "b": 2}], ["b", "c"], [["#b", "#c"], ["2", ""]]),
    ("choose and order attributes", [User("x")], ["name"], [["#name"], ["x"]]),
    ("choose fields", {"a": 1, "b": 2}, ["b"], [["#b"], ["2"]]),
    ("name columns", [[1, 2]], ["a", "b"], [["#a", "#b"], ["1", "2"]]),
    ("name the first columns", [[1, 2]], ["a"], [["#a", "#"], ["1", "2"]]),
    ("name more than there are", [[1]], ["a", "b"], [["#a", "#b"], ["1", ""]]),
    ("name a column of values", [1], ["a"], [["#a"], ["1"]]),
    ("name a value", 1, ["a"], [["#a"], ["1"]]),
]


@pytest.mark.parametrize(
    ("data", "headers", "expected"),
    [row[1:] for row in HEADERS],
    ids=[row[0] for row in HEADERS],
)
def test_headers_choose_and_name_columns(data, headers, expected):
    assert cells(Table.from_data(data, headers).to_html("horizontal")) == expected


def test_rows_and_headers_can_be_read():
    table = Table.from_data([{"a": 1}, {"b": 2}])
    assert (table.headers, list(table)) == (["a", "b"], [[1, ""], ["", 2]])


NESTED = {"a": {"b": {"c": {"d": 1}}}}

DEPTHS = [
    (1, [["#a", "{'b': {'c': {'d': 1}}}"]]),
    (2, [["#a", "[|b|{'c': {'d': 1}}]"]]),
    (3, [["#a", "[|b|[|c|{'d': 1}]]"]]),
    (4, [["#a", "[|b|[|c|[|d|1]]]"]]),
    (9, [["#a", "[|b|[|c|[|d|1]]]"]]),
]


@pytest.mark.parametrize(
    ("max_depth", "expected"), DEPTHS, ids=[f"depth {depth}" for depth, _ in DEPTHS]
)
def test_tables_are_nested_to_the_depth(max_depth, expected):
    table = Table.from_data(NESTED, max_depth=max_depth)
    assert cells(table.to_html(max_depth=max_depth)) == expected


INSIDE = [
    ("dicts", [{"a": 1}, {"a": 2}], "[|a|1|2]"),
    ("lists", [[1, 2], [3]], "[|1|2|3|]"),
    ("a tuple", (1, 2), "[|1|2]"),
    ("a named tuple", Point(1, 2), "[|x|1|y|2]"),
    ("a dataclass", Link("a", 1), "[|alias|a|clicks|1]"),
    ("a deque", deque([1]), "[|1]"),
    ("an iterator", iter([1]), "[|1]"),
    ("an empty list", [], "[]"),
    ("an empty dict", {}, "[]"),
]


@pytest.mark.parametrize(
    ("inner", "expected"), [row[1:] for row in INSIDE], ids=[row[0] for row in INSIDE]
)
def test_data_in_a_cell_becomes_a_table(inner, expected):
    table = Table.from_data({"x": inner}, max_depth=2)
    assert cells(table.to_html(max_depth=2)) == [["#x", expected]]


def test_data_that_contains_itself_is_cut_at_the_depth():
    circle = {"name": "x"}
    circle["me"] = circle
    (_, me) = cells(Table.from_data(circle, max_depth=2).to_html(max_depth=2))
    assert me[1].startswith("[|name|x|me|{'me': {'me': ")
    assert me[1].endswith("…]")


def test_a_value_that_occurs_twice_is_shown_twice():
    shared = [1]
    table = Table.from_data([[shared, shared]], max_depth=2)
    assert cells(table.to_html("horizontal", max_depth=2)) == [["[|1]", "[|1]"]]


def test_data_of_any_depth_is_shown_briefly():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert len(Table.from_data(deep, max_depth=4).to_html(max_depth=4)) < 500


def test_a_long_container_below_the_depth_is_cut():
    (((_, text),)) = cells(Table.from_data({"x": ["long" * 10] * 9}).to_html())
    assert len(text) == 80
    assert text.endswith("…")


def test_a_value_whose_str_fails_is_shown_by_its_type():
    assert cells(Table([[Unrepresentable()]], []).to_html()) == [
        ["<unprintable Unrepresentable object>"]
    ]


def test_data_is_not_changed():
    data = [[1], [2, [3]]]
    Table.from_data(data, ["a", "b", "c"], max_depth=3).to_html()
    assert data == [[1], [2, [3]]]


def test_ten_thousand_rows_are_shown():
    rows = cells(Table.from_data([{"id": n, "name": f"<{n}>"} for n in range(10_000)]).to_html())
    assert (len(rows), rows[-1]) == (10_001, ["9999", "<9999>"])


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        ("horizontal", [["#a", "#b"], ["1", "2"], ["3", "4"]]),
        ("vertical", [["#a", "1", "3"], ["#b", "2", "4"]]),
        ("auto", [["#a", "#b"], ["1", "2"], ["3", "4"]]),
    ],
    ids=["horizontal", "vertical", "automatic"],
)
def test_a_table_can_be_horizontal_or_vertical(orientation, expected):
    table = Table([[1, 2], [3, 4]], ["a", "b"])
    assert cells(table.to_html(orientation)) == expected


def test_a_vertical_table_may_have_no_headers():
    assert cells(Table([[1, 2], [3, 4]], []).to_html("vertical")) == [["1", "3"], ["2", "4"]]


def test_the_orientation_of_a_record_can_be_changed():
    assert cells(Table.from_data({"a": 1}).to_html("horizontal")) == [["#a"], ["1"]]


@pytest.mark.parametrize(
    ("value", "is_number"),
    [(1, True), (1.5, True), (math.nan, True), (Decimal(1), True), (True, False), ("1", False)],
    ids=repr,
)
def test_numbers_are_marked(value, is_number):
    spans = Document(Table([[value]], []).to_html()).attributes.get("span")
    assert spans == ([{"class": "number"}] if is_number else None)


def test_a_table_is_not_escaped_in_a_template():
    table = Table.from_data({"<b>": ["<i>"]}, max_depth=2)
    assert Markup("<p>%s</p>") % table == f"<p>{table.to_html(max_depth=2)}</p>"


@pytest.mark.parametrize("markup", ["<b>", Markup("<b>"), "&lt;", "'\"", "\x00\ud800"], ids=ascii)
def test_everything_is_escaped(markup):
    html = Table([[markup]], [markup]).to_html("horizontal")
    shown = markup.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")
    document = Document(html)
    assert document.rows == [["#" + shown], [shown]]
    assert "<b>" not in html


class Linked(Table):
    """Shows URLs as links."""

    def get_cell_html(self, value):
        html = super().get_cell_html(value)
        return f'<a href="{html}">{html}</a>' if html.startswith("https:") else html


def test_the_html_of_a_cell_can_be_overridden():
    table = Linked.from_data({"url": "https://a.example/?<b>", "inner": ["https://b"]}, max_depth=2)
    links = Document(table.to_html(max_depth=2)).attributes["a"]
    assert links == [{"href": "https://a.example/?<b>"}, {"href": "https://b"}]


def test_a_table_is_a_table_of_boltons():
    table = Table.from_dict({"a": 1})
    assert isinstance(table, tableutils.Table)
    assert (table.headers, list(table), len(table)) == (["a"], [[1]], 1)
    assert cells(Table.from_object(User("x")).to_html()) == [["#name", "x"]]
    assert cells(Table.from_list([[1], [2]]).to_html()) == [["1"], ["2"]]
    assert cells(Table([["a", "b"], [1, 2]]).to_html()) == [["#a", "1"], ["#b", "2"]]


def test_rows_can_be_added():
    table = Table([[1, 2]], ["a", "b"])
    table.extend([[3]])
    assert list(table) == [[1, 2], [3, None]]


def test_the_row_of_headers_can_be_left_out():
    table = Table([[1, 2]], ["a", "b"])
    assert cells(table.to_html("horizontal", with_headers=False)) == [["1", "2"]]
    assert cells(table.to_html("vertical", with_headers=False)) == [["1"], ["2"]]


def test_metadata_is_shown_above():
    table = Table.from_data({"a": "x"}, metadata={"source": "<db>"})
    assert cells(table.to_html(with_metadata=True)) == [["#source", "<db>"], ["#a", "x"]]
    assert cells(Table([["x"]], []).to_html(with_metadata=True)) == [["x"]]


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cn", "Co")))
CELLS = st.none() | st.booleans() | st.integers() | TEXT


PAIRS = st.lists(CELLS, min_size=2, max_size=2)


@given(st.lists(PAIRS, min_size=1), PAIRS)
def test_cells_are_read_back_unchanged(rows, headers):
    written = [[str(value) for value in row] for row in rows]
    head = [f"#{header}" for header in headers]
    assert cells(Table(rows, headers).to_html("horizontal")) == [head, *written]


@given(st.recursive(CELLS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner)))
def test_any_data_is_shown(data):
    table = Table.from_data(data, max_depth=3)
    Document(str(table.to_html()))
    assert isinstance(table.to_text(), str)


TEXTS = [
    ("rows", [{"id": 1, "name": "x"}, {"id": 22}], "id | name\n---|-----\n1  |  x\n22 |"),
    ("a record", {"a": 1, "long": 2}, "a | long\n--|-----\n1 |  2"),
    ("rows without headers", [[1, 2], [33, 4]], "1  | 2\n33 | 4"),
    ("a value of several lines", ["a\n  b\tc"], "a b c"),
    ("a long value", ["x" * 70], "x" * 57 + "..."),
    ("a record inside", [[{"a": {"b": [2, 3]}}, 4]], "{'a': {'b': [2, 3]}} | 4"),
]


@pytest.mark.parametrize(
    ("data", "expected"), [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS]
)
def test_a_table_can_be_shown_as_text(data, expected):
    assert Table.from_data(data).to_text() == expected


def test_text_can_be_cut_and_have_no_headers():
    assert Table([["abcdef", 2]], ["a", "b"]).to_text(False, maxlen=4) == "a... | 2"


def list_links():
    """Every link that is & was.

    Oldest first,
    by <date>.
    """


class Show:
    """Shows a link."""

    def __call__(self):
        return None


def page(context, endpoint=None, render=None):
    route = None if endpoint is None else SimpleNamespace(endpoint=endpoint)
    response = (render or TabularRender())(context, route)
    assert isinstance(response, Response)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return Document(response.get_data(as_text=True))


def test_a_page_is_a_complete_document():
    html = TabularRender()([1]).get_data(as_text=True)
    assert html.startswith("<!doctype html>\n")
    document = Document(html)
    assert document.attributes["html"] == [{"lang": "en"}]
    assert {"charset": "utf-8"} in document.attributes["meta"]
    (region,) = document.attributes["div"]
    assert region["role"] == "region"
    assert region["tabindex"] == "0"
    assert region["aria-label"] == document.text["h1"]


def test_a_page_has_name_and_docstring_of_the_endpoint_above_the_table():
    document = page([{"a": 1}, {"a": 2}], list_links)
    assert document.text["title"] == document.text["h1"] == "list_links"
    assert document.text["p"] == "Every link that is & was.Oldest first,\nby <date>.2 rows"
    assert document.rows == [["#a"], ["1"], ["2"]]


ENDPOINTS = [
    ("a partial", partial(list_links), "partial(list_links)", "Every link"),
    ("a callable object", Show(), "Show()", "Shows a link."),
    ("a lambda without a docstring", lambda: None, "<lambda>", "2 rows"),
]


@pytest.mark.parametrize(
    ("endpoint", "heading", "beginning"),
    [row[1:] for row in ENDPOINTS],
    ids=[row[0] for row in ENDPOINTS],
)
def test_a_page_names_endpoints_of_every_kind(endpoint, heading, beginning):
    document = page([1, 2], endpoint)
    assert document.text["h1"] == heading
    assert document.text["p"].startswith(beginning)


def test_a_page_without_a_route_has_a_general_heading():
    document = page([1, 2])
    assert (document.text["h1"], document.text["p"]) == ("Table", "2 rows")


@pytest.mark.parametrize(("rows", "shown"), [(0, "0 rows"), (2, "2 rows"), (1234, "1,234 rows")])
def test_a_page_shows_the_number_of_rows(rows, shown):
    assert page([1] * rows).text["p"] == shown


def test_a_page_does_not_count_the_fields_of_a_record():
    assert "p" not in page({"a": 1}).text


def test_a_page_links_to_the_json():
    html = TabularRender().page([1], None, "?a=1&format=json")
    link = {"rel": "alternate", "type": "application/json", "href": "?a=1&format=json"}
    assert Document(html).attributes["a"] == [link]


def test_a_page_can_show_a_table_object():
    assert page(Table([[1]], [])).rows == [["1"]]
    assert page(tableutils.Table([[1]], ["a"])).rows == [["#a", "1"]]


def test_a_page_nests_tables_four_deep():
    assert page({"a": NESTED}).rows == [["#a", "[|a|[|b|[|c|{'d': 1}]]]"]]


def test_the_depth_and_orientation_of_a_page_can_be_set():
    render = TabularRender(max_depth=1, orientation="horizontal")
    assert page(NESTED, render=render).rows == [["#a"], ["{'b': {'c': {'d': 1}}}"]]


def test_a_page_can_have_metadata_and_tables_of_another_type():
    render = TabularRender(table_type=Linked, with_metadata=True)
    assert page(["https://a"], render=render).attributes["a"] == [{"href": "https://a"}]
    table = Table([[1]], [], {"source": "db"})
    assert page(table, render=render).rows == [["#source", "db"], ["1"]]
    plain = TabularRender(table_type=tableutils.Table)
    data = ([1, {"b": [2]}], [3, 4])
    assert page(data, render=plain).rows == [["1", "[|b|[|2]]"], ["3", "4"]]
    assert data == ([1, {"b": [2]}], [3, 4])


def test_a_page_may_have_no_heading():
    document = page([1, 2], list_links, TabularRender(enable_title=False))
    assert document.text["title"] == "list_links"
    assert "h1" not in document.text
    assert document.text["p"] == "2 rows"
