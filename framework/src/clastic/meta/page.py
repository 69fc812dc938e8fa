"""Render the report on an application as an HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from boltons.strutils import bytes2human
from markupsafe import Markup

from clastic.explanation.routes import FunctionData, LayerData, RouteData, format_source
from clastic.json import as_mapping
from clastic.meta.peripherals import MetaPeripheral, SectionData, log_problem
from clastic.meta.report import LONGEST_SEARCH, MetaReport, RoutesData
from clastic.pages import element, html_page, join, scrollable, source_listing


def meta_page(report: MetaReport, peripherals: Sequence[MetaPeripheral], root: str) -> str:
    """Return the HTML document.

    :param peripherals: those that the sections of the report are from, in order
    :param root: the relative URL of the root of the application, with a slash at the end
    """
    sections = list(_sections(report, peripherals, root))
    links = (element("li", element("a", title, href=f"#{name}")) for name, title, _ in sections)
    main = (
        element("section", element("h2", title), content, id=name)
        for name, title, content in sections
    )
    body = element(
        "div",
        element("a", "Skip to the content", href="#content", class_="skip"),
        _header(report),
        element("nav", element("ul", *links), aria_label="Sections"),
        element("main", *main, id="content", tabindex="-1"),
        class_="meta",
    )
    stylesheet = element("link", rel="stylesheet", href="clastic_assets/common.css")
    return html_page(report.title, body, style=None, head=stylesheet)


def _sections(
    report: MetaReport, peripherals: Sequence[MetaPeripheral], root: str
) -> Iterator[tuple[str, str, Markup]]:
    """Return the id, the title and the content of each section."""
    yield "routes", "Routes", _routes(report.routes, root)
    for title, rows in {"Middlewares": report.middlewares, "Resources": report.resources}.items():
        yield title.lower(), title, scrollable(_show(rows), title)
    for number, (peripheral, data) in enumerate(zip(peripherals, report.sections, strict=True), 1):
        content = scrollable(_peripheral(peripheral, data), data.title)
        yield f"section-{number}", data.title, content


def _header(report: MetaReport) -> Markup:
    routes = report.routes
    query = urlencode({"find": routes.find, "page": routes.page})
    time = f"{report.gathered_at:%Y-%m-%d %H:%M:%S} UTC, "
    link = element("a", "the same as JSON", href=f"json/?{query}", type="application/json")
    title = element("h1", report.title)
    return element("header", title, element("p", time, link), _show(report.application))


def _peripheral(peripheral: MetaPeripheral, section: SectionData) -> Markup:
    """Return what the peripheral renders, by default its data."""
    if section.problem is not None:
        return element("p", section.problem, class_="problem")
    if section.unavailable is not None:
        return element("p", section.unavailable, class_="soft")
    try:
        render = getattr(peripheral, "render", None)  # An object of another type may have none.
        rendered = None if render is None else render(section.data)
        return _show(section.data) if rendered is None else join(rendered)
    except Exception as error:  # An error in a peripheral must not break the page.
        return element("p", log_problem(error, peripheral), class_="problem")


def _routes(routes: RoutesData, root: str) -> Markup:
    is_open = routes.matching == 1
    items = (element("li", _route(route, root, is_open)) for route in routes.items)
    return join(
        _search_form(routes),
        element(
            "p", f"{routes.matching:,} of {routes.total:,} routes, in the order they are tried."
        ),
        element("ol", *items, class_="routes"),
        _page_links(routes) if routes.pages > 1 else None,
    )


def _search_form(routes: RoutesData) -> Markup:
    field = element(
        "input",
        type="search",
        id="find",
        name="find",
        value=routes.find,
        maxlength=LONGEST_SEARCH,
        placeholder="method, pattern, endpoint, file",
    )
    return element(
        "form",
        element("label", "Find routes", for_="find"),
        field,
        element("button", "Find"),
        element("a", "Show all", href="?#routes") if routes.find else None,
        action="#routes",
        role="search",
    )


def _page_links(routes: RoutesData) -> Markup:
    page, pages = routes.page, routes.pages
    items = [element("span", f"Page {page:,} of {pages:,}", aria_current="page")]
    targets = {"First": 1, "Previous": page - 1, "Next": page + 1, "Last": pages}
    for text, target in targets.items():
        if 1 <= target <= pages and target != page:
            query = urlencode({"find": routes.find, "page": target})
            items.append(element("a", text, href=f"?{query}#routes"))
    return element(
        "nav", element("ul", *(element("li", each) for each in items)), aria_label="Pages of routes"
    )


def _route(route: RouteData, root: str, is_open: bool) -> Markup:
    methods = (element("span", method) for method in route.methods or ("any method",))
    summary = element(
        "summary",
        element("span", f"{route.number:,}.", class_="number"),
        element("code", route.pattern, class_="pattern"),
        element("span", *methods, class_="methods"),
        element("span", _function(route.endpoint)),
    )
    figure = element(
        "figure",
        element("figcaption", "Functions that run, the outermost first"),
        _layers(route.layers),
        tabindex="0",
        aria_label=f"Functions that run for {route.pattern}",
    )
    source = source_listing(enumerate(route.source.splitlines(), 1), current=0)
    compiled = element("details", element("summary", "Compiled function"), source)
    return element("details", summary, _route_facts(route, root), figure, compiled, open=is_open)


def _route_facts(route: RouteData, root: str) -> Markup:
    facts: dict[str, object] = {
        "summary": route.endpoint.summary,
        "render": route.render,
        "template": route.template,
        "slash_mode": route.slash_mode,
    }
    if route.render_error:
        facts["render_error"] = join(_function(route.render_error), _arguments(route.render_error))
    if "<" not in route.pattern and (route.methods is None or "GET" in route.methods):
        address = root + quote(route.pattern.lstrip("/"))
        facts["address"] = element("a", route.pattern, href=address)
    return _show({name: fact for name, fact in facts.items() if fact is not None})


def _layers(layers: Iterable[LayerData]) -> Markup:
    return element("ol", *map(_layer, layers))


def _layer(layer: LayerData) -> Markup:
    return element(
        "li",
        element("p", element("span", layer.role, class_="role"), " ", _function(layer.function)),
        _arguments(layer.function),
        element("p", "provides ", _show(layer.provides)) if layer.provides else None,
        _layers(layer.inner) if layer.inner else None,
        class_=layer.side,
    )


def _arguments(function: FunctionData) -> Markup | None:
    if not function.arguments:
        return None
    items = (
        element(
            "li", element("code", name), " ", element("span", format_source(source), class_="soft")
        )
        for name, source in function.arguments.items()
    )
    return element("ul", *items, class_="arguments", aria_label="Arguments")


def _function(function: FunctionData) -> Markup:
    """Return the name and the place of a function."""
    name = element("code", function.name)
    place = function.place
    return name if place is None else join(name, " ", element("span", place, class_="soft"))


def _show(value: Any, name: str = "") -> Markup:
    """Return a value of the report: text, a list, a table, or a list of names and values.

    :param name: the name of the value, which tells the unit of a number
    """
    if value is None or value in ("", [], (), {}):
        return element("span", "none", class_="soft")
    if isinstance(value, FunctionData):
        return _function(value)
    if isinstance(value, (list, tuple)):
        records = [record for member in value if (record := as_mapping(member))]
        if len(records) == len(value):
            return _table(records)
        return Markup(", ").join(_show(member, name) for member in value)
    if members := as_mapping(value):
        pairs = (
            join(element("dt", _label(key)), element("dd", _show(member, key)))
            for key, member in members.items()
        )
        return element("dl", *pairs, class_="values")
    if isinstance(value, bool):
        return join("yes" if value else "no")
    return join(_number(value, name) if isinstance(value, (int, float)) else value)


def _table(records: Sequence[Mapping[str, Any]]) -> Markup:
    """Return a table with a row for each record and a column for each name in any of them."""
    names = list(dict.fromkeys(name for record in records for name in record))
    head = element("tr", *(element("th", _label(name), scope="col") for name in names))
    rows = (
        element(
            "tr",
            element("th", _show(record.get(names[0]), names[0]), scope="row"),
            *(element("td", _show(record.get(name), name)) for name in names[1:]),
        )
        for record in records
    )
    return element("table", element("thead", head), element("tbody", *rows))


def _label(name: str) -> str:
    """Return the name of a value as a label: ``uptime_seconds`` is ``Uptime``."""
    label = name.removesuffix("_bytes").removesuffix("_seconds").replace("_", " ")
    return label[:1].upper() + label[1:]


def _number(value: float, name: str) -> str:
    if name.endswith("_seconds"):
        is_long = 60 <= value < 1e12  # A timedelta has a limit.
        return str(timedelta(seconds=round(value))) if is_long else f"{value:.3g} s"
    if name.endswith("_bytes"):
        return str(bytes2human(value, 1))
    return str(value)
