"""Mako templates: Python, defs, relative names, options, names that Mako reserves."""

from __future__ import annotations

import re
import sys

import mako.cache
import pytest
from mako.exceptions import TopLevelLookupException
from markupsafe import Markup

from clastic.render import TemplateError
from clastic.render.mako_templates import MakoRenderFactory


def filled(texts, context=(), **options):
    if isinstance(texts, str):
        texts = {"main": texts}
    render = MakoRenderFactory(templates=texts, **options)("main")
    return render(dict(context)).get_data(as_text=True).strip()


def lines_of(caught):
    """Return the lines of the templates in the note of an error."""
    return [int(line) for line in re.findall(r'", line (\d+)', caught.value.__notes__[0])]


def refusal(texts, **options):
    if isinstance(texts, str):
        texts = {"main": texts}
    with pytest.raises(TemplateError) as caught:
        MakoRenderFactory(templates=texts, **options)("main")
    return str(caught.value)


DEF = '<%def name="part(x)"><b>${x}</b></%def>'
BUFFERED = '<%def name="part(x)" buffered="True"><b>${x}</b></%def>'
TRIMMED = '<%def name="part(x)" filter="trim"> <b>${x}</b> </%def>'
CALLED = '<%def name="part(x)"><b>${caller.body()}</b></%def>'

ESCAPED = [
    ("a value", "${x}", "&lt;&#34;&#39;&amp;"),
    ("a value that is escaped by name", "${x | h}", "&lt;&#34;&#39;&amp;"),
    ("a value before other filters", "${x | trim}", "&lt;&#34;&#39;&amp;"),
    ("no value that the template marks", "${x | n}", "<\"'&"),
    ("no markup", "${markup}", "<i>"),
    ("no output of a def", DEF + "${part('<')}", "<b>&lt;</b>"),
    ("no output of a buffered def", BUFFERED + "${part('<')}", "<b>&lt;</b>"),
    ("no output of a filtered def", TRIMMED + "${part('<')}", "<b>&lt;</b>"),
    ("no content of a call", CALLED + "<%self:part x='3'>${x}</%self:part>", None),
    (
        "no captured output that the template marks",
        DEF + "${capture(part, '<') | n}",
        "<b>&lt;</b>",
    ),
]


class TestEscaping:
    @pytest.mark.parametrize(
        ("text", "expected"), [row[1:] for row in ESCAPED], ids=[row[0] for row in ESCAPED]
    )
    def test_escaping_changes_values_only(self, text, expected):
        expected = expected or "<b>&lt;&#34;&#39;&amp;</b>"
        assert filled(text, {"x": "<\"'&", "markup": Markup("<i>")}) == expected

    def test_escaping_can_be_turned_off(self):
        assert filled("${x}", {"x": "<b>"}, default_filters=["str"]) == "<b>"

    def test_escaping_can_be_combined_with_other_filters(self):
        assert filled("${x}", {"x": " < "}, default_filters=["trim", "h"]) == "&lt;"


class TestUndefinedNames:
    @pytest.mark.parametrize(
        "text",
        ["${nope}", "<%block>${nope}</%block>", "${str(nope) | n}", "${x or nope}"],
        ids=["a value", "in a block", "as text", "an alternative"],
    )
    def test_showing_an_undefined_name_is_an_error(self, text):
        with pytest.raises(NameError, match=r"^'nope' is not defined"):
            filled(text, {"x": ""})

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            pytest.param("${nope or 'none'}", "none", id="an alternative"),
            pytest.param("% if nope:\nno\n% else:\nnone\n% endif", "none", id="a condition"),
            pytest.param("${nope == 'x'}", "False", id="a comparison"),
            pytest.param("<%block>${nope and nope.x or ''}</%block>", "", id="in a block"),
        ],
    )
    def test_a_test_of_an_undefined_name_is_false(self, text, shown):
        assert filled(text).strip() == shown

    @pytest.mark.parametrize("text", ["${nope.x}", "${3 | nope}", "% for x in nope:\n% endfor"])
    def test_an_error_of_an_undefined_name_has_a_note_that_names_it(self, text):
        with pytest.raises((AttributeError, TypeError)) as caught:
            filled(text)
        assert caught.value.__notes__[-1].endswith("\nThe context does not have 'nope'.")

    @pytest.mark.parametrize("text", ["${nope}", "% if nope:\n% endif", "${3 | nope}"])
    def test_any_use_of_an_undefined_name_can_be_an_error(self, text):
        with pytest.raises(NameError, match=r"^'nope' is not defined"):
            filled(text, strict_undefined=True)

    def test_a_template_can_test_for_an_undefined_name(self):
        assert filled("${context.get('nope', 'none')}") == "none"

    def test_an_undefined_name_shows_its_line(self):
        with pytest.raises(NameError) as caught:
            filled("\n\n${nope}")
        assert lines_of(caught) == [3]


