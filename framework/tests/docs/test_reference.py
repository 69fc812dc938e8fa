"""Check that the reference is complete, and run the code in docstrings."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import clastic
import clastic.decorators
import clastic.errors
import clastic.meta

DOCS = Path(__file__).parents[2] / "docs"
SOURCE = Path(clastic.__file__).parent

DOCUMENTED = re.compile(r"^\.\. (?:auto\w+|(?:py:)?\w+):: (clastic[\w.]*)", re.MULTILINE)
REFERRED = re.compile(r"\{(?:class|func|data|mod)\}`~?(clastic[\w.]*)`")
CODE = re.compile(r"`([^`]+)`")
LITERAL = re.compile(r"::\n\n((?:[ ]{4}.*\n|\n)+)")

README = DOCS.parent / "README.md"
# These only re-export names.
RE_EXPORTS = {"route", "middleware/core", "render/simple", "render/tabular", "utils"}

REFERENCE = [*DOCS.glob("api/*.rst")]
PAGES = [*DOCS.glob("*.md"), *DOCS.glob("api/*.md")]


def documented() -> set[str]:
    return {name for page in REFERENCE for name in DOCUMENTED.findall(page.read_text("utf-8"))}


def docstrings() -> Iterator[tuple[str, str]]:
    """Yield the location of each docstring with code, and the code."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                text = ast.get_docstring(node) or ""
                for block in LITERAL.findall(f"{text}\n"):
                    name = getattr(node, "name", "module")
                    yield f"{path.relative_to(SOURCE).as_posix()}, {name}", textwrap.dedent(block)


def rows_of(heading: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the code in the first and the second column of the table below a heading."""
    section = README.read_text("utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    for line in section.splitlines():
        if line.startswith("| ") and "`" in line:
            first, second = line.strip("| ").split(" | ")
            yield CODE.findall(first), CODE.findall(second)


def modules() -> set[str]:
    paths = (path.relative_to(SOURCE).with_suffix("") for path in SOURCE.rglob("*.py"))
    return {path.as_posix() for path in paths if path.name != "__init__"} - RE_EXPORTS


def test_the_readme_lists_every_module_once():
    listed = []
    for names, parts in rows_of("Where everything is"):
        for name in names:
            listed += [name + part for part in parts] if name.endswith("/") else [name]
    assert sorted(listed) == sorted(modules())


def test_the_files_to_read_for_a_process_exist():
    named = {name for _, names in rows_of("How a request goes") for name in names}
    assert len(named) > 20
    assert named - modules() == set()


def test_the_reference_has_every_name_of_the_package():
    assert {f"clastic.{name}" for name in clastic.__all__} - documented() == set()


def test_the_reference_has_every_http_error():
    names = {error_type.__name__ for error_type in clastic.errors.TYPES_BY_CODE.values()}
    found = {name.rpartition(".")[2] for name in documented()}
    assert names - found == set()


def test_the_reference_has_all_names_that_the_pages_refer_to():
    known = documented()
    for page in PAGES:
        assert set(REFERRED.findall(page.read_text("utf-8"))) - known == set(), page


@pytest.mark.parametrize("code", [pytest.param(code, id=place) for place, code in docstrings()])
def test_code_in_a_docstring_runs(code):
    names: dict[str, Any] = {"find_user": print, "jobs": []}
    for module in (clastic, clastic.decorators, clastic.errors, clastic.meta):
        names.update(vars(module))
    exec(compile(code, "docstring", "exec"), names)
