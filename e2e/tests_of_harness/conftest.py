"""What the tests of the harness share: where it is, and whether there is a browser for it."""

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
    """Skips the test where there is no Chromium, or no driver for it."""
    for variable, name in PROGRAMS.items():
        program = os.environ.get(variable) or name
        if not shutil.which(program):
            pytest.skip(f"{program} is not there; INSTALL=1 make e2e-local installs it")
