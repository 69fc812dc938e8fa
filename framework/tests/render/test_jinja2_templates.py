"""Jinja2 templates: options, undefined names, macros, choices of templates."""

from __future__ import annotations

import jinja2
import pytest
from jinja2.sandbox import SandboxedEnvironment, SecurityError
from markupsafe import Markup

from clastic.render import TemplateError
from clastic.render.jinja2_templates import Jinja2RenderFactory


def filled(texts, context=(), **options):
    if isinstance(texts, str):
        texts = {"main": texts}
    render = Jinja2RenderFactory(templates=texts, **options)("main")
    return render(dict(context)).get_data(as_text=True)


def refusal(texts, **options):
    if isinstance(texts, str):
        texts = {"main": texts}
    with pytest.raises(TemplateError) as caught:
        Jinja2RenderFactory(templates=texts, **options)("main")
    return str(caught.value)


class TestEscaping:
    def test_escaping_does_not_change_markup(self):
        assert filled("{{ x }}", {"x": Markup("<b>")}) == "<b>"

    def test_escaping_can_be_turned_off(self):
        assert filled("{{ x }}", {"x": "<b>"}, autoescape=False) == "<b>"

    def test_escaping_can_depend_on_the_name(self):
        texts = {"main": "{{ x }}{% include 'mail.txt' %}", "mail.txt": "{{ x }}"}
        escaped = filled(texts, {"x": "<"}, autoescape=lambda name: not name.endswith(".txt"))
        assert escaped == "&lt;<"

    def test_escaping_does_not_depend_on_the_environment(self):
        environment = jinja2.Environment(autoescape=False)
        assert filled("{{ x }}", {"x": "<b>"}, environment=environment) == "&lt;b&gt;"

    def test_escaping_does_not_change_the_output_of_a_macro(self):
        assert filled("{% macro a(x) %}<b>{{ x }}{% endmacro %}{{ a('<') }}") == "<b>&lt;"


class TestUndefinedNames:
    @pytest.mark.parametrize(
        "text",
        ["{{ nope }}", "{{ x.nope }}", "{{ nope.x }}", "{% for x in nope %}{% endfor %}"],
    )
    def test_an_undefined_name_is_an_error_where_it_is_used(self, text):
        with pytest.raises(jinja2.UndefinedError, match="nope"):
            filled(text, {"x": {}})

    def test_a_template_can_test_for_an_undefined_name(self):
        assert filled("{% if nope is defined %}a{% else %}b{% endif %}") == "b"
        assert filled("{{ nope|default('c') }}") == "c"

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            pytest.param("{% if nope %}a{% else %}b{% endif %}", "b", id="a condition"),
            pytest.param("{{ nope or 'none' }}", "none", id="an alternative"),
            pytest.param("{{ x.nope or 'none' }}", "none", id="a missing member"),
            pytest.param("{{ nope == 'x' }} {{ nope != 'x' }}", "False True", id="a comparison"),
            pytest.param("{{ nope in [1] }}", "False", id="a search"),
        ],
    )
    def test_a_test_of_an_undefined_name_is_false(self, text, shown):
        assert filled(text, {"x": {}}) == shown

    def test_a_given_environment_decides_on_undefined_names(self):
        environment = jinja2.Environment(undefined=jinja2.ChainableUndefined)
        assert filled("[{{ nope.nope }}]", environment=environment) == "[]"


class TestOptions:
    def test_filters_are_used(self):
        assert filled("{{ 'a'|shout }}", filters={"shout": str.upper}) == "A"

    def test_tests_are_used(self):
        text = "{% if 3 is prime %}prime{% endif %}"
        assert filled(text, tests={"prime": lambda number: number == 3}) == "prime"

    def test_globals_are_available_in_includes_and_imports(self):
        texts = {
            "main": "{{ site }}{% include 'part' %}{% import 'forms' as forms %}{{ forms.name() }}",
            "part": "{{ site }}",
            "forms": "{% macro name() %}{{ site }}{% endmacro %}",
        }
        assert filled(texts, globals={"site": "s"}) == "sss"

    def test_the_context_overrides_globals(self):
        assert filled("{{ x }}", {"x": "context"}, globals={"x": "global"}) == "context"

    def test_syntax_extensions_and_functions_come_from_the_environment(self):
        environment = jinja2.Environment(
            variable_start_string="<<", variable_end_string=">>", extensions=["jinja2.ext.do"]
        )
        environment.filters["shout"] = str.upper
        environment.globals["site"] = "s"
        text = "{% set a = [] %}{% do a.append(site) %}<< a[0]|shout >><< a[0]|twice >>"
        twice = {"twice": lambda text: text * 2}
        assert filled(text, environment=environment, filters=twice) == "Sss"

    def test_the_environment_is_not_changed(self):
        loader = jinja2.DictLoader({"main": "not this one"})
        environment = jinja2.Environment(loader=loader)
        functions = {"filters": {"a": str}, "tests": {"a": bool}, "globals": {"a": 1}}
        assert filled("main", environment=environment, **functions) == "main"
        assert environment.loader is loader
        assert environment.autoescape is False
        for registry in (environment.filters, environment.tests, environment.globals):
            assert "a" not in registry

    def test_the_environment_can_be_a_sandbox(self):
        with pytest.raises(SecurityError):
            filled("{{ ''.__class__.__mro__ }}", environment=SandboxedEnvironment())

    def test_the_environment_can_resolve_relative_names(self):
        class Relative(jinja2.Environment):
            def join_path(self, template: str, parent: str) -> str:
                return f"{parent.rpartition('/')[0]}/{template}"

        texts = {"main": "{% include 'a/b' %}", "/a/b": "{% include 'c' %}", "/a/c": "found"}
        assert filled(texts, environment=Relative()) == "found"


