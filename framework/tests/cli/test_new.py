"""Test the projects that ``clastic new`` creates."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .conftest import CommandLine

TEMPLATES = ("minimal", "html", "api")


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.usefixtures("without_coverage")
def test_the_tests_of_a_new_project_pass(cli: CommandLine, template: str):
    assert cli.run("new", "shop", "--template", template).code == 0
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=cli.folder / "shop", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_project_has_no_likely_mistakes(
    cli: CommandLine, template: str, monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
    cli.run("new", "shop", "--template", template)
    monkeypatch.chdir(cli.folder / "shop")
    assert cli.run("check") == (0, "", "")
    assert cli.run("request", "/", "--fail").code == 0


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_project_has_its_name_and_its_commands(cli: CommandLine, template: str):
    cli.run("new", "shop.web-2", "--template", template)
    for path in (cli.folder / "shop.web-2").rglob("*"):
        assert path.is_dir() or "PROJECT_NAME" not in path.read_text()
    assert 'name = "shop.web-2"' in (cli.folder / "shop.web-2" / "pyproject.toml").read_text()


def test_prints_what_it_creates_and_what_to_do_next(cli: CommandLine):
    assert cli.run("new", "shop").out.splitlines() == [
        "created shop/.gitignore",
        "created shop/README.md",
        "created shop/pyproject.toml",
        "created shop/app.py",
        "created shop/tests/test_app.py",
        "Next: cd shop, then clastic dev. shop/README.md lists more commands.",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["app.py"], "cannot create the folder app.py: File exists"),
        (["shop", "--template", "htm"], "no template 'htm'. Did you mean 'html'?"),
        (["shop", "--template", "x"], "no template 'x'. Templates: minimal, html, api"),
        (
            ["../shop"],
            "'../shop' is not a valid project name. Use letters, digits, '-', '_' and '.', and "
            "begin and end with a letter or digit",
        ),
    ],
)
def test_refuses_projects_that_it_cannot_create(cli: CommandLine, words: list[str], message: str):
    assert cli.run("new", *words) == (2, "", f"clastic new: {message}\n")
    assert not (cli.folder / "shop").exists()
