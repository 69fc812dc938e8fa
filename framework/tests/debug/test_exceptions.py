"""A record has the exceptions with their frames as text, and keeps no object alive."""

from __future__ import annotations

import gc
import linecache
import sys
import textwrap
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from clastic import Application
from clastic.debug.exceptions import APPLICATION, FRAMEWORK, LIBRARY, ExceptionRecord, Frame
from clastic.secrets import Secrets

needs_groups = pytest.mark.skipif(sys.version_info < (3, 11), reason="new in Python 3.11")
needs_columns = needs_groups
if sys.version_info < (3, 11):
    ExceptionGroup: Any = None
HERE = __name__


def record(function: Callable[[], object], secrets: Secrets | None = None) -> ExceptionRecord:
    """The record of the exception that `function` raises."""
    try:
        function()
    except Exception:
        return ExceptionRecord.from_current(secrets)
    raise AssertionError("nothing was raised")


def frames_of(function: Callable[[], object]) -> tuple[Frame, ...]:
    """The frames of the exception that `function` raises, without that of `record`."""
    return record(function).exceptions[0].frames[1:]


def fail(*_: Any, **__: Any) -> NoReturn:
    raise ValueError("no")


def failing(error: BaseException) -> Callable[[], NoReturn]:
    def failing() -> NoReturn:
        raise error

    return failing


def outline(made: ExceptionRecord) -> list[tuple[int, str, int, str, str]]:
    return [
        (each.number, each.relation, each.related_to, each.type, each.message)
        for each in made.exceptions
    ]


def variables(frame: Frame) -> dict[str, str]:
    return {each.name: each.value for each in frame.variables}


class OwnError(Exception):
    """An exception of another module."""


# -- the exception ---------------------------------------------------------------------------------


def test_the_type_and_the_message_are_recorded() -> None:
    assert outline(record(failing(OwnError("It failed.")))) == [
        (1, "", 0, f"{HERE}.OwnError", "It failed.")
    ]
    assert outline(record(failing(ValueError()))) == [(1, "", 0, "ValueError", "")]


def test_a_record_has_the_interface_of_boltons() -> None:
    made = record(failing(OwnError("It failed.")))

    assert (made.exc_type, made.exc_msg) == ("OwnError", "It failed.")
    assert made.get_formatted() == made.traceback
    assert made.to_dict()["exceptions"][0]["type"] == f"{HERE}.OwnError"
    assert made.to_dict()["exceptions_left_out"] == 0


def test_without_an_exception_there_is_no_record() -> None:
    with pytest.raises(ValueError, match="no exception is being handled"):
        ExceptionRecord.from_current()


def test_the_message_of_a_syntax_error_has_the_line() -> None:
    message = record(lambda: compile("x =\n", "book.py", "exec")).exc_msg

    assert message.startswith('  File "book.py", line 1\n    x =\n')
    assert message.endswith("SyntaxError: invalid syntax")


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class Long(Exception):
    def __str__(self) -> str:
        return "x" * 1_000_000


@pytest.mark.parametrize(
    ("error", "message"),
    [
        pytest.param(Unprintable(), f"<{HERE}.Unprintable: str() raised RuntimeError>", id="none"),
        pytest.param(Long(), "x" * 4_000 + "...", id="a long one"),
        pytest.param(ValueError("a\x00b"), "a\ufffdb", id="a control character"),
    ],
)
def test_any_message_can_be_recorded(error: Exception, message: str) -> None:
    assert record(failing(error)).exc_msg == message


@pytest.mark.parametrize(
    ("notes", "shown"),
    [
        pytest.param(["one", "two"], ("one", "two"), id="texts"),
        pytest.param([7], ("7",), id="not a text"),
        pytest.param(["x"] * 30, ("x",) * 10, id="many"),
        pytest.param("text", (), id="not a list"),
    ],
)
def test_the_notes_are_recorded(notes: Any, shown: tuple[str, ...]) -> None:
    error = ValueError()
    error.__notes__ = notes  # type: ignore[attr-defined]

    assert record(failing(error)).exceptions[0].notes == shown


# -- related exceptions ----------------------------------------------------------------------------


def test_the_cause_and_the_context_are_recorded() -> None:
    def fail_thrice() -> None:
        try:
            try:
                raise KeyError("first")
            except KeyError:
                raise ValueError("second")  # noqa: B904
        except ValueError as error:
            raise OwnError("third") from error

    assert outline(record(fail_thrice)) == [
        (1, "", 0, f"{HERE}.OwnError", "third"),
        (2, "cause", 1, "ValueError", "second"),
        (3, "context", 2, "KeyError", "'first'"),
    ]


def test_a_suppressed_context_is_left_out() -> None:
    def fail_twice() -> None:
        try:
            raise KeyError("first")
        except KeyError:
            raise ValueError("second") from None

    assert outline(record(fail_twice)) == [(1, "", 0, "ValueError", "second")]


def test_exceptions_that_cause_each_other_are_recorded_once() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    assert [each[4] for each in outline(record(failing(first)))] == ["first", "second"]


