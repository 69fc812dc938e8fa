"""The contract of the template factories: each scenario in the syntax of each engine."""

from __future__ import annotations

import builtins
import html
import importlib
import os
import re
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clastic import Application
from clastic.render import TemplateError
from clastic.render.ashes_templates import AshesRenderFactory
from clastic.render.chameleon_templates import ChameleonRenderFactory
from clastic.render.jinja2_templates import Jinja2RenderFactory
from clastic.render.mako_templates import MakoRenderFactory


@dataclass(frozen=True)
class Engine:
    """An engine, and what the scenarios need in its syntax.

    loop: shows ``name`` of each of ``rows``, in brackets
    child: extends ``base.html`` with "Links of" and ``name`` as its title
    base: has a title in "<h1>", which is "Links" by default
    broken: does not compile
    open_names: includes by names made of ``kind``, with beginning and end, with a beginning, alone
    """

    name: str
    factory: Callable[..., Any]
    variable: str
    raw: str
    include: str
    loop: str
    child: str
    base: str
    broken: str
    reason: str
    open_names: tuple[str, str, str]

    def var(self, name: str = "name") -> str:
        return self.variable.replace("NAME", name)

    def part(self, name: str = "part.html") -> str:
        return self.include.replace("NAME", name)


ASHES = Engine(
    "ashes",
    AshesRenderFactory,
    variable="{NAME}",
    raw="{name|s}",
    include='{>"NAME"/}',
    loop="{#rows}[{name}]{/rows}",
    child='{>"base.html"/}{<title}Links of {name}{/title}',
    base="<h1>{+title}Links{/title}</h1>",
    broken="{#rows}",
    reason="unclosed tag: '{#rows}'",
    open_names=('{>"parts/{kind}.html"/}', '{>"parts/{kind}"/}', '{>"{kind}"/}'),
)
JINJA2 = Engine(
    "jinja2",
    Jinja2RenderFactory,
    variable="{{ NAME }}",
    raw="{{ name|safe }}",
    include='{% include "NAME" %}',
    loop="{% for row in rows %}[{{ row.name }}]{% endfor %}",
    child='{% extends "base.html" %}{% block title %}Links of {{ name }}{% endblock %}',
    base="<h1>{% block title %}Links{% endblock %}</h1>",
    broken="{{ name",
    reason="unexpected end of template, expected 'end of print statement'",
    open_names=(
        '{% include "parts/" ~ kind ~ ".html" %}',
        '{% include "parts/" + kind %}',
        "{% include kind %}",
    ),
)
MAKO = Engine(
    "mako",
    MakoRenderFactory,
    variable="${NAME}",
    raw="${name | n}",
    include='<%include file="NAME"/>',
    loop="\\\n% for row in rows:\n[${row['name']}]\\\n% endfor\n",
    child='<%inherit file="base.html"/><%block name="title">Links of ${name}</%block>',
    base='<h1><%block name="title">Links</%block></h1>',
    broken="${name name}",
    reason="invalid syntax",
    open_names=(
        '<%include file="parts/${kind}.html"/>',
        '<%include file="parts/${kind}"/>',
        '<%include file="${kind}"/>',
    ),
)
CHAMELEON = Engine(
    "chameleon",
    ChameleonRenderFactory,
    variable="${NAME}",
    raw="${structure: name}",
    include='<tal:part metal:use-macro="load: NAME"/>',
    loop='<tal:row repeat="row rows">[${row["name"]}]</tal:row>',
    child='<tal:page metal:use-macro="load: base.html">'
    '<tal:title metal:fill-slot="title">Links of ${name}</tal:title></tal:page>',
    base='<h1><tal:title metal:define-slot="title">Links</tal:title></h1>',
    broken="${name name}",
    reason="invalid syntax",
    open_names=(
        '<tal:part metal:use-macro="load: parts/${kind}.html"/>',
        '<tal:part metal:use-macro="load: parts/${kind}"/>',
        '<tal:part metal:use-macro="load: ${kind}"/>',
    ),
)
ENGINES = (ASHES, JINJA2, MAKO, CHAMELEON)
OPTIONAL = ENGINES[1:]
UNSAFE = "<b>\"'&"


