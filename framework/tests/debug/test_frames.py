"""The calls of an exception: whose they are, their source code, and their variables."""

from __future__ import annotations

import linecache
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from clastic import Application
from clastic.debug.exceptions import ExceptionRecord
from clastic.debug.frames import APPLICATION, FRAMEWORK, LIBRARY, Frame

needs_positions = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="code knows its columns from Python 3.11 on"
)


def frames_of(function: Callable[[], object]) -> tuple[Frame, ...]:
    """The frames of the exception that `function` raises, without that of this function."""
    try:
        function()
    except Exception:
        return ExceptionRecord.from_current().exceptions[0].frames[1:]
    raise AssertionError("nothing was raised")


def variables(frame: Frame) -> dict[str, str]:
    return {each.name: each.value for each in frame.variables}


def fail(**_: Any) -> NoReturn:
    raise ValueError("no")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Frame]]:
    """Runs the text of a program, gives the frame that it fails in."""
    names = []

    def run(text: str, name: str = "program.py", local: Any = None, **namespace: Any) -> Frame:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        names.append(str(path))
        code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
        return frames_of(lambda: exec(code, {"fail": fail, **namespace}, local))[1]

    yield run
    for name in names:
        linecache.cache.pop(name, None)


# -- whose they are --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "module", "origin"),
    [
        ("app.py", "app", APPLICATION),
        ("app.py", "clastic_shop", APPLICATION),
        ("app.py", "clastic", FRAMEWORK),
        ("app.py", "clastic.dispatch", FRAMEWORK),
        ("site-packages/sql/query.py", "sql.query", LIBRARY),
        ("dist-packages/sql.py", "sql", LIBRARY),
    ],
)
def test_whose_code_it_is(run: Callable[..., Frame], name: str, module: str, origin: str) -> None:
    frame = run("fail()", name, __name__=module)

    assert (frame.origin, frame.module) == (origin, module)


def test_the_standard_library_is_a_library() -> None:
    import json

    frames = frames_of(lambda: json.loads("{"))

    assert [frame.origin for frame in frames[:2]] == [APPLICATION, LIBRARY]


def test_what_is_frozen_is_a_library() -> None:
    frames = frames_of(lambda: __import__("no_such_module_anywhere"))

    assert {frame.origin for frame in frames[1:]} <= {LIBRARY}


def test_a_chain_is_of_the_framework_and_shows_its_source() -> None:
    application = Application([("/books/<id>", lambda id: fail())], debug=True)
    answer = application.get_local_client().get("/books/7", headers={"Accept": "application/json"})
    assert answer.json is not None
    frames = answer.json["debug"]["exceptions"][0]["frames"]

    (chain,) = [frame for frame in frames if frame["file"].startswith("<clastic chain")]
    assert chain["origin"] == FRAMEWORK
    assert chain["function"] == "route /books/<id>"
    (running,) = [line for line in chain["source"] if line["number"] == chain["line"]]
    assert running["text"].strip().startswith("return endpoint(")


def test_a_frame_without_a_module_name(run: Callable[..., Frame]) -> None:
    assert run("fail()", __name__=7).module == ""


# -- their source code -----------------------------------------------------------------------------


def test_the_lines_around(run: Callable[..., Frame]) -> None:
    frame = run("".join(f"x = {number}\n" for number in range(1, 20)) + "fail()\n# 21\n")

    assert frame.line == 20
    assert frame.code == "fail()"
    assert frame.place == f"{frame.file}:20"
    assert [(line.number, line.text) for line in frame.source] == [
        *((number, f"x = {number}") for number in range(15, 20)),
        (20, "fail()"),
        (21, "# 21"),
    ]


