"""Renders: basic, JSON, tables and templates."""

from __future__ import annotations

import json
import tempfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from asking import Answers, ask, ask_once, attempt

from clastic import Application, Response, render_basic, render_json, render_json_dev
from clastic.render import AshesRenderFactory, BasicRender, JSONPRender, JSONRender, TabularRender
from clastic.render.mako_templates import MakoRenderFactory

HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


class Thing:
    def __str__(self):
        return "a thing"

    def __repr__(self):
        return "<thing>"


VALUES = {
    "text": "hello",
    "html": "<b>hi</b>",
    "empty": "",
    "bytes": b"bytes",
    "none": None,
    "int": 7,
    "float": 1.5,
    "true": True,
    "list": [1, "two", None],
    "empty list": [],
    "empty dict": {},
    "tuple": (1, 2),
    "set": {1},
    "dict": {"a": 1, "b": {"c": [2, 3]}},
    "rows": [{"a": 1, "b": 2}, {"a": 3, "b": 4}],
    "lists": [["a", "b"], [1, 2]],
    "object": Thing(),
    "object inside": {"o": Thing()},
    "date": {"d": date(2020, 1, 2), "t": datetime(2020, 1, 2, 3, 4, 5)},
    "decimal": {"d": Decimal("1.50")},
    "keys": {1: "one"},
    "generator": (n for n in range(3)),
}


def basic() -> Answers:
    for label, value in VALUES.items():
        app = Application([("/", lambda value=value: value, render_basic)])
        if label != "generator":
            for accept in ("*/*", "application/json", "text/html", HTML["Accept"], "text/plain"):
                answer = ask_once(app, "GET /", headers={"Accept": accept})
                yield f"{label} as {accept}", answer
        yield f"{label} by default", ask_once(app, "GET /")
        if label != "generator":
            yield f"{label} by query", ask_once(app, "GET /?format=json")


def responses() -> Answers:
    app = Application(
        [
            ("/plain", lambda: Response("as it is"), render_basic),
            ("/none", lambda: "not a response"),
            ("/dict", lambda: Response({"a": 1})),
            ("/tuple", lambda: ([1], 201), render_json),
            ("/keys", lambda: {1: "a", "1": "b"}, render_json),
            ("/status", lambda: Response("made", status=201, mimetype="text/css"), render_json),
        ]
    )
    yield from ask(
        app, "GET /plain", "GET /status", "GET /none", "GET /dict", "GET /tuple", "GET /keys"
    )
    posted = Application([("/", lambda request: request.get_json(force=True), render_json)])
    yield "NaN", ask_once(posted, "POST /", data="[NaN]")


def as_json() -> Answers:
    app = Application(
        [
            ("/json", lambda: {"a": [1, None, "é"]}, render_json),
            ("/dev", lambda: {"a": [1, None, "é"]}, render_json_dev),
            ("/dev/object", lambda: {"o": Thing()}, render_json_dev),
            ("/object", lambda: {"o": Thing()}, render_json),
            ("/jsonp", lambda: {"a": 1}, JSONPRender()),
            ("/other", lambda: {"a": 1}, JSONPRender("cb")),
            ("/stream", lambda: {"a": 1}, JSONRender(streaming=True)),
            ("/list", lambda: [1, 2], render_json),
            ("/set", lambda: {1}, render_json),
        ]
    )
    yield from ask(
        app, "GET /json", "GET /dev", "GET /dev/object", "GET /object", "GET /jsonp",
        "GET /jsonp?callback=f", "GET /jsonp?callback=", "GET /other?cb=f", "GET /stream",
        "GET /list", "GET /set",
    )  # fmt: skip


class Named:
    def __init__(self, name):
        self.name = name


class OwnJSON(JSONRender):
    def __call__(self, context):
        parts = self.json_encoder.iterencode(context)
        return Response("".join(parts), mimetype="application/json")


def json_members() -> Answers:
    yield from ask(Application([("/", lambda: {"a": 1}, OwnJSON())]), "GET /")
    render = JSONRender(streaming=True, dev_mode=True, encoding="utf-8")
    yield "members", attempt(lambda: [render.streaming, render.dev_mode, render.encoding])
    yield "encoder", attempt(lambda: json.loads(render.json_encoder.encode({"a": 1})))
    yield "jsonp", attempt(lambda: isinstance(JSONPRender(), JSONRender))


