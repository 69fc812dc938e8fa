"""Where templates are found, and what is said when one is not."""

from __future__ import annotations

import os
from types import MappingProxyType

import pytest

from clastic.http import Response
from clastic.render import TemplateError
from clastic.render.templates import TemplateRender, TemplateSource, TemplateText
from clastic.wiring import Problem


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A working directory with templates in ``one`` and ``two``."""
    files = {
        "one/home.html": "home of one",
        "one/parts/head.html": "head",
        "one/.hidden.html": "hidden",
        "one/.git/index.html": "hidden",
        "two/home.html": "home of two",
        "two/about.html": "about",
        "secret.html": "secret",
    }
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def text_of(source, name):
    found = source.read(name)
    return None if found is None else found.text


@pytest.mark.parametrize(
    "as_given",
    [
        lambda directory: directory,
        lambda directory: str(directory),
        lambda directory: [directory],
        lambda directory: (str(directory),),
        lambda directory: iter([directory]),
        lambda directory: os.path.relpath(directory),
    ],
    ids=["a path", "text", "a list", "a tuple", "an iterator", "relative"],
)
def test_directory_can_be_given_as(project, as_given):
    assert text_of(TemplateSource(as_given(project / "one")), "home.html") == "home of one"


def test_relative_directory_stays_what_it_was_at_construction(project, monkeypatch):
    source = TemplateSource("one")
    monkeypatch.chdir("two")
    assert text_of(source, "home.html") == "home of one"


def test_first_directory_wins(project):
    source = TemplateSource(["one", "two"])
    assert text_of(source, "home.html") == "home of one"
    assert text_of(source, "about.html") == "about"


def test_given_template_wins_over_files(project):
    assert text_of(TemplateSource("one", {"home.html": "given"}), "home.html") == "given"


def test_template_in_a_directory_below(project):
    assert text_of(TemplateSource("one"), "parts/head.html") == "head"


@pytest.mark.parametrize(
    "name",
    [
        "../secret.html",
        "parts/../../secret.html",
        "..\\secret.html",
        "{project}/secret.html",
        "/{project}/secret.html",
        "\\secret.html",
        "C:secret.html",
        "home.html\0",
        "",
        ".",
        "parts",
        "missing.html",
    ],
    ids=ascii,
)
def test_name_that_is_not_found(project, name):
    assert TemplateSource("one").read(name.format(project=project)) is None


def test_byte_order_mark_is_no_text(project):
    (project / "one/bom.html").write_bytes(b"\xef\xbb\xbfx")
    assert text_of(TemplateSource("one"), "bom.html") == "x"


def test_names_are_those_of_files_and_given_ones(project):
    source = TemplateSource(["one", "two"], {"mail.txt": "", "about.html": ""})
    assert source.names() == ["about.html", "home.html", "mail.txt", "parts/head.html"]


def test_missing_directories_are_named(project):
    with pytest.raises(TemplateError) as caught:
        TemplateSource(["one", "three", "/no/such"])
    assert str(caught.value) == (
        "2 problems in this application:\n\n"
        "1. Template path 'three' is not a directory.\n"
        "  Correct it, or make the directory.\n\n"
        "2. Template path '/no/such' is not a directory.\n"
        "  Correct it, or make the directory."
    )


def test_file_that_is_no_text_is_named(project):
    (project / "one/photo.html").write_bytes(b"\xff\xd8")
    with pytest.raises(TemplateError) as caught:
        TemplateSource("one").read("photo.html")
    assert str(caught.value) == (
        f"Template 'photo.html' ({os.path.join('one', 'photo.html')}) cannot be read: it is not "
        "UTF-8 text (invalid start byte).\n"
        "  Save it as UTF-8."
    )


def test_file_that_cannot_be_read_is_named(project, monkeypatch):
    def refuse(*args):
        raise PermissionError(13, "Permission denied")

    source = TemplateSource("one")
    monkeypatch.setattr("pathlib.Path.read_text", refuse)
    with pytest.raises(TemplateError) as caught:
        source.read("home.html")
    assert str(caught.value) == (
        f"Template 'home.html' ({os.path.join('one', 'home.html')}) cannot be read: Permission "
        "denied.\n"
        "  Make it readable for the user that serves."
    )


MISSING = [
    (
        "a misspelt name",
        (["one", "two"], None),
        "hoem.html",
        "Template 'hoem.html' does not exist in one or two.\n"
        "  Available here: home.html, about.html, parts/head.html. Did you mean 'home.html'?\n"
        "  Correct the name, or make the template.",
    ),
    (
        "a name like no other",
        (["one"], None),
        "x",
        "Template 'x' does not exist in one.\n"
        "  Available here: home.html, parts/head.html.\n"
        "  Correct the name, or make the template.",
    ),
    (
        "a name in the working directory",
        (".", None),
        "one/hom.html",
        "Template 'one/hom.html' does not exist in the working directory.\n"
        "  Available here: one/home.html, two/home.html, one/parts/head.html, "
        "two/about.html, secret.html. Did you mean 'one/home.html'?\n"
        "  Correct the name, or make the template.",
    ),
    (
        "a name where there are no directories",
        (None, {"home": "x"}),
        "hoem",
        "Template 'hoem' does not exist in the templates given.\n"
        "  Available here: home. Did you mean 'home'?\n"
        "  Correct the name, or make the template.",
    ),
    (
        "a name where there is nothing",
        (None, None),
        "home",
        "Template 'home' does not exist in the templates given.\n"
        "  Correct the name, or make the template.",
    ),
]


@pytest.mark.parametrize(
    ("arguments", "name", "message"), [row[1:] for row in MISSING], ids=[row[0] for row in MISSING]
)
def test_missing(project, arguments, name, message):
    problem = TemplateSource(*arguments).missing(name, f"Template '{name}'", "does not exist")
    assert str(TemplateError([problem])) == message


def test_only_the_nearest_names_are_shown(project):
    templates = {f"page{number}": "" for number in range(20)}
    problem = TemplateSource(None, templates).missing("page7x", "", "")
    assert len(problem.available) == 8
    assert problem.available[0] == "page7"


def test_error_has_the_problems():
    problems = [Problem("A", "is wrong", "Mend it."), Problem("B", "is wrong", "Mend it.")]
    assert TemplateError(iter(problems)).problems == tuple(problems)


PLACES = [
    (TemplateText("a", ""), None, "Template 'a'"),
    (TemplateText("a", ""), 3, "Template 'a' (line 3)"),
]


@pytest.mark.parametrize(("text", "line", "expected"), PLACES)
def test_place_of_a_given_template(text, line, expected):
    assert text.place(line) == expected


def test_place_of_a_file_outside_the_working_directory_is_absolute(project, monkeypatch):
    source = TemplateSource("one")
    monkeypatch.chdir("two")
    file = project / "one" / "home.html"
    assert source.read("home.html").place(3) == f"Template 'home.html' ({file}:3)"


def test_render_fills_the_template_with_the_context():
    render = TemplateRender("home.html", lambda context: f"<b>{context['name']}</b>")
    response = render(MappingProxyType({"name": "é"}))
    assert isinstance(response, Response)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.get_data(as_text=True) == "<b>é</b>"
    assert repr(render) == "<TemplateRender 'home.html'>"


def test_render_refuses_a_context_that_is_no_mapping():
    with pytest.raises(TypeError) as caught:
        TemplateRender("home.html", str)([("name", "x")])
    assert str(caught.value) == (
        "Template 'home.html' is filled from a mapping, and the endpoint returned a list.\n"
        "  Return a dict from the endpoint."
    )


def test_render_of_an_endpoint_tells_which_one_gave_nothing():
    def home():
        """An endpoint that forgets to return."""

    place = f"{os.path.relpath(__file__)}:{home.__code__.co_firstlineno}"
    with pytest.raises(TypeError) as caught:
        TemplateRender("home.html", str).of_endpoint(home)(home())
    assert str(caught.value) == (
        f"Template 'home.html' is filled from a mapping, and endpoint home ({place}) returned "
        "None.\n"
        "  Return a dict from the endpoint. Is its return missing?"
    )
