"""The page of meta: all of a report as one HTML document, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup

from clastic.meta.collection import Report
from clastic.meta.part_views import middleware_table, overview, resource_table
from clastic.meta.routes_box import routes_box
from clastic.meta.value_view import label
from clastic.pages import element

APPLICATION = "application"


class Box(NamedTuple):
    """A section of the page.

    :param anchor: its id
    :param group: the key of the group it stands in
    """

    anchor: str
    group: str
    title: str
    inside: Markup


def meta_page(report: Report, rendered: Iterable[Markup], root: str) -> str:
    """Return the document.

    :param rendered: the inside of the box of each section of the report
    :param root: the relative URL of the root of the application, with a slash at its end
    """
    boxes = [*_application_boxes(report, root), *_section_boxes(report, rendered)]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", report.title),
        element("link", rel="stylesheet", href="assets/meta.css"),
    )
    body = element(
        "body",
        element("a", "Skip to the content", href="#content", class_="skip"),
        element("header", element("h1", report.title), overview(report), _json_link(report)),
        _navigation(boxes),
        element("main", *_groups(boxes), id="content", tabindex="-1"),
        element("footer", f"Gathered {report.gathered_at:%Y-%m-%d %H:%M:%S} UTC."),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _application_boxes(report: Report, root: str) -> Iterator[Box]:
    yield Box("routes", APPLICATION, "Routes", routes_box(report, root))
    yield Box("middlewares", APPLICATION, "Middlewares", middleware_table(report.middlewares))
    yield Box("resources", APPLICATION, "Resources", resource_table(report.resources))


def _section_boxes(report: Report, rendered: Iterable[Markup]) -> Iterator[Box]:
    pairs = zip(report.sections, rendered, strict=True)
    for number, (section, inside) in enumerate(pairs, 1):
        yield Box(f"section-{number}", section.group_key, section.title, inside)


def _navigation(boxes: Sequence[Box]) -> Markup:
    groups = [
        element(
            "li",
            element("p", label(key), class_="group"),
            element("ul", *map(_link, members), role="list"),
        )
        for key, members in groupby(boxes, attrgetter("group"))
    ]
    return element("nav", element("ul", *groups, role="list"), aria_label="Sections")


def _link(box: Box) -> Markup:
    return element("li", element("a", box.title, href=f"#{box.anchor}"))


def _groups(boxes: Sequence[Box]) -> Iterator[Markup]:
    for key, members in groupby(boxes, attrgetter("group")):
        class_ = None if key == APPLICATION else "boxes"
        yield element("div", *map(_section, members), class_=class_)


def _section(box: Box) -> Markup:
    heading = f"{box.anchor}-title"
    title = element("h2", box.title, id=heading)
    return element("section", title, box.inside, id=box.anchor, aria_labelledby=heading)


def _json_link(report: Report) -> Markup:
    routes = report.routes
    query = urlencode({"find": routes.find, "page": routes.page, "size": routes.size})
    url = f"json/?{query}"
    link = element("a", "The same as JSON", href=url, rel="alternate", type="application/json")
    return element("p", link)