def tables() -> Answers:
    rows = [{"a": 1, "b": "<i>"}, {"a": 3, "b": 4}]
    for label, make in {
        "tabular": lambda: TabularRender(),
        "depth": lambda: TabularRender(max_depth=2, orientation="vertical"),
        "basic": lambda: BasicRender(),
        "parts": lambda: BasicRender(tabular_render=TabularRender(), json_render=JSONRender()),
        "factory": lambda: BasicRender.factory()(None),
    }.items():
        made = attempt(lambda make=make: callable(make()))
        yield label, made
        if "value" in made:
            app = Application([("/", lambda: rows, make())])
            yield f"{label} response", ask_once(app, "GET /", headers=HTML)

    from clastic.render import Table

    table = attempt(lambda: Table([[1, 2], [3, 4]], headers=["a", "b"]).to_html().count("<td"))
    yield "cells", table

    class Marked(Table):
        def get_cell_html(self, value):
            return f"<i>{value}</i>"

    yield "own cells", attempt(lambda: Marked([[1, 2]]).to_html().count("<i>"))
    table = Table([[1, 2]], headers=["a", "b"])
    yield "extend", attempt(lambda: table.extend([[3, 4]]) or len(table))
    options = {"with_headers": False, "orientation": "vertical", "max_depth": 2}
    yield "html options", attempt(lambda: "<th" in table.to_html(**options))
    yield "from object", attempt(lambda: "name" in str(Table.from_object(Named("Ann")).headers))
    for label, make in {
        "enable_title": lambda: TabularRender(enable_title=False),
        "table_type": lambda: TabularRender(table_type=Marked),
        "basic table_type": lambda: BasicRender(table_type=Marked),
    }.items():
        yield label, attempt(lambda make=make: callable(make()))
    yield "render_response", attempt(lambda: callable(render_basic.render_response))
    yield "from dict", attempt(lambda: len(Table.from_dict({"a": 1, "b": 2})))
    yield "from data", attempt(lambda: Table.from_data([{"a": 1}, {"a": 2}]).headers)


def ashes() -> Answers:
    with tempfile.TemporaryDirectory() as folder:
        templates = Path(folder)
        (templates / "home.html").write_text('<p>Hello, {name}!{>"part.html"/}</p>')
        (templates / "part.html").write_text("part")
        factory = AshesRenderFactory(folder)
        yield "env", attempt(lambda: factory.env.render("home.html", {"name": "Ann"}))
        app = Application(
            [("/<name>", lambda name: {"name": name}, "home.html")], render_factory=factory
        )
        yield from ask(app, "GET /Ann", "GET /%3Cb%3E")
        yield "missing", attempt(lambda: type(factory("none.html")).__name__)
        yield "env given", attempt(lambda: bool(AshesRenderFactory(folder, env=factory.env)))
        yield "default_mime", attempt(lambda: bool(AshesRenderFactory(folder, "text/plain")))
        yield "no folder", attempt(lambda: type(AshesRenderFactory(folder + "/none")).__name__)


def empty():
    return {}


def mako() -> Answers:
    with tempfile.TemporaryDirectory() as folder:
        templates = Path(folder)
        (templates / "home.html").write_text(
            "<p>${name or 'nobody'}</p>\n% if other:\nyes\n% endif\n"
        )
        (templates / "shown.html").write_text("${missing}")
        (templates / "name.html").write_text("${name}")
        factory = MakoRenderFactory(folder)
        app = Application(
            [
                ("/empty", empty, "home.html"),
                ("/shown", empty, "shown.html"),
                ("/<name>", lambda name: {"name": name}, "name.html"),
            ],
            render_factory=factory,
        )
        yield from ask(app, "GET /empty", "GET /Ann", "GET /%3Cb%3E")
        yield "undefined", {"status": ask_once(app, "GET /shown")["status"]}
        options = {"format_exceptions": True, "input_encoding": "utf-8"}
        yield "options", attempt(lambda: bool(MakoRenderFactory(folder, **options)))
        yield "lookup", attempt(lambda: factory.lookup.get_template("name.html").render(name="Ann"))
        yield "missing", attempt(lambda: type(factory("none.html")).__name__)
