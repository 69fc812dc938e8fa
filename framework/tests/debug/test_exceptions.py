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
from clastic.debug.exceptions import ExceptionRecord, Frame
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


def outline(made: ExceptionRecord) -> list[tuple[str, str, str]]:
    return [(each.relation, each.type, each.message) for each in made.exceptions]


def variables(frame: Frame) -> dict[str, str]:
    return {each.name: each.value for each in frame.variables}


class OwnError(Exception):
    """An exception of another module."""


# -- the exception ---------------------------------------------------------------------------------


def test_the_type_and_the_message_are_recorded() -> None:
    assert outline(record(failing(OwnError("It failed.")))) == [
        ("", f"{HERE}.OwnError", "It failed.")
    ]
    assert outline(record(failing(ValueError()))) == [("", "ValueError", "")]


def test_a_record_has_the_interface_of_boltons() -> None:
    made = record(failing(OwnError("It failed.")))

    assert (made.exc_type, made.exc_msg) == ("OwnError", "It failed.")
    assert made.get_formatted() == made.traceback


def test_without_an_exception_there_is_no_record() -> None:
    with pytest.raises(ValueError, match="no exception is being handled"):
        ExceptionRecord.from_current()


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class Long(Exception):
    def __str__(self) -> str:
        return "x" * 1_000_000


@pytest.mark.parametrize(
    ("error", "message"),
    [
        pytest.param(Unprintable(), "<unprintable Unprintable object>", id="none"),
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
        ("", f"{HERE}.OwnError", "third"),
        ("cause", "ValueError", "second"),
        ("raised while handling", "KeyError", "'first'"),
    ]


def test_a_suppressed_context_is_left_out() -> None:
    def fail_twice() -> None:
        try:
            raise KeyError("first")
        except KeyError:
            raise ValueError("second") from None

    assert outline(record(fail_twice)) == [("", "ValueError", "second")]


def test_exceptions_that_cause_each_other_are_recorded_once() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    assert [each[2] for each in outline(record(failing(first)))] == ["first", "second"]


def test_a_long_chain_is_cut_off() -> None:
    chain: BaseException = ValueError("inner")
    for number in range(30):
        outer = ValueError(number)
        outer.__cause__ = chain
        chain = outer

    made = record(failing(chain))
    assert len(made.exceptions) == 10


class BaseExceptionGroup(Exception):
    """A group of the package that Python 3.10 needs for groups."""

    exceptions = (ValueError("one"), KeyError("two"))


def test_the_members_of_a_group_are_recorded() -> None:
    group = BaseExceptionGroup("both")
    group.__cause__ = OwnError("behind")

    assert outline(record(failing(group))) == [
        ("", f"{HERE}.BaseExceptionGroup", "both"),
        ("in the group", "ValueError", "one"),
        ("in the group", "KeyError", "'two'"),
        ("cause", f"{HERE}.OwnError", "behind"),
    ]


@needs_groups
def test_groups_in_groups_are_recorded() -> None:
    group = ExceptionGroup("outer", [ExceptionGroup("inner", [ValueError("a")]), KeyError("b")])

    assert outline(record(failing(group))) == [
        ("", "ExceptionGroup", "outer (2 sub-exceptions)"),
        ("in the group", "ExceptionGroup", "inner (1 sub-exception)"),
        ("in the group", "ValueError", "a"),
        ("in the group", "KeyError", "'b'"),
    ]


@needs_groups
def test_a_large_group_is_cut_off() -> None:
    made = record(failing(ExceptionGroup("all", [ValueError(number) for number in range(1_000)])))

    assert [each.message for each in made.exceptions[1:3]] == ["0", "1"]
    assert len(made.exceptions) == 10


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
    ("name", "module", "is_application"),
    [
        ("app.py", "app", True),
        ("app.py", "clastic_shop", True),
        ("app.py", 7, True),
        ("app.py", "clastic", False),
        ("app.py", "clastic.dispatch", False),
        ("site-packages/sql/query.py", "sql.query", False),
        ("dist-packages/sql.py", "sql", False),
    ],
)
def test_the_code_of_the_application_is_recognized(
    run: Callable[..., Frame], name: str, module: Any, is_application: bool
) -> None:
    assert run("fail()", name, __name__=module).is_application is is_application


def test_the_standard_library_is_not_of_the_application() -> None:
    import json

    frames = frames_of(lambda: json.loads("{"))
    assert [frame.is_application for frame in frames[:2]] == [True, False]
    frozen = frames_of(lambda: __import__("no_such_module_anywhere"))
    assert not any(frame.is_application for frame in frozen[1:])


def test_a_chain_is_not_of_the_application_and_has_source_code() -> None:
    application = Application([("/books/<id>", lambda id: fail())], debug=True)
    answer = application.get_local_client().get("/books/7", headers={"Accept": "application/json"})
    assert answer.json is not None
    frames = answer.json["debug"]["exceptions"][0]["frames"]

    (chain,) = [frame for frame in frames if frame["place"].startswith("<clastic chain")]
    assert chain["is_application"] is False
    assert chain["function"] == "route /books/<id>"
    running = dict(chain["source"])[chain["line"]]
    assert running.strip().startswith("return endpoint(")


def test_the_lines_around_are_recorded(run: Callable[..., Frame]) -> None:
    frame = run("".join(f"x = {number}\n" for number in range(1, 20)) + "fail()\n# 21\n")

    assert frame.line == 20
    assert frame.code == "fail()"
    assert frame.place.endswith("program.py:20")
    assert frame.source == (
        *((number, f"x = {number}") for number in range(15, 20)),
        (20, "fail()"),
        (21, "# 21"),
    )


def test_a_file_below_the_working_directory_has_a_relative_path(
    run: Callable[..., Frame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run("fail()", "shop/app.py").place == "shop/app.py:1"


def test_long_lines_are_cut_off_and_odd_characters_replaced(run: Callable[..., Frame]) -> None:
    frame = run(f"fail()  # {'x' * 1_000}\n# a\x0cb\n")

    assert frame.source == ((1, f"fail()  # {'x' * 230}..."), (2, "# a\ufffdb"))


def test_a_secret_where_a_line_is_cut_off_is_masked(run: Callable[..., Frame]) -> None:
    before = "x" * 220
    frame = run(f"password = 'swordfish-1'\nfail()  # {before} swordfish-1 {before}\n")

    assert frame.source[1] == (2, f"fail()  # {before} [masked] ...")


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
        pytest.param("é = 'ü', fail()", None, id="after letters that are not ASCII"),
        pytest.param("fail()", None, id="all of a line is not marked"),
        pytest.param("x = fail(\n)", None, id="several lines"),
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


def test_many_variables_are_cut_off(run: Callable[..., Frame]) -> None:
    frame = run("for number in range(100): locals()[f'n{number}'] = 1\nfail()", local={})

    assert len(frame.variables) == 41
    assert variables(frame)["..."] == "61 more"


def test_variables_without_a_proper_name_are_left_out(run: Callable[..., Frame]) -> None:
    assert variables(run("fail()", local={".0": "x", "name": "x"})) == {"name": "'x'"}


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
    return f"{made.exceptions}{made.traceback}"


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
    assert [text for _, text in frame.source] == [
        "password = [masked]",
        "other = f'{password}!'",
        "fail(x='[masked]')",
    ]


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
    assert variables(made.exceptions[0].frames[-1])["thing"].startswith(f"<{HERE}.Thing object at ")