def named(*engines: Engine) -> list[Any]:
    return [pytest.param(engine, id=engine.name) for engine in engines]


@pytest.fixture(params=named(*ENGINES))
def engine(request):
    return request.param


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write templates into ``templates`` below the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("templates").mkdir()

    def write_templates(texts: Mapping[str, str]) -> None:
        for name, text in texts.items():
            file = Path("templates", name)
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")

    return write_templates


def body(render, **context):
    return render(context).get_data(as_text=True)


def filled(engine, texts, **context):
    """Return the page of ``main.html``, without the line breaks that engines add or take away."""
    return body(engine.factory(templates=texts)("main.html"), **context).strip()


def refusal(factory, name="main.html"):
    with pytest.raises(TemplateError) as caught:
        factory(name)
    return str(caught.value).replace(os.sep, "/")


def show_name(name):
    return {"name": name}


class TestPages:
    def test_a_template_renders_the_page_of_a_route(self, engine, write):
        write({"main.html": f"<p>{engine.var()}</p>"})
        factory = engine.factory("templates")
        app = Application([("/<name>", show_name, "main.html")], render_factory=factory)
        response = app.get_local_client().get("/<Zoë>")
        assert response.text == "<p>&lt;Zoë&gt;</p>"
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"

    @pytest.mark.parametrize(
        ("name", "default_mime", "content_type"),
        [
            pytest.param("main", None, "text/html; charset=utf-8", id="HTML by default"),
            pytest.param("main", "text/css", "text/css; charset=utf-8", id="the default"),
            pytest.param("main.pt", "text/css", "text/css; charset=utf-8", id="of an engine"),
            pytest.param("feed.xml", "text/css", "text/xml; charset=utf-8", id="XML"),
            pytest.param("main.htm", "text/css", "text/html; charset=utf-8", id="HTML"),
            pytest.param("data.json", None, "application/json", id="JSON"),
        ],
    )
    def test_the_extension_decides_on_the_media_type(
        self, engine, name, default_mime, content_type
    ):
        factory = engine.factory(None, default_mime, templates={name: "<p/>"})
        assert factory(name)({}).headers["Content-Type"] == content_type

    def test_values_are_shown(self, engine):
        render = engine.factory(templates={"main.html": f"[{engine.var()}]"})("main.html")
        for value in ["plain", "Zoë", "日本語", "😀", "{name}", "${name}", "", 3]:
            assert body(render, name=value).strip() == f"[{value}]"

    def test_the_text_of_a_template_is_not_changed(self, engine, write):
        write({"main.html": "<p>Zoë 日本語 😀 &eacute;</p>"})
        page = body(engine.factory("templates")("main.html"))
        assert page == "<p>Zoë 日本語 😀 &eacute;</p>"

    def test_a_template_can_be_empty(self, engine):
        assert filled(engine, {"main.html": ""}) == ""

    def test_rows_are_shown_one_by_one(self, engine):
        rows = [{"name": "a"}, {"name": "<"}, {"name": 3}]
        page = filled(engine, {"main.html": engine.loop}, rows=rows)
        assert page.replace("\n", "") == "[a][&lt;][3]"

    def test_an_include_shares_the_context(self, engine):
        texts = {"main.html": f"({engine.part()})", "part.html": engine.var()}
        assert filled(engine, texts, name="x") == "(x)"

    def test_an_include_in_a_folder_below_is_found(self, engine, write):
        write({"main.html": f"({engine.part('parts/part.html')})", "parts/part.html": "part"})
        assert body(engine.factory("templates")("main.html")) == "(part)"

    def test_an_include_in_another_folder_is_found(self, engine, write, tmp_path):
        write({"main.html": f"({engine.part()})"})
        (tmp_path / "shared").mkdir()
        (tmp_path / "shared/part.html").write_text("shared", encoding="utf-8")
        assert body(engine.factory(["templates", "shared"])("main.html")) == "(shared)"

    def test_a_template_fills_the_blocks_of_its_base(self, engine):
        texts = {"main.html": engine.child, "base.html": engine.base}
        assert filled(engine, texts, name="<x>") == "<h1>Links of &lt;x&gt;</h1>"

    def test_a_base_has_default_blocks(self, engine):
        assert filled(engine, {"main.html": engine.base}) == "<h1>Links</h1>"

    def test_factories_share_nothing(self, engine):
        one = engine.factory(templates={"main.html": "one"})("main.html")
        two = engine.factory(templates={"main.html": "two"})("main.html")
        assert (body(one), body(two)) == ("one", "two")

    def test_a_template_can_be_requested_twice(self, engine):
        factory = engine.factory(templates={"main.html": "one"})
        assert body(factory("main.html")) == body(factory("main.html")) == "one"


