"""The base of the template factories, with an engine made of ``string.Template``."""

from __future__ import annotations

import os
import re
import string
from types import MappingProxyType

import pytest

from clastic.application import Application
from clastic.errors import ErrorHandler
from clastic.http import Response
from clastic.render import TemplateError
from clastic.render.template_base import (
    Reference,
    TemplateFactory,
    TemplateSource,
    engine_package,
)
from clastic.wiring import Problem


class DollarFactory(TemplateFactory):
    """An engine as the base class describes it: ``$name`` is a value, ``@part`` an include."""

    def compile(self, source):
        includes = [Reference(1, [name]) for name in re.findall(r"@(\S+)", source.text)]
        return string.Template(source.text), includes

    def render(self, template, context):
        page = template.substitute(context)
        return re.sub(r"@(\S+)", lambda part: self.render(self.get(part[1]), context), page)


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


def page(factory, template, **context):
    return factory(template)(context).get_data(as_text=True)


def refusal(factory, name):
    with pytest.raises(TemplateError) as caught:
        factory(name)
    return str(caught.value)


class TestFolders:
    @pytest.mark.parametrize(
        "as_given",
        [
            lambda folder: folder,
            lambda folder: str(folder),
            lambda folder: [folder],
            lambda folder: iter([str(folder)]),
            lambda folder: os.path.relpath(folder),
        ],
        ids=["a path", "a string", "a list", "an iterator", "a relative path"],
    )
    def test_a_folder_can_be_given_in_several_types(self, project, as_given):
        assert page(DollarFactory(as_given(project / "one")), "home.html") == "home of one"

    def test_a_relative_folder_is_resolved_at_construction(self, project, monkeypatch):
        factory = DollarFactory("one")
        monkeypatch.chdir("two")
        assert page(factory, "home.html") == "home of one"

    def test_the_first_folder_is_searched_first(self, project):
        factory = DollarFactory(["one", "two"])
        assert page(factory, "home.html") == "home of one"
        assert page(factory, "about.html") == "about"

    def test_given_templates_are_found_before_files(self, project):
        factory = DollarFactory("one", templates={"home.html": "given"})
        assert page(factory, "home.html") == "given"
        assert page(factory, "parts/head.html") == "head"

    def test_names_do_not_lead_out_of_the_folders(self, project):
        factory = DollarFactory("one")
        outside = ["../secret.html", "parts/../../secret.html", "..\\secret.html", "C:secret.html"]
        absolute = [str(project / "secret.html"), f"/{project}/secret.html", "\\secret.html"]
        for name in [*outside, *absolute, "home.html\0", "", ".", "parts", "missing.html"]:
            assert "does not exist in one." in refusal(factory, name)

    def test_a_byte_order_mark_is_not_part_of_the_text(self, project):
        (project / "one/bom.html").write_bytes(b"\xef\xbb\xbfx")
        assert page(DollarFactory("one"), "bom.html") == "x"

    def test_missing_folders_are_reported_together(self, project):
        with pytest.raises(TemplateError) as caught:
            DollarFactory(["one", "three", "/no/such"])
        assert str(caught.value) == (
            "2 problems in this application:\n\n"
            "1. Template path 'three' is not a directory.\n"
            "  Correct it, or make the directory.\n\n"
            "2. Template path '/no/such' is not a directory.\n"
            "  Correct it, or make the directory."
        )

    def test_a_file_that_is_not_text_is_reported(self, project):
        (project / "one/photo.html").write_bytes(b"\xff\xd8")
        assert refusal(DollarFactory("one"), "photo.html") == (
            f"Template 'photo.html' ({os.path.join('one', 'photo.html')}) cannot be read: 'utf-8' "
            "codec can't decode byte 0xff in position 0: invalid start byte.\n"
            "  Make it a file of UTF-8 text that the server may read."
        )

    def test_a_file_that_cannot_be_read_is_reported(self, project, monkeypatch):
        def refuse(*args):
            raise PermissionError(13, "Permission denied")

        factory = DollarFactory("one")
        monkeypatch.setattr("pathlib.Path.read_text", refuse)
        assert "cannot be read: [Errno 13] Permission denied." in refusal(factory, "home.html")

    def test_a_file_outside_the_working_directory_is_shown_with_its_absolute_path(
        self, project, monkeypatch
    ):
        (project / "one/bad.html").write_bytes(b"\xff")
        factory = DollarFactory("one")
        monkeypatch.chdir("two")
        message = refusal(factory, "bad.html")
        assert message.startswith(f"Template 'bad.html' ({project / 'one' / 'bad.html'}) cannot")


