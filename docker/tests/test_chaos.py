"""Test how ``make chaos`` finds what the apps have lost."""

from __future__ import annotations

import pytest

from load import Outcome, find_losses


def outcome(kind: str, status: int) -> Outcome:
    return Outcome(kind, "x", 0.0, 1.0, status, None)


CREATED, REFUSED = outcome("create", 303), outcome("create", 503)
CLICKED, FAILED = outcome("click", 302), outcome("click", 503)


@pytest.mark.parametrize(
    ("outcomes", "counts", "losses"),
    [
        pytest.param([CREATED], {"x": 0}, [], id="a link is stored"),
        pytest.param(
            [CREATED], {}, ["the link x was acknowledged but is missing"], id="a link is lost"
        ),
        pytest.param([REFUSED], {}, [], id="a link that was not acknowledged may be missing"),
        pytest.param([CREATED, CLICKED, CLICKED], {"x": 2}, [], id="every click is counted"),
        pytest.param(
            [CREATED, CLICKED, CLICKED],
            {"x": 1},
            ["x has 1 clicks, but 2 were acknowledged and 0 failed"],
            id="a click is lost",
        ),
        pytest.param(
            [CREATED, CLICKED],
            {"x": 2},
            ["x has 2 clicks, but 1 were acknowledged and 0 failed"],
            id="a click is counted twice",
        ),
        pytest.param([CREATED, FAILED], {"x": 1}, [], id="a click that failed may be counted"),
        pytest.param([CREATED, FAILED], {"x": 0}, [], id="a click that failed need not be counted"),
    ],
)
def test_losses_are_found(outcomes, counts, losses):
    assert find_losses(outcomes, counts) == losses
