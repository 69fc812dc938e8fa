"""An exception is recorded with all that led to it, and nothing of it is kept alive."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from clastic.debug.exceptions import ExceptionRecord, RaisedException
from clastic.debug.frames import Frame
from clastic.secrets import Secrets

needs_groups = pytest.mark.skipif(sys.version_info < (3, 11), reason="groups are of Python 3.11")
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


def fail(error: BaseException) -> Callable[[], NoReturn]:
    def failing() -> NoReturn:
        raise error

    return failing


def outline(made: ExceptionRecord) -> list[tuple[int, str, int, str]]:
    return [(each.number, each.relation, each.related_to, each.summary) for each in made.exceptions]


def variables(frame: Frame) -> dict[str, str]:
    return {each.name: each.value for each in frame.variables}


class OwnError(Exception):
    """An exception of another module."""


# -- the exception itself --------------------------------------------------------------------------


def test_the_type_and_the_message() -> None:
    made = record(fail(OwnError("It failed.")))

    assert made.exceptions[0].type == f"{HERE}.OwnError"
    assert made.exceptions[0].message == "It failed."
    assert made.exceptions[0].summary == f"{HERE}.OwnError: It failed."


def test_a_built_in_type_without_a_message() -> None:
    assert record(fail(ValueError())).exceptions[0].summary == "ValueError"


def test_what_the_records_of_boltons_have_too() -> None:
    made = record(fail(OwnError("It failed.")))

    assert (made.exc_type, made.exc_msg) == ("OwnError", "It failed.")
    assert made.get_formatted().startswith("Traceback (most recent call last):\n")
    assert made.get_formatted().endswith(f"\n{HERE}.OwnError: It failed.\n")
    assert made.to_dict()["exceptions"][0]["type"] == f"{HERE}.OwnError"
    assert made.to_dict()["exceptions_left_out"] == 0


def test_none_is_being_handled() -> None:
    with pytest.raises(ValueError, match="no exception is being handled"):
        ExceptionRecord.from_current()


def test_the_line_at_fault_of_a_syntax_error() -> None:
    message = record(lambda: compile("x =\n", "book.py", "exec")).exceptions[0].message

    assert message.startswith("invalid syntax (book.py, line 1)\n")
    assert "    x =" in message


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class Long(Exception):
    def __str__(self) -> str:
        return "x" * 50_000_000


@pytest.mark.parametrize(
    ("error", "message"),
    [
        pytest.param(Unprintable(), "<not shown: it raises RuntimeError>", id="that fails"),
        pytest.param(Long(), "x" * 4_000 + "…", id="that is long"),
        pytest.param(ValueError("a\x00b"), "a\ufffdb", id="that no page can show"),
    ],
)
def test_a_message(error: Exception, message: str) -> None:
    assert record(fail(error)).exceptions[0].message == message


@pytest.mark.parametrize(
    ("notes", "shown"),
    [
        pytest.param(["one", "two"], ("one", "two"), id="texts"),
        pytest.param([7, Unprintable()], ("7", "<not shown: it raises RuntimeError>"), id="others"),
        pytest.param(["x"] * 30, ("x",) * 10, id="many"),
        pytest.param("text", (), id="no list"),
    ],
)
def test_the_notes(notes: Any, shown: tuple[str, ...]) -> None:
    error = ValueError()
    error.__notes__ = notes  # type: ignore[attr-defined]

    assert record(fail(error)).exceptions[0].notes == shown


# -- what it is related to -------------------------------------------------------------------------


def test_the_cause_and_the_context() -> None:
    def fail_thrice() -> None:
        try:
            try:
                raise KeyError("first")
            except KeyError:
                raise ValueError("second")  # noqa: B904
        except ValueError as error:
            raise OwnError("third") from error

    assert outline(record(fail_thrice)) == [
        (1, "", 0, f"{HERE}.OwnError: third"),
        (2, "cause", 1, "ValueError: second"),
        (3, "context", 2, "KeyError: 'first'"),
    ]


def test_a_context_that_is_not_to_be_shown() -> None:
    def fail_twice() -> None:
        try:
            raise KeyError("first")
        except KeyError:
            raise ValueError("second") from None

    assert outline(record(fail_twice)) == [(1, "", 0, "ValueError: second")]


def test_exceptions_that_cause_each_other() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    assert outline(record(fail(first))) == [
        (1, "", 0, "ValueError: first"),
        (2, "cause", 1, "ValueError: second"),
    ]


def test_a_long_chain_is_cut_off() -> None:
    error = ValueError(0)
    for number in range(1, 30):
        error.__cause__, error = None, ValueError(number)
        error.__cause__ = ValueError(-number)
        error.__cause__.__cause__ = None
    chain: BaseException = ValueError("inner")
    for number in range(30):
        outer = ValueError(number)
        outer.__cause__ = chain
        chain = outer

    made = record(fail(chain))
    assert len(made.exceptions) == 10
    assert made.exceptions_left_out == 1


class BaseExceptionGroup(Exception):
    """What groups are called, where they come from a package."""

    exceptions = (ValueError("one"), KeyError("two"))


def test_the_members_of_a_group() -> None:
    group = BaseExceptionGroup("both")
    group.__cause__ = OwnError("behind")

    assert outline(record(fail(group))) == [
        (1, "", 0, f"{HERE}.BaseExceptionGroup: both"),
        (2, "member", 1, "ValueError: one"),
        (3, "member", 1, "KeyError: 'two'"),
        (4, "cause", 1, f"{HERE}.OwnError: behind"),
    ]


@needs_groups
def test_groups_within_groups() -> None:
    group = ExceptionGroup("outer", [ExceptionGroup("inner", [ValueError("a")]), KeyError("b")])

    assert outline(record(fail(group))) == [
        (1, "", 0, "ExceptionGroup: outer (2 sub-exceptions)"),
        (2, "member", 1, "ExceptionGroup: inner (1 sub-exception)"),
        (3, "member", 2, "ValueError: a"),
        (4, "member", 1, "KeyError: 'b'"),
    ]


@needs_groups
def test_a_large_group_is_cut_off() -> None:
    made = record(fail(ExceptionGroup("all", [ValueError(number) for number in range(1_000)])))

    assert [each.message for each in made.exceptions[1:3]] == ["0", "1"]
    assert len(made.exceptions) == 10
    assert made.exceptions_left_out == 991


# -- as Python prints it ---------------------------------------------------------------------------


def test_the_traceback_of_a_chain() -> None:
    def fail_twice() -> None:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("second") from error

    lines = record(fail_twice).get_formatted().splitlines()
    assert [line for line in lines if not line.startswith("  ")] == [
        "Traceback (most recent call last):",
        "KeyError: 'first'",
        "",
        "The above exception was the direct cause of the following exception:",
        "",
        "Traceback (most recent call last):",
        "ValueError: second",
    ]


def test_the_traceback_of_a_context_with_notes() -> None:
    def fail_twice() -> None:
        error = KeyError("first")
        error.__notes__ = ["noted"]  # type: ignore[attr-defined]
        try:
            raise error
        except KeyError:
            raise ValueError("second")  # noqa: B904

    text = record(fail_twice).get_formatted()
    assert "KeyError: 'first'\nnoted\n\nDuring handling of the above exception, another" in text


def test_the_traceback_of_code_without_source() -> None:
    text = record(lambda: exec("1 / 0")).get_formatted()

    assert text.endswith(
        '  File "<string>", line 1, in <module>\nZeroDivisionError: division by zero\n'
    )


def test_the_traceback_of_a_group() -> None:
    text = record(fail(BaseExceptionGroup("both"))).get_formatted()

    assert text.endswith(
        f"{HERE}.BaseExceptionGroup: both\n"
        "  +---------------- exception of the group\n"
        "  | ValueError: one\n"
        "  +---------------- exception of the group\n"
        "  | KeyError: 'two'\n"
    )


# -- its secrets -----------------------------------------------------------------------------------

TOKEN_OF_MODULE = "albatross-1"


def test_secrets_of_the_frames_are_masked_everywhere() -> None:
    def login(password: str) -> NoReturn:
        raise OwnError(f"{password} and {TOKEN_OF_MODULE} are wrong")

    def check() -> None:
        login("swordfish-1")

    made = record(check)
    assert made.exceptions[0].message == "[masked] and [masked] are wrong"
    assert "swordfish-1" not in str(made.to_dict()) + made.get_formatted() + repr(made)
    assert "albatross-1" not in str(made.to_dict()) + made.get_formatted() + repr(made)


def test_secrets_of_the_exceptions_are_masked_everywhere() -> None:
    error = OwnError("Login by swordfish-1 failed.", {"password": "swordfish-1"})
    error.token = "albatross-1"  # type: ignore[attr-defined]
    error.__cause__ = ValueError("The albatross-1 token is old.")

    made = record(fail(error))
    assert made.exceptions[0].message == "('Login by [masked] failed.', {'password': [masked]})"
    assert made.exceptions[1].message == "The [masked] token is old."


def test_secrets_that_are_known_are_masked() -> None:
    secrets = Secrets()
    secrets.add("swordfish-1")

    made = record(fail(ValueError("Not swordfish-1.")), secrets)
    assert made.exc_msg == "Not [masked]."
    assert made.secrets is secrets


# -- nothing is kept -------------------------------------------------------------------------------


class Thing:
    """Something that can be referred to weakly."""


def test_nothing_of_the_exception_is_kept_alive() -> None:
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


def test_a_record_is_of_plain_data() -> None:
    made = record(fail(ValueError("x")))

    assert all(type(each) is RaisedException for each in made.exceptions)
    assert {type(frame) for each in made.exceptions for frame in each.frames} == {Frame}