class TestEscaping:
    def test_values_are_escaped_by_default(self, engine):
        texts = {
            "a value": {"main.html": engine.var()},
            "an include": {"main.html": engine.part(), "part.html": engine.var()},
            "a name without .html": {"main.html": engine.part("a.txt"), "a.txt": engine.var()},
        }
        for case, templates in texts.items():
            page = filled(engine, templates, name=UNSAFE)
            assert "<" not in page, case
            assert html.unescape(page) == UNSAFE, case

    def test_attributes_are_escaped(self, engine):
        page = filled(engine, {"main.html": f'<p title="{engine.var()}">'}, name=UNSAFE)
        value = page.removeprefix('<p title="').removesuffix('">')
        assert not {"<", '"'}.intersection(value)
        assert html.unescape(value) == UNSAFE

    def test_values_in_loops_are_escaped(self, engine):
        page = filled(engine, {"main.html": engine.loop}, rows=[{"name": UNSAFE}])
        assert "<" not in page
        assert html.unescape(page) == f"[{UNSAFE}]"

    def test_escaping_can_be_turned_off_in_a_template(self, engine):
        assert filled(engine, {"main.html": engine.raw}, name=UNSAFE) == UNSAFE


class TestConstructionErrors:
    def test_a_name_that_is_not_a_string_is_refused(self, engine):
        assert refusal(engine.factory(), 3) == (
            "Template 3 is not the name of a template.\n  Pass a string, or a callable."
        )

    def test_a_template_that_does_not_exist_is_refused(self, engine, write):
        write({"home.html": "", "about.html": ""})
        assert refusal(engine.factory("templates"), "hoem.html") == (
            "Template 'hoem.html' does not exist in templates.\n"
            "  Available here: home.html, about.html. Did you mean 'home.html'?\n"
            "  Correct the name, or create the template."
        )

    def test_a_template_outside_of_the_folders_is_refused(self, engine, write):
        write({"main.html": "", "parts/part.html": ""})
        Path("secret.html").write_text("secret", encoding="utf-8")
        for name in ["../secret.html", "/etc/passwd", "parts/../../secret.html"]:
            message = refusal(engine.factory("templates"), name)
            assert message.startswith(f"Template '{name}' does not exist in templates.")

    def test_an_include_that_does_not_exist_is_refused(self, engine, write):
        write({"main.html": f"<p>\n{engine.part('prat.html')}", "part.html": ""})
        assert refusal(engine.factory("templates")) == (
            "Template 'main.html' (templates/main.html:2) uses 'prat.html', which "
            "does not exist in templates.\n"
            "  Available here: part.html, main.html. Did you mean 'part.html'?\n"
            "  Correct the name, or create the template."
        )

    def test_a_base_that_does_not_exist_is_refused(self, engine):
        message = refusal(engine.factory(templates={"main.html": engine.child}))
        assert message.startswith("Template 'main.html' (line 1) ")
        assert " 'base.html', which does not exist in the templates given.\n" in message

    def test_a_template_that_does_not_compile_is_refused(self, engine, write):
        write({"main.html": f"<p>\n  {engine.broken}"})
        assert refusal(engine.factory("templates")) == (
            "Template 'main.html' (templates/main.html:2) does not compile: "
            f"{engine.reason}.\n  The line to correct is: {engine.broken}"
        )

    def test_an_include_that_does_not_compile_is_refused(self, engine, write):
        write({"main.html": engine.part(), "part.html": f"\n\n{engine.broken}"})
        assert refusal(engine.factory("templates")) == (
            "Template 'part.html' (templates/part.html:3) does not compile: "
            f"{engine.reason}.\n  The line to correct is: {engine.broken}"
        )

    def test_an_include_that_is_not_text_is_refused(self, engine, write):
        write({"main.html": engine.part()})
        Path("templates/part.html").write_bytes(b"\xff\xd8")
        assert "cannot be read: 'utf-8' codec can't decode" in refusal(engine.factory("templates"))

    def test_all_problems_are_reported_at_once(self, engine, write):
        write(
            {
                "main.html": engine.part("nothing.html") + engine.part(),
                "part.html": engine.part("base.html") + engine.part("no.html"),
                "base.html": engine.broken,
            }
        )
        with pytest.raises(TemplateError) as caught:
            engine.factory("templates")("main.html")
        assert [problem.what for problem in caught.value.problems] == [
            "uses 'nothing.html', which does not exist in templates",
            f"does not compile: {engine.reason}",
            "uses 'no.html', which does not exist in templates",
        ]

    def test_a_template_that_was_refused_is_refused_again(self, engine):
        texts = {"main.html": engine.part() + engine.part("nothing.html"), "part.html": "part"}
        factory = engine.factory(templates=texts)
        assert refusal(factory) == refusal(factory)
        assert body(factory("part.html")) == "part"

    def test_a_folder_that_does_not_exist_is_refused(self, engine, write):
        with pytest.raises(TemplateError, match=r"^Template path 'tmeplates' is not a directory\."):
            engine.factory("tmeplates")