class TestOptions:
    def test_filters_are_used(self):
        assert filled("${'a' | shout}", filters={"shout": str.upper}) == "A"

    def test_globals_are_available_in_includes_and_defs(self):
        texts = {
            "main": "<%namespace name='n' file='n'/>${site}<%include file='part'/>${n.part()}",
            "part": "${site}",
            "n": "<%def name='part()'>${site}</%def>",
        }
        assert filled(texts, globals={"site": "s"}) == "sss"

    def test_the_context_overrides_globals(self):
        assert filled("${x}", {"x": "context"}, globals={"x": "global"}) == "context"

    def test_imports_are_available(self):
        assert filled("${floor(2.5)}", imports=["from math import floor"]) == "2"


class MemoryCache(mako.cache.CacheImpl):
    """A cache plugin that keeps everything in a dict of its own."""

    def __init__(self, cache):
        super().__init__(cache)
        self.values = {}

    def get_or_create(self, key, creation_function, **settings):
        if key not in self.values:
            self.values[key] = creation_function() + settings["mark"]
        return self.values[key]


class TestCache:
    TEXT = "<%def name='part()' cached='True'>${next(count)}</%def>\n${part()}${part()}"

    def test_the_cache_is_the_plugin_of_the_given_name(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "a_cache", sys.modules[__name__])
        mako.cache.register_plugin("clastic.test", "a_cache", "MemoryCache")
        text = self.TEXT.replace("next(count)", "count.pop()")
        options = {"cache_impl": "clastic.test", "cache_args": {"mark": "!"}}
        assert filled(text, {"count": [2, 1]}, **options) == "1!1!"


class TestNames:
    def test_names_are_relative_to_the_folder_of_the_template(self):
        texts = {
            "main": "<%include file='a/one'/>",
            "a/one": "<%include file='two'/><%include file='../b/three'/><%include file='/four'/>",
            "a/two": "2",
            "b/three": "3",
            "four": "4",
        }
        assert filled(texts) == "234"

    def test_names_do_not_lead_out_of_the_folders(self):
        texts = {"main": "<%include file='../../main.txt'/>", "main.txt": "found"}
        assert filled(texts) == "found"

    def test_names_made_at_run_time_are_relative_too(self):
        texts = {"main": "<%include file='a/one'/>", "a/one": "<%include file='${x}/${y}'/>"}
        texts["a/one"] = texts["a/one"].replace("${x}", "p${x}")
        assert filled({**texts, "a/pq/r": "found"}, {"x": "q", "y": "r"}) == "found"

    def test_names_can_be_looked_up_by_python(self):
        text = "${context.lookup.has_template('part')} ${context.lookup.has_template('/nope')}"
        texts = {"main": "<%include file='part'/>" + text, "part": "part "}
        assert filled(texts) == "part True False"

    def test_names_looked_up_by_python_must_be_loaded(self):
        text = "${context.lookup.get_template('/nope')}"
        with pytest.raises(TemplateError, match=r"^Template 'nope' is used by a name made at"):
            filled(text)

    @pytest.mark.parametrize(
        "text",
        [
            "<%inherit file='nope'/>",
            "<%namespace name='n' file='nope'/>",
            "% if x:\n<%include file='nope'/>\n% endif",
            "<%block>\n<%include file='nope'/></%block>",
        ],
    )
    def test_names_that_do_not_exist_are_refused(self, text):
        line = text.split("\n").index(next(each for each in text.split("\n") if "nope" in each)) + 1
        assert refusal(text) == (
            f"Template 'main' (line {line}) uses 'nope', which does not exist in the templates "
            "given.\n  Available here: main.\n  Correct the name, or create the template."
        )

    def test_names_of_modules_are_left_to_python(self):
        text = "<%namespace name='path' module='posixpath'/>${path.module.basename('a/b')}"
        assert filled(text) == "b"


NAMESPACE = "<%def name='label(x)'><b>${x}</b></%def><%block name='title'>T</%block>"


class TestNamespaces:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("<%namespace file='n' import='label'/>${label('<')}", "<b>&lt;</b>"),
            ("<%namespace file='n' import='*'/>${label('<')}", "<b>&lt;</b>"),
            ("<%namespace name='n' file='n'/>${n.label('<')}", "<b>&lt;</b>"),
            ("<%namespace name='n' file='n'/><%n:label x='&lt;'/>", "<b>&amp;lt;</b>"),
            (
                "<%namespace name='n' file='n' import='own'> <%def name='own()'>o</%def>"
                " </%namespace>${own()}",
                "o",
            ),
        ],
        ids=["some", "all", "by a name", "as a tag", "with a def of their own"],
    )
    def test_a_namespace_has_defs(self, text, expected):
        assert filled({"main": text, "n": "T" + NAMESPACE}) == expected

    def test_a_namespace_has_the_defs_of_a_parent(self):
        texts = {"main": "<%namespace file='more' import='label'/>${label(3)}"}
        texts |= {"more": "<%inherit file='n'/>", "n": NAMESPACE}
        assert filled(texts) == "<b>3</b>"

    def test_a_namespace_without_an_imported_def_fails_when_rendered(self):
        text = "\n<%namespace file='n' import='lable, title'/>"
        with pytest.raises(AttributeError, match="'lable'"):
            filled({"main": text, "n": NAMESPACE})


