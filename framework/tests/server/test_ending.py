"""How a server is asked to end."""

from __future__ import annotations

import os
import selectors
import signal
import threading

import pytest

from clastic.server.ending import Alarm, Ending


def is_rung(alarm: Alarm) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(alarm, selectors.EVENT_READ)
        return bool(selector.select(0))


class TestAlarm:
    @pytest.fixture
    def alarm(self) -> Alarm:
        alarm = Alarm()
        yield alarm
        alarm.close()

    def test_it_is_silent_until_it_is_rung(self, alarm: Alarm) -> None:
        assert not is_rung(alarm)
        alarm.ring()
        assert is_rung(alarm)

    def test_it_can_be_rung_any_number_of_times(self, alarm: Alarm) -> None:
        for _ in range(100_000):
            alarm.ring()
        assert is_rung(alarm)
        alarm.silence()
        assert not is_rung(alarm)


class TestEnding:
    @pytest.mark.parametrize(
        ("numbers", "first", "is_urgent"),
        [
            pytest.param([signal.SIGTERM], signal.SIGTERM, False, id="SIGTERM"),
            pytest.param([signal.SIGINT], signal.SIGINT, True, id="Ctrl-C"),
            pytest.param([signal.SIGTERM] * 2, signal.SIGTERM, True, id="SIGTERM twice"),
            pytest.param(
                [signal.SIGTERM, signal.SIGINT], signal.SIGTERM, True, id="SIGTERM, then Ctrl-C"
            ),
            pytest.param(
                [signal.SIGINT, signal.SIGTERM], signal.SIGINT, True, id="Ctrl-C, then SIGTERM"
            ),
        ],
    )
    def test_what_signals_mean(self, numbers: list[int], first: int, is_urgent: bool) -> None:
        with Ending() as ending:
            for number in numbers:
                os.kill(os.getpid(), number)
            assert (ending.number, ending.is_urgent) == (first, is_urgent)
            assert is_rung(ending.alarm)

    def test_signals_are_as_before_afterwards(self) -> None:
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        with Ending():
            assert signal.getsignal(signal.SIGTERM) not in before
        assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before

    def test_what_comes_after_the_last_one_is_ignored(self) -> None:
        before = [(each, signal.getsignal(each)) for each in (signal.SIGINT, signal.SIGTERM)]
        try:
            with Ending(is_final=True) as ending:
                pass
            os.kill(os.getpid(), signal.SIGINT)
            assert ending.number is None
        finally:
            for number, handler in before:
                signal.signal(number, handler)

    def test_in_another_thread_it_leaves_them_alone(self) -> None:
        before = signal.getsignal(signal.SIGTERM)
        seen = []

        def use() -> None:
            with Ending() as ending:
                seen.append(signal.getsignal(signal.SIGTERM))
                ending.ask()
                seen.append(ending.number)

        thread = threading.Thread(target=use)
        thread.start()
        thread.join(20)
        assert seen == [before, signal.SIGTERM]
