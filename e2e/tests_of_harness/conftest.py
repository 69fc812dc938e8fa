"""Fixtures for the tests of the harness: its folder, and a check for Chromium."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

E2E = Path(__file__).resolve().parents[1]
PROGRAMS = {"CHROMIUM": "chromium", "CHROMEDRIVER": "chromedriver"}


@pytest.fixture(scope="session")
def e2e() -> Path:
    return E2E


@pytest.fixture
def chromium() -> None:
    """Skip the test if Chromium or chromedriver is missing."""
    for variable, name in PROGRAMS.items():
        program = os.environ.get(variable) or name
        if not shutil.which(program):
            pytest.skip(f"{program} is missing; INSTALL=1 make e2e-local installs it")