MISSING = [
    (
        "a misspelt name",
        (["one", "two"], None),
        "hoem.html",
        "Template 'hoem.html' does not exist in one or two.\n"
        "  Available here: home.html, about.html, parts/head.html. Did you mean 'home.html'?\n"
        "  Correct the name, or create the template.",
    ),
    (
        "a name like no other",
        (["one"], None),
        "x",
        "Template 'x' does not exist in one.\n"
        "  Available here: home.html, parts/head.html.\n"
        "  Correct the name, or create the template.",
    ),
    (
        "a name in the working directory",
        (".", None),
        "one/hom.html",
        "Template 'one/hom.html' does not exist in the working directory.\n"
        "  Available here: one/home.html, two/home.html, one/parts/head.html, "
        "two/about.html, secret.html. Did you mean 'one/home.html'?\n"
        "  Correct the name, or create the template.",
    ),
    (
        "a name without folders",
        (None, {"home": "x"}),
        "hoem",
        "Template 'hoem' does not exist in the templates given.\n"
        "  Available here: home. Did you mean 'home'?\n"
        "  Correct the name, or create the template.",
    ),
    (
        "a name without any templates",
        (None, None),
        "home",
        "Template 'home' does not exist in the templates given.\n"
        "  Correct the name, or create the template.",
    ),
]


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "name", "message"),
        [row[1:] for row in MISSING],
        ids=[row[0] for row in MISSING],
    )
    def test_a_missing_template_is_refused(self, project, arguments, name, message):
        paths, templates = arguments
        assert refusal(DollarFactory(paths, templates=templates), name) == message

    def test_an_error_shows_only_the_nearest_names(self):
        templates = {f"page{number}": "" for number in range(20)}
        with pytest.raises(TemplateError) as caught:
            DollarFactory(templates=templates)("page7x")
        (problem,) = caught.value.problems
        assert len(problem.available) == 8
        assert problem.available[0] == "page7"

    def test_an_error_has_each_problem_once(self):
        problems = [
            Problem("A", "is wrong", "Correct it."),
            Problem("B", "is wrong", "Correct it."),
        ]
        assert TemplateError([*problems, *problems]).problems == tuple(problems)

    def test_an_error_names_its_line(self):
        error = TemplateSource("a", "one\n two").not_compiled("it is bad.", 2)
        assert str(error) == (
            "Template 'a' (line 2) does not compile: it is bad.\n  The line to correct is: two"
        )

    def test_an_error_of_an_empty_or_unknown_line_names_the_template(self):
        source = TemplateSource("a", "one\n\n")
        for line in (2, None):
            assert str(source.not_compiled("it is bad", line)).endswith("\n  Correct the template.")


class TestRenderFunctions:
    def test_a_template_is_rendered_with_the_context(self):
        render = DollarFactory(templates={"home.html": "<b>$name</b>"})("home.html")
        response = render(MappingProxyType({"name": "é"}))
        assert isinstance(response, Response)
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert response.get_data(as_text=True) == "<b>é</b>"
        assert repr(render) == "<TemplateRender 'home.html'>"

    def test_included_templates_are_rendered(self):
        factory = DollarFactory(templates={"main": "($name @part )", "part": "part of $name"})
        assert page(factory, "main", name="x") == "(x part of x )"

    def test_a_context_that_is_not_a_mapping_is_refused(self):
        render = DollarFactory(templates={"home.html": ""})("home.html")
        with pytest.raises(TypeError) as caught:
            render([("name", "x")])
        assert str(caught.value) == (
            "Template 'home.html' is filled from a mapping, and the endpoint returned a list.\n"
            "  Return a dict from the endpoint."
        )

    def test_an_endpoint_that_returned_nothing_is_named(self):
        def home():
            """An endpoint that forgets to return."""

        place = f"{os.path.relpath(__file__)}:{home.__code__.co_firstlineno}"
        factory = DollarFactory(templates={"home.html": ""})
        app = Application([("/", home, "home.html")], {}, [], factory, ErrorHandler(True))
        with pytest.raises(TypeError) as caught:
            app.get_local_client().get("/")
        assert str(caught.value) == (
            f"Template 'home.html' is filled from a mapping, and endpoint home ({place}) returned "
            "None.\n"
            "  Return a dict from the endpoint. Is its return missing?"
        )


class TestMissingPackages:
    def test_a_missing_package_is_an_error_with_the_command_to_install_it(self):
        with pytest.raises(ModuleNotFoundError) as caught, engine_package("no_engine"):
            import no_engine.parser  # noqa: F401
        assert caught.value.name == "no_engine"
        assert str(caught.value) == (
            "No_engineRenderFactory needs the package no_engine, which is not installed.\n"
            "  Install it: pip install 'clastic[no_engine]'"
        )

    def test_missing_packages_of_the_engine_itself_are_passed_on(self):
        with (
            pytest.raises(ModuleNotFoundError, match=r"^No module named 'no_helper'$"),
            engine_package("no_engine"),
        ):
            import no_helper  # noqa: F401
