"""What the tests of the containers share. None of them needs a container engine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

DOCKER = Path(__file__).resolve().parents[1]
ROOT = DOCKER.parent

sys.path.insert(0, str(DOCKER / "commands"))


@pytest.fixture
def fake_docker(tmp_path, monkeypatch):
    """Puts a program on the path, alone, in the place of docker: a shell script with this body."""

    def make(body: str) -> None:
        program = tmp_path / "bin" / "docker"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent))

    return make