OPEN_TEXTS = {
    "parts/a.html": "A",
    "parts/b.html": "B",
    "parts/c.txt": "not a page",
}


class TestNamesMadeAtRunTime:
    @pytest.mark.parametrize(
        ("index", "kind", "expected"),
        [(0, "a", "A"), (1, "b.html", "B"), (2, "parts/b.html", "B")],
        ids=["with a beginning and an end", "with a beginning", "alone"],
    )
    def test_templates_for_names_made_at_run_time_are_loaded_at_construction(
        self, engine, write, index, kind, expected
    ):
        write({**OPEN_TEXTS, "main.html": engine.open_names[index], "parts/c.txt": engine.broken})
        render = engine.factory("templates")("main.html")
        shutil.rmtree("templates")
        assert body(render, kind=kind).strip() == expected

    def test_a_name_without_an_extension_means_a_file_without_one(self, engine, write):
        write({"photo.png": engine.broken})
        texts = {"main": engine.open_names[2], "part": "part"}
        factory = engine.factory("templates", templates=texts)
        assert body(factory("main"), kind="part").strip() == "part"

    def test_a_broken_template_for_a_name_made_at_run_time_is_refused(self, engine, write):
        write({**OPEN_TEXTS, "main.html": engine.open_names[0], "parts/c.html": engine.broken})
        message = refusal(engine.factory("templates"))
        assert message.startswith("Template 'parts/c.html' (templates/parts/c.html:1) does not")

    def test_a_name_made_at_run_time_that_does_not_exist_is_an_error(self, engine):
        render = engine.factory(templates={"main.html": engine.open_names[0]})("main.html")
        with pytest.raises(Exception, match=r"parts/a\.html"):
            render({"kind": "a"})

    def test_a_name_made_at_run_time_must_exist_at_construction(self, engine, write, capsys):
        write({**OPEN_TEXTS, "main.html": engine.open_names[0]})
        Path("secret.html").write_text("secret", encoding="utf-8")
        render = engine.factory("templates")("main.html")
        write({"parts/c.html": "C"})
        for kind in ["c", "../../secret"]:
            with pytest.raises(Exception, match=kind.rpartition("/")[2]):
                render({"kind": kind})
        assert capsys.readouterr().out == ""