FORMS = "{% macro label(x) %}<b>{{ x }}{% endmacro %}{% set size = 3 %}"

CHOICES = [
    ("a list of which some exist", "{% include ['nope', 'a', 'b'] %}", "A"),
    ("a list that has a name made at run time", "{% include ('nope', name) %}", "B"),
    ("a name that may be missing", "[{% include 'nope' ignore missing %}]", "[]"),
    ("a list that may be missing", "[{% include ['nope', 'no'] ignore missing %}]", "[]"),
    ("one of two", "{% include 'a' if name == 'b' else 'b' %}", "A"),
    ("a default", "{% include nothing or 'a' %}", "A"),
    ("parts that are all known", "{% include 'parts/' ~ 'a' %}", "A of parts"),
    ("a parent, or none", "{% extends 'a' if name == 'b' %}", "A"),
    ("a template that the context has", "{% include template %}", "T"),
]


class TestChoices:
    @pytest.mark.parametrize(
        ("text", "expected"), [row[1:] for row in CHOICES], ids=[row[0] for row in CHOICES]
    )
    def test_a_choice_uses_the_first_that_exists(self, text, expected):
        texts = {"main": text, "a": "A", "b": "B", "parts/a": "A of parts"}
        context = {"name": "b", "nothing": None, "template": jinja2.Template("T")}
        assert filled(texts, context) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "{% import 'no' ~ 'pe' as forms %}",
            "{% from 'nope' import a %}",
            "{% if x %}{% include 'nope' %}{% endif %}",
        ],
    )
    def test_a_choice_with_a_missing_template_is_refused(self, text):
        assert "'nope', which does not exist" in refusal({"main": text, "a": ""})

    def test_a_choice_of_which_none_exists_is_refused(self):
        assert refusal({"main": "\n{% include ['pat', 'no'] %}", "part": ""}) == (
            "Template 'main' (line 2) uses 'pat' or 'no', which does not exist in the templates "
            "given.\n"
            "  Available here: part. Did you mean 'part'?\n"
            "  Correct the name, or create the template."
        )

    @pytest.mark.parametrize("text", ["{% include [a, b] %}", "{% include a %}"])
    def test_a_choice_of_which_none_exists_at_run_time_is_an_error(self, text):
        with pytest.raises(jinja2.TemplateNotFound, match="parts/a"):
            filled(text, {"a": "parts/a", "b": "b"})


class TestImports:
    def test_macros_can_be_imported(self):
        texts = {
            "main": "{% import 'forms' as forms %}{{ forms.label('<') }}"
            "{% from 'forms' import label as title, size %}{{ title(size) }}",
            "forms": FORMS,
        }
        assert filled(texts) == "<b>&lt;<b>3"

    @pytest.mark.parametrize(
        "forms",
        [
            "{% extends 'forms' %}",
            "{% set label = 3 %}",
            "{% set label %}3{% endset %}",
            "{% if true %}{% macro label() %}{% endmacro %}{% endif %}",
        ],
        ids=["a parent", "a value", "a text", "a macro on a condition"],
    )
    def test_an_imported_name_may_be_defined_in_any_way(self, forms):
        texts = {"main": "{% from 'more' import label %}{{ label is defined }}"}
        assert filled({**texts, "more": forms, "forms": FORMS}) == "True"

    def test_a_template_can_import_itself(self):
        text = "{% macro a() %}A{% endmacro %}{% if x is defined %}{% from 'main' import a %}"
        assert filled(text + "{% endif %}{{ a() }}", {"x": 1}) == "A"

    def test_an_import_of_an_undefined_name_fails_when_it_is_used(self):
        texts = {"main": "{% from 'forms' import lable %}{{ lable(1) }}", "forms": FORMS}
        with pytest.raises(jinja2.UndefinedError, match="does not export the requested name"):
            filled(texts)

    def test_an_import_of_a_broken_template_is_refused(self):
        message = refusal({"main": "{% from 'forms' import label %}", "forms": "{% macro %}"})
        assert message.startswith("Template 'forms' (line 1) does not compile")


REFUSALS = [
    (
        "a tag that does not exist",
        "\n{% fro x in y %}",
        "Template 'main' (line 2) does not compile: Encountered unknown tag 'fro'.\n"
        "  The line to correct is: {% fro x in y %}",
    ),
    (
        "a block that is defined twice",
        "{% block a %}{% endblock %}\n{% block a %}{% endblock %}",
        "Template 'main' (line 2) does not compile: block 'a' defined twice.\n"
        "  The line to correct is: {% block a %}{% endblock %}",
    ),
    (
        "an argument that is passed twice",
        "{{ f(a=1, a=2) }}",
        "Template 'main' does not compile: keyword argument repeated: a.\n  Correct the template.",
    ),
]


class TestConstructionErrors:
    @pytest.mark.parametrize(
        ("text", "message"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
    )
    def test_a_template_that_does_not_compile_is_refused(self, text, message):
        assert refusal(text) == message

    def test_an_unknown_filter_is_named(self):
        assert refusal("\n{{ x|uper }}") == (
            "Template 'main' (line 2) does not compile: No filter named 'uper'.\n"
            "  The line to correct is: {{ x|uper }}"
        )

    def test_names_that_a_template_tests_for_may_be_missing(self):
        text = "{% if 'markdown' is filter %}{{ x|markdown }}{% else %}{{ x }}{% endif %}"
        assert filled(text, {"x": 3}) == "3"


def test_the_environment_finds_the_loaded_templates():
    factory = Jinja2RenderFactory(templates={"main": "{{ name }}", "other": ""})
    factory("main")
    assert factory.env.get_template("main").render(name="<") == "&lt;"
    with pytest.raises(jinja2.TemplateNotFound):
        factory.env.get_template("other")
