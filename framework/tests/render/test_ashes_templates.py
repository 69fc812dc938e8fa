"""Ashes templates: what they give, and what is wrong with them before the first request."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from clastic.render import AshesRenderFactory, TemplateError


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a template into ``templates`` below the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("templates").mkdir()
    changed = iter(range(1, 100))

    def write_template(name, text):
        file = Path("templates", name)
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        os.utime(file, ns=(0, next(changed)))

    return write_template


def filled(factory, template_name, **context):
    return factory(template_name)(context).get_data(as_text=True)


def given(templates, **context):
    return filled(AshesRenderFactory(templates=templates), "main", **context)


def refusal(factory, name):
    with pytest.raises(TemplateError) as caught:
        factory(name)
    return str(caught.value)


def test_template_is_filled_as_html():
    response = AshesRenderFactory(templates={"main": "<b>{name}</b>"})("main")({"name": "é"})
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.get_data(as_text=True) == "<b>é</b>"


def test_template_file_is_filled(write):
    write("home.html", "Hi {name}")
    assert filled(AshesRenderFactory("templates"), "home.html", name="x") == "Hi x"


TAGGED = "<b>\"'&"
ESCAPED = "&lt;b&gt;&quot;&#x27;&amp;"

TEXTS = [
    ("escapes by default", "{tag}", ESCAPED),
    ("escapes after another filter", "{tag|u}", "%3Cb%3E%22%27&amp;"),
    ("leaves raw what is marked so", "{tag|s}", TAGGED),
    ("escapes in a section", "{#rows}[{tag}]{/rows}", f"[{ESCAPED}][]"),
    ("turns escaping off in a part", "{%esc:s}{tag}{/esc}{tag}", TAGGED + ESCAPED),
    ("escapes by default in a part that names no filter", "{%esc}{tag}{/esc}", ESCAPED),
    ("compares", '{@eq key=n value="1"}one{:else}other{/eq}', "one"),
    ("knows special characters", "{~lb}{~n}{~rb}", "{\n}"),
    ("leaves out comments", "a{! {>nothing/} !}b", "ab"),
    ("shows nothing for nothing", "[{missing}]", "[]"),
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
def test_template(text, expected):
    context = {"tag": TAGGED, "n": 1, "rows": [{"tag": TAGGED}, {"tag": ""}]}
    assert given({"main": text}, **context) == expected


def test_template_includes_and_inherits():
    templates = {
        "main": '{>"base"/}{<title}Links of {name}{/title}',
        "base": "<title>{+title}Links{/title}</title>{>foot/}",
        "foot": "<p>{name}",
    }
    assert given(templates, name="<x>") == "<title>Links of &lt;x&gt;</title><p>&lt;x&gt;"


def test_template_can_include_itself():
    templates = {"main": '{name}{#inner}({>"main"/}){/inner}'}
    tree = {"name": "a", "inner": [{"name": "b", "inner": []}, {"name": "c", "inner": []}]}
    assert given(templates, **tree) == "a(b)(c)"


@pytest.mark.parametrize(("keep", "expected"), [(True, "<b>\n  x\n</b>"), (False, "<b>x</b>")])
def test_whitespace_is_kept_or_not(keep, expected):
    factory = AshesRenderFactory(templates={"main": "<b>\n  {x}\n</b>"}, keep_whitespace=keep)
    assert filled(factory, "main", x="x") == expected


@pytest.mark.parametrize("text", ["", "\n", "{! nothing !}"], ids=ascii)
def test_template_without_text_when_whitespace_is_not_kept(text):
    assert filled(AshesRenderFactory(templates={"main": text}, keep_whitespace=False), "main") == ""


def test_filters_can_be_added():
    factory = AshesRenderFactory(templates={"main": "{x|shout}"}, filters={"shout": str.upper})
    assert filled(factory, "main", x="<b>") == "&lt;B&gt;"


def test_filter_that_is_not_callable_is_refused():
    with pytest.raises(TypeError, match=r"^filter 'shout' is 3, which is not callable$"):
        AshesRenderFactory(filters={"shout": 3})


def test_factories_share_nothing():
    one = AshesRenderFactory(templates={"main": "one"})
    two = AshesRenderFactory(templates={"main": "two"})
    assert (filled(one, "main"), filled(two, "main")) == ("one", "two")


def test_render_of_a_context_that_is_no_mapping_is_refused():
    with pytest.raises(TypeError, match=r"^Template 'main' is filled from a mapping, and the "):
        AshesRenderFactory(templates={"main": ""})("main")(["x"])


REFUSALS = [
    (
        "a name that is no text",
        {},
        3,
        "Template 3 is not the name of a template.\n"
        "  Give the name as text, or a callable that renders.",
    ),
    (
        "a template that does not exist",
        {"home.html": "", "about.html": ""},
        "hoem.html",
        "Template 'hoem.html' does not exist in templates.\n"
        "  Available here: home.html, about.html. Did you mean 'home.html'?\n"
        "  Correct the name, or make the template.",
    ),
    (
        "a section that is not closed",
        {"main": "a\n {#rows} x\n"},
        "main",
        "Template 'main' (templates/main:2) does not compile: unclosed tag: '{#rows}'.\n"
        "  The line to correct is: {#rows} x",
    ),
    (
        "a section that another one closes",
        {"main": "{#a}\n{/b}"},
        "main",
        "Template 'main' (templates/main:2) does not compile: improperly nested tags: '{/b}' does "
        "not close '{#a}'.\n"
        "  The line to correct is: {/b}",
    ),
    (
        "a reference that is none",
        {"main": "{1}"},
        "main",
        "Template 'main' (templates/main) does not compile: expected a path or key, not '1'.\n"
        "  Correct the template.",
    ),
    (
        "a tag that Ashes cannot take apart",
        {"main": "{!}"},
        "main",
        "Template 'main' (templates/main) does not compile: string index out of range.\n"
        "  Correct the template.",
    ),
    (
        "an include that does not exist",
        {"main.html": '\n{>"bsae.html"/}', "base.html": ""},
        "main.html",
        "Template 'main.html' (templates/main.html:2) includes 'bsae.html', which does not exist "
        "in templates.\n"
        "  Available here: base.html, main.html. Did you mean 'base.html'?\n"
        "  Correct the name, or make the template.",
    ),
    (
        "a filter that does not exist",
        {"main": "{x|s|shuot}"},
        "main",
        "Template 'main' (templates/main:1) uses the filter 'shuot', which does not exist.\n"
        "  Available here: cn, h, j, pp, ppjson, s, shout, u, uc. Did you mean 'shout'?\n"
        "  Correct the name, or pass the filter as filters={'shuot': function}.",
    ),
    (
        "a filter to escape by that does not exist",
        {"main": "{%esc:no}{x}{/esc}"},
        "main",
        "Template 'main' (templates/main:1) uses the filter 'no', which does not exist.\n"
        "  Available here: cn, h, j, pp, ppjson, s, shout, u, uc.\n"
        "  Correct the name, or pass the filter as filters={'no': function}.",
    ),
    (
        "a pragma that does not exist",
        {"main": "{%ecs:s}{x}{/ecs}"},
        "main",
        "Template 'main' (templates/main:1) uses the pragma 'ecs', which does not exist.\n"
        "  Available here: esc. Did you mean 'esc'?\n"
        "  Correct the name.",
    ),
    (
        "a special character that does not exist",
        {"main": "\n\n{~x}"},
        "main",
        "Template 'main' (templates/main:3) uses the special character 'x', which does not exist.\n"
        "  Available here: lb, n, r, rb, s.\n"
        "  Correct the name.",
    ),
]


@pytest.mark.parametrize(
    ("files", "name", "message"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_refuses(write, files, name, message):
    for file, text in files.items():
        write(file, text)
    factory = AshesRenderFactory("templates", filters={"shout": str.upper})
    assert refusal(factory, name) == message.replace("templates/", f"templates{os.sep}")


def test_helper_that_does_not_exist_is_refused():
    message = refusal(AshesRenderFactory(templates={"main": "{@eqq/}"}), "main")
    assert message.startswith(
        "Template 'main' (line 1) uses the helper 'eqq', which does not exist."
    )
    assert "Did you mean 'eq'?" in message


def test_all_that_is_wrong_is_told_at_once(write):
    write("main.html", '{x|no}\n{>"nothing.html"/}\n{>"base.html"/}{>"photo.html"/}')
    write("base.html", "{/a}")
    Path("templates/photo.html").write_bytes(b"\xff")
    with pytest.raises(TemplateError) as caught:
        AshesRenderFactory("templates")("main.html")
    assert [problem.what for problem in caught.value.problems] == [
        "uses the filter 'no', which does not exist",
        "includes 'nothing.html', which does not exist in templates",
        "does not compile: closing tag before opening tag: '{/a}'",
        "cannot be read: it is not UTF-8 text (invalid start byte)",
    ]


def test_template_that_was_refused_is_refused_again():
    factory = AshesRenderFactory(templates={"main": '{>"part"/}{>"nothing"/}', "part": "x"})
    assert refusal(factory, "main") == refusal(factory, "main")
    assert filled(factory, "part") == "x"


@pytest.mark.parametrize("name", ["../secret.html", "/etc/passwd"])
def test_template_outside_of_the_directories_is_refused(write, name):
    Path("secret.html").write_text("secret", encoding="utf-8")
    assert "does not exist" in refusal(AshesRenderFactory("templates"), name)


DYNAMIC = {
    "main.html": '{>"parts/{kind}.html"/}',
    "some.html": '{>"parts/{kind}"/}',
    "any.html": '{>"{kind}"/}',
    "parts/a.html": "A{name}",
    "parts/b.html": "B{name}",
    "parts/c.txt": "{/broken}",
}

KINDS = [
    ("with a beginning and an end", "main.html", "a", "Ax"),
    ("with a beginning", "some.html", "b.html", "Bx"),
    ("that is only a variable", "any.html", "parts/b.html", "Bx"),
]


@pytest.mark.parametrize(
    ("name", "kind", "expected"), [row[1:] for row in KINDS], ids=[row[0] for row in KINDS]
)
def test_include_by_a_name_made_at_run_time(write, name, kind, expected):
    for file, text in DYNAMIC.items():
        write(file, text)
    assert filled(AshesRenderFactory("templates"), name, kind=kind, name="x") == expected


def test_include_by_a_variable_where_names_have_no_extension(write):
    write("photo", "{/broken}")
    factory = AshesRenderFactory("templates", templates={"main": '{>"{kind}"/}', "a": "A"})
    assert filled(factory, "main", kind="a") == "A"


def test_all_that_a_name_made_at_run_time_can_be_is_compiled_at_construction(write):
    write("main.html", '{>"{kind}.html"/}')
    write("broken.html", "{/a}")
    message = refusal(AshesRenderFactory("templates"), "main.html")
    assert message.startswith("Template 'broken.html' ")


@pytest.mark.parametrize("kind", ["c", "../../secret"])
def test_name_made_at_run_time_that_was_not_there_at_construction(write, kind, capsys):
    for file, text in DYNAMIC.items():
        write(file, text)
    Path("secret.html").write_text("secret", encoding="utf-8")
    render = AshesRenderFactory("templates")("main.html")
    write("parts/c.html", "C")
    with pytest.raises(TemplateError) as caught:
        render({"kind": kind})
    message = str(caught.value)
    assert message.startswith(
        f"Template 'parts/{kind}.html' is included by a name made at run time, and was not there "
        "at construction.\n  Available here: main.html, parts/a.html, parts/b.html."
    )
    assert message.endswith(
        "\n  Correct what the name is made of, or make the template and restart."
    )
    assert capsys.readouterr().out == ""


def test_nothing_is_read_after_construction(write):
    write("main.html", '{>"base.html"/}{name}')
    write("base.html", "base ")
    render = AshesRenderFactory("templates")("main.html")
    shutil.rmtree("templates")
    assert render({"name": "x"}).get_data() == b"base x"


def test_changes_are_not_seen(write):
    write("main.html", "old")
    render = AshesRenderFactory("templates")("main.html")
    write("main.html", "new!")
    assert render({}).get_data() == b"old"


@pytest.fixture
def debugged(write):
    """The render function of a template that includes another one, in debug mode."""
    write("main.html", '{>"base.html"/}{name}')
    write("base.html", "base ")
    factory = AshesRenderFactory("templates", debug=True, templates={"given": "given"})
    factory("given")
    return factory("main.html")


def test_debug_shows_an_unchanged_template(debugged):
    assert debugged({"name": "x"}).get_data() == debugged({"name": "x"}).get_data() == b"base x"


def test_debug_shows_a_changed_template(debugged, write):
    write("main.html", "new {name}")
    assert debugged({"name": "x"}).get_data() == b"new x"


def test_debug_shows_a_changed_include(debugged, write):
    write("base.html", "new  ")
    assert debugged({"name": "x"}).get_data() == b"new  x"


def test_debug_shows_a_template_that_was_replaced_by_an_older_one(debugged, write):
    write("base.html", "older")
    os.utime("templates/base.html", ns=(0, 0))
    assert debugged({"name": "x"}).get_data() == b"olderx"


def test_debug_tells_what_broke_until_it_is_mended(debugged, write):
    write("base.html", "{/broken}")
    for _ in range(2):
        with pytest.raises(TemplateError, match=r"base\.html:1\) does not compile"):
            debugged({"name": "x"})
    write("base.html", "mended ")
    assert debugged({"name": "x"}).get_data() == b"mended x"


def test_debug_tells_what_was_removed(debugged):
    Path("templates/base.html").unlink()
    with pytest.raises(TemplateError, match=r"includes 'base\.html', which does not exist"):
        debugged({"name": "x"})