REFUSALS = [
    (
        "a control line without an end",
        "% if x:\na",
        "Template 'main' (line 1) does not compile: Unterminated control keyword: 'if'.\n"
        "  The line to correct is: % if x:",
    ),
    (
        "a tag that does not exist",
        "a\n<%foo/>",
        "Template 'main' (line 2) does not compile: No such tag: 'foo'.\n"
        "  The line to correct is: <%foo/>",
    ),
    (
        "Python that is none",
        "a\n<%\n  x = 1\n  y = = 2\n%>",
        "Template 'main' (line 4) does not compile: invalid syntax.\n"
        "  The line to correct is: y = = 2",
    ),
    (
        "Python that does not belong there",
        "a\n<%\n  x = 1\n  break\n%>",
        "Template 'main' does not compile: 'break' outside loop.\n  Correct the template.",
    ),
    (
        "a value for a reserved name",
        "<% context = 1 %>",
        "Template 'main' does not compile: Reserved words declared in template: context.\n"
        "  Correct the template.",
    ),
]


class TestConstructionErrors:
    @pytest.mark.parametrize(
        ("text", "message"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
    )
    def test_a_template_that_does_not_compile_is_refused(self, text, message):
        assert refusal(text) == message

    def test_errors_are_found_in_deeply_nested_control_lines(self):
        depth = 18
        text = "".join(f"% if x{level}:\n" for level in range(depth))
        text += "<%include file='nope'/>\n" + "% endif\n" * depth
        assert refusal(text).startswith(f"Template 'main' (line {depth + 1}) uses 'nope'")


class TestPython:
    def test_python_has_no_future_imports_of_the_framework(self):
        text = "<%!\ndef f(x: int): pass\n%>${f.__annotations__['x'] is int}"
        assert filled(text) == "True"

    def test_module_level_python_runs_once(self):
        log = []
        text = "<%! from builtins import log\nlog.append(1) %>${len(log)}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("builtins.log", log, raising=False)
            assert filled(text) == "1"
        assert log == [1]

    def test_python_that_fails_at_construction_is_not_hidden(self):
        with pytest.raises(ModuleNotFoundError, match="no_such_module"):
            MakoRenderFactory(templates={"main": "a\n<%!\n\nimport no_such_module\n%>"})("main")

    def test_python_that_fails_at_run_time_shows_the_lines(self):
        text = "a\n<%!\n\ndef divide(x):\n    return 1 / x\n%>\n\n${divide(0)}"
        with pytest.raises(ZeroDivisionError) as caught:
            filled(text)
        assert lines_of(caught) == [8, 5]

    def test_an_import_of_a_missing_module_shows_the_line(self):
        with pytest.raises(ModuleNotFoundError) as caught:
            filled("\n\n<%namespace name='n' module='no_such_module'/>${n.x()}")
        assert 3 in lines_of(caught)

    def test_a_failure_in_one_factory_is_not_taken_for_that_of_another(self):
        one = MakoRenderFactory(templates={"main": "\n\n${1 / 0}"})("main")
        MakoRenderFactory(templates={"main": "${1 / 0}"})("main")
        with pytest.raises(ZeroDivisionError) as caught:
            one({})
        assert lines_of(caught) == [3]


def test_the_lookup_finds_loaded_templates_and_files(tmp_path):
    (tmp_path / "mail").write_text("Dear <%include file='main'/>")
    factory = MakoRenderFactory(tmp_path, templates={"main": "${name}", "other": ""})
    factory("main")
    assert factory.lookup.get_template("/main").render(name="<") == "&lt;"
    assert factory.lookup.get_template("mail").render(name="<") == "Dear &lt;"
    assert [factory.lookup.has_template(name) for name in ("mail", "other")] == [True, False]
    with pytest.raises(TopLevelLookupException):
        factory.lookup.get_template("/other")


def test_other_options_of_the_lookup_are_used(tmp_path):
    (tmp_path / "main").write_bytes("é €".encode("iso-8859-15"))
    options = {"module_directory": str(tmp_path), "filesystem_checks": False}
    factory = MakoRenderFactory(
        tmp_path, input_encoding="iso-8859-15", preprocessor=str.upper, **options
    )
    assert factory("main")({}).get_data(as_text=True) == "É €"
    with pytest.raises(TypeError, match="nonsense"):
        MakoRenderFactory(nonsense=1)