def test_a_long_chain_is_cut_off() -> None:
    chain: BaseException = ValueError("inner")
    for number in range(30):
        outer = ValueError(number)
        outer.__cause__ = chain
        chain = outer

    made = record(failing(chain))
    assert len(made.exceptions) == 10
    assert made.exceptions_left_out == 1


class BaseExceptionGroup(Exception):
    """A group of the package that Python 3.10 needs for groups."""

    exceptions = (ValueError("one"), KeyError("two"))


def test_the_members_of_a_group_are_recorded() -> None:
    group = BaseExceptionGroup("both")
    group.__cause__ = OwnError("behind")

    assert outline(record(failing(group))) == [
        (1, "", 0, f"{HERE}.BaseExceptionGroup", "both"),
        (2, "member", 1, "ValueError", "one"),
        (3, "member", 1, "KeyError", "'two'"),
        (4, "cause", 1, f"{HERE}.OwnError", "behind"),
    ]


@needs_groups
def test_groups_in_groups_are_recorded() -> None:
    group = ExceptionGroup("outer", [ExceptionGroup("inner", [ValueError("a")]), KeyError("b")])

    assert outline(record(failing(group))) == [
        (1, "", 0, "ExceptionGroup", "outer (2 sub-exceptions)"),
        (2, "member", 1, "ExceptionGroup", "inner (1 sub-exception)"),
        (3, "member", 2, "ValueError", "a"),
        (4, "member", 1, "KeyError", "'b'"),
    ]


@needs_groups
def test_a_large_group_is_cut_off() -> None:
    made = record(failing(ExceptionGroup("all", [ValueError(number) for number in range(1_000)])))

    assert [each.message for each in made.exceptions[1:3]] == ["0", "1"]
    assert len(made.exceptions) == 10
    assert made.exceptions_left_out == 991


def test_the_traceback_is_that_of_python() -> None:
    def fail_twice() -> None:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("second") from error

    lines = record(fail_twice).traceback.splitlines()
    assert [line for line in lines if not line.startswith("  ")] == [
        "Traceback (most recent call last):",
        "KeyError: 'first'",
        "",
        "The above exception was the direct cause of the following exception:",
        "",
        "Traceback (most recent call last):",
        "ValueError: second",
    ]


# -- the frames ------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Frame]]:
    """A function that runs the text of a program and returns the frame that it fails in."""
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


@pytest.mark.parametrize(
    ("name", "module", "origin"),
    [
        ("app.py", "app", APPLICATION),
        ("app.py", "clastic_shop", APPLICATION),
        ("app.py", 7, APPLICATION),
        ("app.py", "clastic", FRAMEWORK),
        ("app.py", "clastic.dispatch", FRAMEWORK),
        ("site-packages/sql/query.py", "sql.query", LIBRARY),
        ("dist-packages/sql.py", "sql", LIBRARY),
    ],
)
def test_the_origin_of_code_is_recorded(
    run: Callable[..., Frame], name: str, module: Any, origin: str
) -> None:
    assert run("fail()", name, __name__=module).origin == origin


def test_the_standard_library_is_a_library() -> None:
    import json

    frames = frames_of(lambda: json.loads("{"))
    assert [frame.origin for frame in frames[:2]] == [APPLICATION, LIBRARY]
    frozen = frames_of(lambda: __import__("no_such_module_anywhere"))
    assert {frame.origin for frame in frozen[1:]} <= {LIBRARY}


def test_a_chain_is_of_the_framework_and_has_source_code() -> None:
    application = Application([("/books/<id>", lambda id: fail())], debug=True)
    answer = application.get_local_client().get("/books/7", headers={"Accept": "application/json"})
    assert answer.json is not None
    frames = answer.json["debug"]["exceptions"][0]["frames"]

    (chain,) = [frame for frame in frames if frame["file"].startswith("<clastic chain")]
    assert chain["origin"] == FRAMEWORK
    assert chain["function"] == "route /books/<id>"
    running = chain["source"][chain["line"] - chain["first_line"]]
    assert running.strip().startswith("return endpoint(")


def test_the_lines_around_are_recorded(run: Callable[..., Frame]) -> None:
    frame = run("".join(f"x = {number}\n" for number in range(1, 20)) + "fail()\n# 21\n")

    assert frame.line == 20
    assert frame.code == "fail()"
    assert frame.place == f"{frame.file}:20"
    assert frame.first_line == 15
    assert frame.source == (*(f"x = {number}" for number in range(15, 20)), "fail()", "# 21")


