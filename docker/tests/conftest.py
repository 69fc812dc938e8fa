"""Fixtures for the tests of the container files and commands, which need no container engine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

DOCKER = Path(__file__).resolve().parents[1]
ROOT = DOCKER.parent

sys.path.insert(0, str(DOCKER / "commands"))


@pytest.fixture
def fake_docker(tmp_path, monkeypatch):
    """Return a function that sets PATH to a folder with only a fake docker: a shell script."""

    def make(body: str) -> None:
        program = tmp_path / "bin" / "docker"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent))

    return make
