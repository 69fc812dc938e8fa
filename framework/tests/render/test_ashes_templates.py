"""Ashes templates: syntax, options, and what is checked at construction only here."""

from __future__ import annotations

import ashes
import pytest

from clastic.render import AshesRenderFactory, TemplateError


def filled(factory, template_name, **context):
    return factory(template_name)(context).get_data(as_text=True)


def given(templates, **context):
    return filled(AshesRenderFactory(templates=templates), "main", **context)


def refusal(factory, name):
    with pytest.raises(TemplateError) as caught:
        factory(name)
    return str(caught.value)


TAGGED = "<b>\"'&"
ESCAPED = "&lt;b&gt;&quot;&#x27;&amp;"

TEXTS = [
    ("escapes by default", "{tag}", ESCAPED),
    ("escapes after another filter", "{tag|u}", "%3Cb%3E%22%27&amp;"),
    ("does not escape where the template says so", "{tag|s}", TAGGED),
    ("escapes in a section", "{#rows}[{tag}]{/rows}", f"[{ESCAPED}][]"),
    ("turns escaping off in a block", "{%esc:s}{tag}{/esc}{tag}", TAGGED + ESCAPED),
    ("escapes in a block that names no filter", "{%esc}{tag}{/esc}", ESCAPED),
    ("compares", '{@eq key=n value="1"}one{:else}other{/eq}', "one"),
    ("knows special characters", "{~lb}{~n}{~rb}", "{\n}"),
    ("leaves out comments", "a{! {>nothing/} !}b", "ab"),
    ("shows nothing for an undefined name", "[{missing}]", "[]"),
    ("can be empty", "", ""),
    (
        "leaves JavaScript alone",
        "<script>if (a) { b() }</script>",
        "<script>if (a) { b() }</script>",
    ),
]


@pytest.mark.parametrize(
    ("text", "expected"), [row[1:] for row in TEXTS], ids=[r[0] for r in TEXTS]
)
def test_a_template_renders_as_ashes_defines(text, expected):
    context = {"tag": TAGGED, "n": 1, "rows": [{"tag": TAGGED}, {"tag": ""}]}
    assert given({"main": text}, **context) == expected


def test_a_template_can_include_and_inherit():
    templates = {
        "main": '{>"base"/}{<title}Links of {name}{/title}',
        "base": "<title>{+title}Links{/title}</title>{>foot/}",
        "foot": "<p>{name}",
    }
    assert given(templates, name="<x>") == "<title>Links of &lt;x&gt;</title><p>&lt;x&gt;"


def test_a_template_can_include_itself():
    templates = {"main": '{name}{#inner}({>"main"/}){/inner}'}
    tree = {"name": "a", "inner": [{"name": "b", "inner": []}, {"name": "c", "inner": []}]}
    assert given(templates, **tree) == "a(b)(c)"


@pytest.mark.parametrize(("keep", "expected"), [(True, "<b>\n  x\n</b>"), (False, "<b>x</b>")])
def test_whitespace_can_be_kept(keep, expected):
    factory = AshesRenderFactory(templates={"main": "<b>\n  {x}\n</b>"}, keep_whitespace=keep)
    assert filled(factory, "main", x="x") == expected


@pytest.mark.parametrize("text", ["", "\n", "{! nothing !}"], ids=ascii)
def test_a_template_may_have_no_text_left_without_whitespace(text):
    assert filled(AshesRenderFactory(templates={"main": text}, keep_whitespace=False), "main") == ""


def test_filters_can_be_added():
    factory = AshesRenderFactory(templates={"main": "{x|shout}"}, filters={"shout": str.upper})
    assert filled(factory, "main", x="<b>") == "&lt;B&gt;"


REFUSALS = [
    (
        "a section that another one closes",
        "{#a}\n{/b}",
        "Template 'main' (line 2) does not compile: improperly nested tags: '{/b}' does "
        "not close '{#a}'.\n"
        "  The line to correct is: {/b}",
    ),
    (
        "a reference that is neither a path nor a key",
        "{1}",
        "Template 'main' does not compile: expected a path or key, not '1'.\n"
        "  Correct the template.",
    ),
    (
        "a tag that Ashes fails on",
        "{!}",
        "Template 'main' does not compile: string index out of range.\n  Correct the template.",
    ),
    (
        "an unknown filter",
        "{x|s|shuot}",
        "Template 'main' (line 1) does not compile: no filter named 'shuot'.\n"
        "  The line to correct is: {x|s|shuot}",
    ),
    (
        "an unknown filter of a pragma",
        "{%esc:no}{x}{/esc}",
        "Template 'main' (line 1) does not compile: no filter named 'no'.\n"
        "  The line to correct is: {%esc:no}{x}{/esc}",
    ),
    (
        "an unknown pragma",
        "{%ecs:s}{x}{/ecs}",
        "Template 'main' (line 1) does not compile: no pragma named 'ecs'.\n"
        "  The line to correct is: {%ecs:s}{x}{/ecs}",
    ),
    (
        "an unknown helper",
        "{@eqq/}",
        "Template 'main' (line 1) does not compile: no helper named 'eqq'.\n"
        "  The line to correct is: {@eqq/}",
    ),
    (
        "an unknown special character",
        "\n\n{~x}",
        "Template 'main' (line 3) does not compile: no special character named 'x'.\n"
        "  The line to correct is: {~x}",
    ),
]


@pytest.mark.parametrize(
    ("text", "message"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_a_template_that_does_not_compile_is_refused(text, message):
    factory = AshesRenderFactory(templates={"main": text}, filters={"shout": str.upper})
    assert refusal(factory, "main") == message


def test_the_environment_finds_loaded_templates_and_files(tmp_path):
    (tmp_path / "mail").write_text("{name|up}, {>main/}")
    templates, filters = {"main": "Hi {name}", "other": ""}, {"up": str.upper}
    factory = AshesRenderFactory(tmp_path, templates=templates, filters=filters)
    factory("main")
    assert factory.env.render("main", {"name": "x"}) == "Hi x"
    assert factory.env.render("mail", {"name": "x"}) == "X, Hi x"
    with pytest.raises(ashes.TemplateNotFound):
        factory.env.render("other", {})


def test_an_environment_can_be_given(tmp_path):
    class Memory:
        def load(self, name, env=None):
            if name != "part":
                raise ashes.TemplateNotFound(name)
            return ashes.Template(name, "<{name|up}>", env=env)

    (tmp_path / "main").write_text("{name}{>part/}{>old/}")
    env = ashes.AshesEnv([str(tmp_path)], filters={"up": str.upper}, loaders=[Memory()])
    env.register_source("old", '{@eq key=name value="x"}!{/eq}')
    factory = AshesRenderFactory(env=env)
    assert factory.env is env
    assert filled(factory, "main", name="x") == "x<X>!"
    assert [file.name for file in factory.watched_files] == ["main"]
    with pytest.raises(TemplateError, match=r"^Template 'nope' does not exist in "):
        factory("nope")


def test_other_options_of_the_environment_are_used():
    def shout(chunk, context, bodies, params=None):
        return chunk.write("!")

    assert (
        filled(AshesRenderFactory(templates={"a": "{@shout/}"}, helpers={"shout": shout}), "a")
        == "!"
    )
    with pytest.raises(TypeError, match="nonsense"):
        AshesRenderFactory(nonsense=1)