def test_a_file_below_the_working_directory_has_a_relative_path(
    run: Callable[..., Frame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run("fail()", "shop/app.py").place == "shop/app.py:1"


def test_long_lines_are_cut_off_and_odd_characters_replaced(run: Callable[..., Frame]) -> None:
    frame = run(f"fail()  # {'x' * 1_000}\n# a\x0cb\n")

    assert len(frame.source[0]) == 243
    assert frame.source[0].endswith("xx...")
    assert frame.source[1] == "# a\ufffdb"


def test_a_secret_where_a_line_is_cut_off_is_masked(run: Callable[..., Frame]) -> None:
    before = "x" * 220
    frame = run(f"password = 'swordfish-1'\nfail()  # {before} swordfish-1 {before * 9_000}\n")

    assert frame.source[1] == f"fail()  # {before} [masked]..."


def test_a_file_that_changed_is_read_again(run: Callable[..., Frame]) -> None:
    assert run("fail()  # a comment").code == "fail()  # a comment"
    assert run("fail()  # another comment").code == "fail()  # another comment"


def test_code_without_source_is_recorded() -> None:
    code = compile("fail()", "<nowhere>", "exec")
    frame = frames_of(lambda: exec(code, {"fail": fail}))[1]

    assert (frame.source, frame.code, frame.place) == ((), "", "<nowhere>:1")


@needs_columns
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
def test_the_running_part_of_a_line_is_marked(
    run: Callable[..., Frame], text: str, marked: str | None
) -> None:
    frame = run(text)

    assert marked == (None if frame.marked is None else frame.code[slice(*frame.marked)])


def test_the_variables_are_recorded_in_order(run: Callable[..., Frame]) -> None:
    frame = run("b = 'x'\na = [b]\n__c = 1\nfail()", local={})

    assert list(variables(frame).items()) == [("b", "'x'"), ("a", "['x']")]
    assert frame.variables_left_out == 0


def test_many_variables_are_cut_off(run: Callable[..., Frame]) -> None:
    frame = run("for number in range(100): locals()[f'n{number}'] = 1\nfail()", local={})

    assert len(frame.variables) == 40
    assert frame.variables_left_out == 61


def test_variables_without_a_proper_name_are_left_out(run: Callable[..., Frame]) -> None:
    class Mapping:
        def __getitem__(self, name: str) -> Any:
            return {"fail": fail}[name]

    local = {1: "x", "not a name": "x", "name": "x"}
    assert variables(run("fail()", local=local)) == {"name": "'x'"}
    assert variables(run("fail()", local=Mapping())) == {}


def test_the_innermost_frames_of_a_recursion_are_recorded() -> None:
    def recurse(depth: int) -> int:
        return recurse(depth + 1)

    made = record(lambda: recurse(0))
    (exception,) = made.exceptions

    assert len(exception.frames) == 40
    assert exception.frames_left_out > 500
    assert int(variables(exception.frames[-1])["depth"]) > 500
    assert "[Previous line repeated" in made.traceback
    assert len(made.traceback) < 20_000


# -- secrets ---------------------------------------------------------------------------------------

TOKEN_OF_MODULE = "albatross-1"


def everything(made: ExceptionRecord) -> str:
    return f"{made.to_dict()}{made.traceback}{made!r}"


def test_secrets_of_the_frames_are_masked_everywhere() -> None:
    def login(password: str) -> NoReturn:
        raise OwnError(f"{password} and {TOKEN_OF_MODULE} are wrong")

    def check() -> None:
        login("swordfish-1")

    made = record(check)
    assert made.exc_msg == "[masked] and [masked] are wrong"
    assert "swordfish-1" not in everything(made)
    assert "albatross-1" not in everything(made)


def test_secrets_of_the_exceptions_are_masked_everywhere() -> None:
    error = OwnError("Login by swordfish-1 failed.", {"password": "swordfish-1"})
    error.token = "albatross-1"  # type: ignore[attr-defined]
    error.__cause__ = ValueError("The albatross-1 token is old.")

    made = record(failing(error))
    assert made.exceptions[0].message == "('Login by [masked] failed.', {'password': [masked]})"
    assert made.exceptions[1].message == "The [masked] token is old."


def test_secrets_in_source_and_variables_are_masked(run: Callable[..., Frame]) -> None:
    frame = run("password = 'swordfish-1'\nother = f'{password}!'\nfail(x='swordfish-1')", local={})

    assert variables(frame) == {"password": "[masked]", "other": "'[masked]!'"}
    assert frame.source == ("password = [masked]", "other = f'{password}!'", "fail(x='[masked]')")


def test_the_traceback_masks_messages_and_literals_only() -> None:
    def fail_with_code() -> NoReturn:
        token = "x"
        raise ValueError(f"token={token}\npassword: swordfish")

    text = record(fail_with_code).traceback
    assert '    raise ValueError(f"token={token}' in text
    assert text.endswith("\nValueError: token=[masked]\npassword: [masked]\n")


def test_secrets_that_are_known_are_masked() -> None:
    secrets = Secrets()
    secrets.add("swordfish-1")

    made = record(failing(ValueError("Not swordfish-1.")), secrets)
    assert made.exc_msg == "Not [masked]."
    assert made.secrets is secrets


# -- nothing is kept alive -------------------------------------------------------------------------


class Thing:
    """Something that can be referred to weakly."""


def test_no_object_of_the_exception_is_kept_alive() -> None:
    references = []

    def failing() -> NoReturn:
        thing = Thing()
        references.append(weakref.ref(thing))
        error = OwnError(thing)
        references.append(weakref.ref(error))
        raise error

    made = record(failing)
    gc.collect()

    assert [reference() for reference in references] == [None, None]
    assert variables(made.exceptions[0].frames[-1])["thing"] == f"<{HERE}.Thing>"
