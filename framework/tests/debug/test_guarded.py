"""Foreign code may do what it likes; the guard comes back."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, NoReturn

import pytest

from clastic.debug.guarded import Guard, NoAnswer

LONG = 30.0
SHORT = 0.05


class Stuck:
    """Something that does not come back until it is let go."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.threads: list[threading.Thread] = []

    def __call__(self) -> str:
        self.threads.append(threading.current_thread())
        self.may_end.wait(LONG)
        return "late"


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    """Something stuck, whose threads have ended when the test has."""
    stuck = Stuck()
    yield stuck
    stuck.may_end.set()
    for thread in stuck.threads:
        thread.join(LONG)
        assert not thread.is_alive()


def fail(error: BaseException) -> Callable[[], NoReturn]:
    def failing() -> NoReturn:
        raise error

    return failing


def recurse() -> str:
    return recurse()


def reason(function: Callable[[], object]) -> str:
    with Guard(LONG, LONG) as guard, pytest.raises(NoAnswer) as caught:
        guard.text_of(function)
    return str(caught.value)


def test_a_text_comes_back() -> None:
    with Guard(LONG, LONG) as guard:
        assert [guard.text_of(lambda: "one"), guard.text_of(lambda: "two")] == ["one", "two"]


def test_a_text_of_another_type_comes_back_as_plain_text() -> None:
    class Text(str):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    with Guard(LONG, LONG) as guard:
        assert type(guard.text_of(lambda: Text("one"))) is str


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        pytest.param(fail(ValueError("no")), "it raises ValueError", id="an exception"),
        pytest.param(fail(SystemExit(3)), "it raises SystemExit", id="an exit"),
        pytest.param(fail(KeyboardInterrupt()), "it raises KeyboardInterrupt", id="an interrupt"),
        pytest.param(recurse, "it raises RecursionError", id="no end of recursion"),
        pytest.param(lambda: 7, "it gives no text, but a int", id="a number"),
        pytest.param(lambda: None, "it gives no text, but a NoneType", id="nothing"),
    ],
)
def test_why_no_text_comes_back(function: Callable[[], object], expected: str) -> None:
    assert reason(function) == expected


def test_a_call_that_is_stuck_is_left_and_others_are_made(stuck: Stuck) -> None:
    with Guard(SHORT, LONG) as guard:
        with pytest.raises(NoAnswer, match="it takes too long"):
            guard.text_of(stuck)
        assert guard.text_of(lambda: "next") == "next"


def test_no_call_is_made_when_the_time_is_used_up(stuck: Stuck) -> None:
    with Guard(LONG, SHORT) as guard:
        with pytest.raises(NoAnswer, match="it takes too long"):
            guard.text_of(stuck)
        with pytest.raises(NoAnswer, match="the time for it was used up"):
            guard.text_of(lambda: "next")


def test_without_threads_nothing_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(thread: threading.Thread) -> NoReturn:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)

    assert reason(lambda: "text") == "can't start new thread"


def test_the_context_of_the_caller_is_seen() -> None:
    variable = ContextVar("variable", default="other")
    variable.set("own")

    with Guard(LONG, LONG) as guard:
        assert guard.text_of(variable.get) == "own"


def test_nothing_that_was_called_is_kept() -> None:
    class Thing:
        def __call__(self) -> str:
            return "text"

    thing = Thing()
    reference = weakref.ref(thing)
    with Guard(LONG, LONG) as guard:
        guard.text_of(thing)
        guard.text_of(lambda: "another")  # the thread is done with the first
    del thing
    gc.collect()

    assert reference() is None


def test_the_thread_ends_with_the_guard() -> None:
    threads: list[Any] = []

    def note() -> str:
        threads.append(threading.current_thread())
        return "text"

    with Guard(LONG, LONG) as guard:
        guard.text_of(note)
    threads[0].join(LONG)

    assert not threads[0].is_alive()


def test_a_guard_that_was_not_needed_starts_no_thread() -> None:
    before = threading.active_count()

    with Guard(LONG, LONG):
        assert threading.active_count() == before


def test_the_interpreter_can_end_while_a_call_is_stuck() -> None:
    import subprocess

    program = (
        "import threading\n"
        "from clastic.debug.guarded import Guard, NoAnswer\n"
        "with Guard(0.01, 1) as guard:\n"
        "    try: guard.text_of(threading.Event().wait)\n"
        "    except NoAnswer as reason: print(reason)\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=LONG)

    assert (ended.returncode, ended.stdout.split()) == (0, b"it takes too long".split())