def test_a_file_below_the_working_directory_is_shown_from_there(
    run: Callable[..., Frame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run("fail()", "shop/app.py").place == "shop/app.py:1"


def test_long_lines_and_odd_characters(run: Callable[..., Frame]) -> None:
    frame = run(f"fail()  # {'x' * 1_000}\n# a\x0cb\n")

    assert len(frame.source[0].text) == 241
    assert frame.source[0].text.endswith("xx…")
    assert frame.source[1].text == "# a\ufffdb"


def test_a_secret_where_a_line_is_cut_off(run: Callable[..., Frame]) -> None:
    before = "x" * 220
    frame = run(f"password = 'swordfish-1'\nfail()  # {before} swordfish-1 {before * 9_000}\n")

    assert frame.source[1].text == f"fail()  # {before} [masked]…"


def test_a_file_that_changed_is_read_again(run: Callable[..., Frame]) -> None:
    assert run("fail()  # a comment").code == "fail()  # a comment"
    assert run("fail()  # another comment").code == "fail()  # another comment"


def test_code_without_source() -> None:
    code = compile("fail()", "<nowhere>", "exec")
    frame = frames_of(lambda: exec(code, {"fail": fail}))[1]

    assert (frame.source, frame.code, frame.place) == ((), "", "<nowhere>:1")


def test_code_whose_source_cannot_be_read(run: Callable[..., Frame]) -> None:
    class Loader:
        def get_source(self, name: str) -> NoReturn:
            raise RuntimeError("no source")

    code = compile("fail()", "nowhere.py", "exec")
    namespace = {"fail": fail, "__name__": "nowhere", "__loader__": Loader()}
    namespace["__spec__"] = SimpleNamespace(name="nowhere", loader=Loader())
    frame = frames_of(lambda: exec(code, namespace))[1]

    assert frame.source == ()


@needs_positions
@pytest.mark.parametrize(
    ("text", "marked"),
    [
        pytest.param("x = fail() + 1", "fail()", id="a part of a line"),
        pytest.param("é = 'ü', fail()", "fail()", id="after other letters"),
        pytest.param("fail()", None, id="all of a line is not marked"),
        pytest.param("x = fail(\n)", "fail(", id="the first of several lines"),
        pytest.param("token = fail(token='abc')", None, id="a line with a mask in it"),
    ],
)
def test_what_of_a_line_was_running(
    run: Callable[..., Frame], text: str, marked: str | None
) -> None:
    frame = run(text)

    shown = None if frame.marked is None else frame.source[0].text[slice(*frame.marked)]
    assert shown == marked


def test_code_that_does_not_know_its_columns(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from clastic.debug.exceptions import ExceptionRecord\n"
        "try:\n    x = int('x') + 1\n"
        "except ValueError:\n    print(ExceptionRecord.from_current().exceptions[0].frames)\n"
    )
    environment = {**os.environ, "PYTHONNODEBUGRANGES": "1"}

    ended = subprocess.run(
        [sys.executable, str(program)], env=environment, capture_output=True, text=True, check=True
    )

    assert "marked=None" in ended.stdout


# -- their variables -------------------------------------------------------------------------------


def test_the_variables_in_order(run: Callable[..., Frame]) -> None:
    frame = run("b = 'x'\na = [b]\n__c = 1\nfail()", local={})

    assert variables(frame) == {"b": "'x'", "a": "['x']"}
    assert list(variables(frame)) == ["b", "a"]
    assert frame.variables_left_out == 0


def test_many_variables(run: Callable[..., Frame]) -> None:
    frame = run("for number in range(100): locals()[f'n{number}'] = 1\nfail()", local={})

    assert len(frame.variables) == 40
    assert frame.variables_left_out == 61


def test_variables_that_cannot_be_read(run: Callable[..., Frame]) -> None:
    class Mapping:
        def __getitem__(self, name: str) -> Any:
            return {"fail": fail}[name]

    assert run("fail()", local=Mapping()).variables == ()


def test_names_that_are_none(run: Callable[..., Frame]) -> None:
    local = {1: "x", "not a name": "x", "name": "x"}

    assert variables(run("fail()", local=local)) == {"name": "'x'"}


def test_secrets_in_source_and_variables_are_masked(run: Callable[..., Frame]) -> None:
    frame = run("password = 'swordfish-1'\nother = f'{password}!'\nfail(x='swordfish-1')", local={})

    assert variables(frame) == {"password": "[masked]", "other": "'[masked]!'"}
    assert [line.text for line in frame.source] == [
        "password = [masked]",
        "other = f'{password}!'",
        "fail(x='[masked]')",
    ]


# -- how many of them ------------------------------------------------------------------------------


def test_endless_recursion_is_shown_in_short() -> None:
    def recurse(depth: int) -> int:
        return recurse(depth + 1)

    frames = frames_of(lambda: recurse(0))

    assert len(frames) == 39
    assert [index for index, frame in enumerate(frames) if frame.frames_left_out] == [9]
    assert frames[9].frames_left_out > 500
    assert variables(frames[2])["depth"] == "1"


def test_the_text_of_endless_recursion() -> None:
    def recurse() -> int:
        return recurse()

    try:
        recurse()
    except RecursionError:
        text = ExceptionRecord.from_current().get_formatted()

    assert "frames left out]\n" in text
    assert len(text) < 20_000


@needs_positions
def test_the_text_marks_what_was_running(run: Callable[..., Frame]) -> None:
    def outer() -> None:
        x = fail() or 1  # noqa: F841

    try:
        outer()
    except ValueError:
        text = ExceptionRecord.from_current().get_formatted()

    assert "    x = fail() or 1  # noqa: F841\n        ^^^^^^\n" in text
