"""Calls of foreign code that may fail in any way, or never come back."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Thread

_Calls = SimpleQueue["Callable[[], object] | None"]
_Outcomes = SimpleQueue["str | NoAnswer"]


class NoAnswer(Exception):
    """A call did not come back with a text: it says why not."""


class Guard:
    """Asks foreign code for texts, in a thread that can be given up.

    A repr, say, may raise whatever it likes, loop for ever, or wait for a lock. A call that takes
    too long is left to itself. Use it as a context manager.

    :param seconds_each: the time for each call
    :param seconds: the time for all of them together; when it is over, no call is made any more
    """

    def __init__(self, seconds_each: float, seconds: float) -> None:
        self._seconds_each = seconds_each
        self._seconds_left = seconds
        self._worker: tuple[_Calls, _Outcomes] | None = None

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, *exception: object) -> None:
        self._dismiss()

    def text_of(self, function: Callable[[], object]) -> str:
        """Return the text that `function` gives.

        :raises NoAnswer: if it raises, gives something else, or takes too long
        """
        if self._seconds_left <= 0:
            raise NoAnswer("the time for it was used up")
        begun = time.monotonic()
        outcome = self._outcome_of(function)
        self._seconds_left -= time.monotonic() - begun
        if isinstance(outcome, NoAnswer):
            raise outcome
        return outcome

    def _outcome_of(self, function: Callable[[], object]) -> str | NoAnswer:
        if self._worker is None:
            try:
                self._worker = _start_worker()
            except RuntimeError as error:
                return NoAnswer(str(error))
        calls, outcomes = self._worker
        calls.put(function)
        try:
            return outcomes.get(timeout=min(self._seconds_each, self._seconds_left))
        except Empty:
            self._dismiss()
            return NoAnswer("it takes too long")

    def _dismiss(self) -> None:
        if self._worker is not None:
            self._worker[0].put(None)
            self._worker = None


def _start_worker() -> tuple[_Calls, _Outcomes]:
    """Start a thread that makes calls.

    :raises RuntimeError: if there can be no more threads
    """
    calls, outcomes = _Calls(), _Outcomes()
    # The objects see the context of the request, as they do elsewhere.
    arguments = (_answer_calls, calls, outcomes)
    Thread(target=copy_context().run, args=arguments, daemon=True).start()
    return calls, outcomes


def _answer_calls(calls: _Calls, outcomes: _Outcomes) -> None:
    """Make the calls that come, until None comes."""
    while (function := calls.get()) is not None:
        outcomes.put(_answer(function))
        del function  # it may hold what it asks


def _answer(function: Callable[[], object]) -> str | NoAnswer:
    try:
        text = function()
    except BaseException as error:  # whatever it is, it is not meant for anybody here
        return NoAnswer(f"it raises {type(error).__name__}")
    if issubclass(type(text), str):
        return str.__str__(text)
    return NoAnswer(f"it gives no text, but a {type(text).__name__}")