class TestDisk:
    def test_nothing_is_read_after_construction(self, engine, write, monkeypatch):
        write({"main.html": engine.child + engine.part(), "base.html": engine.base})
        write({"part.html": engine.var()})
        render = engine.factory("templates")("main.html")
        expected = body(render, name="x")
        shutil.rmtree("templates")

        def refuse(*args, **options):
            raise OSError(f"the disk is touched: {args}")

        with monkeypatch.context() as patch:
            for module, name in [(builtins, "open"), (os, "stat"), (os, "scandir"), (os, "open")]:
                patch.setattr(module, name, refuse)
            again = render({"name": "x"}).get_data(as_text=True)
        assert again == expected
        assert "Links of x" in again

    def test_changes_on_disk_have_no_effect(self, engine, write):
        write({"main.html": "old"})
        render = engine.factory("templates")("main.html")
        write({"main.html": "new!"})
        assert body(render) == "old"


class TestWatchedFiles:
    def test_the_watched_files_are_those_that_were_read(self, engine, write):
        write({"main.html": engine.part(), "part.html": "part", "other.html": "other"})
        factory = engine.factory("templates", templates={"given.html": "given"})
        render = factory("main.html")
        factory("given.html")
        expected = {Path.cwd() / "templates/main.html", Path.cwd() / "templates/part.html"}
        assert set(factory.watched_files) == set(render.watched_files) == expected


def shown(error):
    """Return a traceback with the notes of the error, which Python shows from 3.11 on."""
    notes = "\n".join(getattr(error, "__notes__", ()))
    return "".join(traceback.format_exception(error)).replace(os.sep, "/") + notes


def lines_of(error):
    """Return the templates and lines that an error shows, by a traceback, a note or its text."""
    places = re.findall(r"(\w+)\.html\W+(?:Location:\W+)?line (\d+)", shown(error))
    return sorted({(name, int(line)) for name, line in places})


class TestErrorsOfRendering:
    @pytest.fixture(params=named(*OPTIONAL))
    def engine(self, request):
        """An engine for which an undefined name is an error."""
        return request.param

    def test_an_error_names_the_undefined_name_and_the_template(self, engine):
        render = engine.factory(templates={"main.html": f"\n{engine.var('nmae')}"})("main.html")
        with pytest.raises(Exception, match="nmae") as caught:
            render({"name": "x"})
        assert "<template 'main.html'>" in shown(caught.value)

    def test_an_error_shows_the_line_of_a_call_that_fails(self, engine, write):
        write({"main.html": f"<p>\n\n\n{engine.var('fail()')}</p>"})
        render = engine.factory("templates")("main.html")
        with pytest.raises(ZeroDivisionError) as caught:
            render({"fail": lambda: 1 // 0})
        assert lines_of(caught.value) == [("main", 4)]

    def test_an_error_shows_the_lines_of_including_templates(self, engine, write):
        write(
            {"main.html": f"\n<p>{engine.part()}</p>", "part.html": f"\n\n{engine.var('fail()')}"}
        )
        render = engine.factory("templates")("main.html")
        with pytest.raises(ZeroDivisionError) as caught:
            render({"fail": lambda: 1 // 0})
        assert lines_of(caught.value) == [("main", 2), ("part", 3)]


class TestPackages:
    def test_engines_are_not_imported_with_the_framework(self):
        program = "import sys, clastic, clastic.render\nclastic.render.AshesRenderFactory\n"
        program += "print(*sys.modules)"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
        assert not {engine.name for engine in OPTIONAL}.intersection(done.stdout.decode().split())

    @pytest.mark.parametrize("engine", named(*OPTIONAL))
    def test_an_engine_that_is_not_installed_is_named(self, engine, monkeypatch):
        module = f"clastic.render.{engine.name}_templates"
        for name in [*sys.modules]:
            if name == module or name.split(".")[0] == engine.name:
                monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, engine.name, None)
        with pytest.raises(ModuleNotFoundError) as caught:
            importlib.import_module(module)
        assert str(caught.value) == (
            f"{engine.factory.__name__} needs the package {engine.name}, which is not installed.\n"
            f"  Install it: pip install 'clastic[{engine.name}]'"
        )
