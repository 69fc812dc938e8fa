"""Quantiles out of a histogram of fixed size."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clastic.middleware.latencies import Latencies

DURATIONS = st.lists(st.floats(1e-6, 3600), min_size=1)


def of(durations: list[float]) -> Latencies:
    latencies = Latencies()
    for seconds in durations:
        latencies.add(seconds)
    return latencies


@given(DURATIONS, st.sampled_from([0.01, 0.5, 0.95, 0.99, 1]))
def test_a_quantile_is_right_within_five_percent(durations: list[float], share: float) -> None:
    exact = sorted(durations)[math.ceil(share * len(durations)) - 1]
    assert of(durations).quantile(share) == pytest.approx(exact, rel=0.05)


@given(DURATIONS, DURATIONS)
def test_two_added_up_are_one_of_both(some: list[float], others: list[float]) -> None:
    whole, both = of([*some, *others]), of(some)
    both.add_all(of(others))
    assert (both.count, both.longest) == (whole.count, whole.longest)
    for share in (0.01, 0.5, 0.99):
        assert both.quantile(share) == whole.quantile(share)


@pytest.mark.parametrize(
    ("durations", "median"),
    [
        pytest.param([0.25], 0.25, id="a single one is exact"),
        pytest.param([0.25] * 9, 0.25, id="equal ones are exact"),
        pytest.param([0.0], 0.0, id="no time at all"),
        pytest.param([1e-9], 1e-9, id="less than a microsecond"),
        pytest.param([86_400.0], 86_400.0, id="a day"),
    ],
)
def test_limits(durations: list[float], median: float) -> None:
    latencies = of(durations)
    assert latencies.quantile(0.5) == median
    assert latencies.longest == max(durations)


def test_a_copy_is_another_one() -> None:
    latencies = of([1.0])
    duplicate = latencies.copy()
    latencies.add(2.0)
    assert (duplicate.count, duplicate.longest) == (1, 1.0)


def test_the_quantiles_of_many() -> None:
    random = Random(1)
    latencies = of([random.lognormvariate(-5, 1) for _ in range(20_000)])
    assert latencies.quantile(0.5) == pytest.approx(math.exp(-5), rel=0.06)
    assert latencies.quantile(0.95) == pytest.approx(math.exp(-5 + 1.645), rel=0.1)
