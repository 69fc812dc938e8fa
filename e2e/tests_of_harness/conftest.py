"""Fixtures for the tests of the harness: its folder, and a check for Chromium."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1]))

from harness.chromium import is_installed


@pytest.fixture(scope="session")
def e2e() -> Path:
    return Path(__file__).resolve().parents[1]


@pytest.fixture
def chromium() -> None:
    """Skip the test if Chromium or chromedriver is missing."""
    if not is_installed():
        pytest.skip("Chromium or chromedriver is missing; INSTALL=1 make e2e-local installs them")
