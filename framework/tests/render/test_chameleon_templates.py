"""Chameleon templates: macros, types of expressions, attributes, options."""

from __future__ import annotations

import pytest
from chameleon.tales import PythonExpr
from markupsafe import Markup

from clastic.render import TemplateError
from clastic.render.chameleon_templates import ChameleonRenderFactory


def filled(texts, context=(), **options):
    if isinstance(texts, str):
        texts = {"main": texts}
    render = ChameleonRenderFactory(templates=texts, **options)("main")
    return render(dict(context)).get_data(as_text=True)


def refusal(texts, **options):
    if isinstance(texts, str):
        texts = {"main": texts}
    with pytest.raises(TemplateError) as caught:
        ChameleonRenderFactory(templates=texts, **options)("main")
    return str(caught.value)


TEXTS = [
    ("escapes content", '<p tal:content="x"/>', "<p>&lt;\"'&amp;</p>"),
    ("escapes attributes", '<p tal:attributes="title x"/>', '<p title="&lt;&quot;\'&amp;"/>'),
    ("does not escape structure", '<p tal:content="structure x"/>', "<p><\"'&</p>"),
    ("does not escape markup", "${markup}", "<i>"),
    ("leaves out false attributes", '<input tal:attributes="checked no"/>', "<input/>"),
    ("shows an alternative for an undefined name", "${nope | x}", "&lt;\"'&amp;"),
    ("shows nothing for an undefined name", "[${nope | nothing}]", "[]"),
]


class TestTexts:
    @pytest.mark.parametrize(
        ("text", "expected"), [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS]
    )
    def test_a_template_renders_as_chameleon_defines(self, text, expected):
        context = {"x": "<\"'&", "markup": Markup("<i>"), "no": None}
        assert filled(text, context) == expected


class TestOptions:
    def test_globals_are_available_in_loaded_templates(self):
        texts = {"main": '${site}<tal:a metal:use-macro="load: part"/>', "part": "${site}"}
        assert filled(texts, globals={"site": "s"}) == "ss"

    def test_the_context_overrides_globals(self):
        assert filled("${x}", {"x": "context"}, globals={"x": "global"}) == "context"

    def test_expression_types_are_used(self):
        def shout(expression):
            return PythonExpr(f"({expression}).upper()")

        assert filled("${shout: x}", {"x": "a"}, expression_types={"shout": shout}) == "A"

    def test_translate_is_called(self):
        def translate(message, default=None, **options):
            return {"Hello": "Grüezi"}.get(message, default)

        text = '<p i18n:translate="">Hello</p><p i18n:translate="">World</p>'
        assert filled(text, translate=translate) == "<p>Grüezi</p><p>World</p>"

    def test_unknown_prefixes_are_refused_or_kept_as_text(self):
        text = '<p v-on:click="x">${1}</p>'
        assert filled(text, restricted_namespace=False) == '<p v-on:click="x">1</p>'
        assert refusal(text) == (
            "Template 'main' does not compile: Undefined namespace prefix: v-on.\n"
            "  Correct the template."
        )


FORMS = '<tal:x><b metal:define-macro="label">${x}</b><i metal:define-macro="hint">?</i></tal:x>'


class TestMacros:
    def test_a_macro_of_another_template_is_used(self):
        text = (
            '<tal:a define="forms load: forms">'
            "<tal:a metal:use-macro=\"forms.macros['label']\"/></tal:a>"
        )
        assert filled({"main": text, "forms": FORMS}, {"x": "<"}) == "<b>&lt;</b>"

    def test_a_macro_of_the_template_itself_is_used(self):
        text = FORMS + "<tal:a metal:use-macro=\"macros['hint']\"/>"
        assert filled(text, {"x": 1}) == "<b>1</b><i>?</i><i>?</i>"

    def test_a_macro_can_extend_another(self):
        texts = {
            "main": '<tal:a metal:use-macro="load: page"><i metal:fill-slot="b">M</i></tal:a>',
            "page": '<tal:a metal:use-macro="load: base"><b metal:fill-slot="a">'
            '<i metal:define-slot="b"/></b></tal:a>',
            "base": '<html><b metal:define-slot="a"/></html>',
        }
        assert filled(texts) == "<html><b><i>M</i></b></html>"


LOADS = [
    ("beside the template", "beside", "a/beside"),
    ("one directory up", "../c", "c"),
    ("from the top", "/both", "both"),
    ("the first that exists", "nope | ../c | /both", "c"),
    ("a name made at run time beside", "be${'side'}", "a/beside"),
    ("a name made at run time from the top", "/$kind", "c"),
]


class TestLoad:
    @pytest.mark.parametrize(
        ("name", "expected"), [row[1:] for row in LOADS], ids=[row[0] for row in LOADS]
    )
    def test_load_finds_the_template(self, name, expected):
        texts = {each: each for each in ("a/beside", "a/both", "both", "c")}
        texts["a/main"] = f'<tal:a metal:use-macro="load: {name}"/>'
        render = ChameleonRenderFactory(templates=texts)("a/main")
        assert render({"kind": "c"}).get_data(as_text=True) == expected

    def test_load_that_finds_nothing_is_refused(self):
        texts = {"a/main": '\n<tal:a metal:use-macro="load: nope | no"/>'}
        with pytest.raises(TemplateError) as caught:
            ChameleonRenderFactory(templates=texts)("a/main")
        assert str(caught.value) == (
            "Template 'a/main' (line 2) uses 'a/nope' or 'a/no', which does not exist in the "
            "templates given.\n"
            "  Available here: a/main.\n"
            "  Correct the name, or create the template."
        )


REFUSALS = [
    (
        "a tag that does not close",
        "<p>\n <b></p></b>",
        "Template 'main' (line 2) does not compile: Unexpected end tag.\n"
        "  The line to correct is: <b></p></b>",
    ),
    (
        "an attribute that does not exist",
        "<p>\n <b tal:nope='x'/></p>",
        "Template 'main' (line 2) does not compile: Bad attribute for namespace "
        "'http://xml.zope.org/namespaces/tal'.\n"
        "  The line to correct is: <b tal:nope='x'/></p>",
    ),
    (
        "an unknown type of expression",
        "<p>\n${nope: x}</p>",
        "Template 'main' does not compile: Unknown expression type: 'nope'.\n"
        "  Correct the template.",
    ),
    (
        "Python that does not belong there",
        "<p>\n\n${await x}</p>",
        "Template 'main' does not compile: 'await' outside async function.\n"
        "  Correct the template.",
    ),
    (
        "a block that is not Python",
        "<p>\n<?python x = = 1 ?></p>",
        "Template 'main' does not compile: invalid syntax.\n  Correct the template.",
    ),
]


class TestConstructionErrors:
    @pytest.mark.parametrize(
        ("text", "message"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
    )
    def test_a_template_that_does_not_compile_is_refused(self, text, message):
        assert refusal(text) == message


class TestErrorsOfRendering:
    def test_errors_do_not_show_values(self):
        with pytest.raises(NameError) as caught:
            filled("<p>${nope}</p>", {"password": "canary", "people": [{"name": "canary"}]})
        assert "canary" not in str(caught.value)
        assert "password: <str>" in str(caught.value)
