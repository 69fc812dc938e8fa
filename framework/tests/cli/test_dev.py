"""Test ``clastic dev`` as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clastic.testing import serve_process

from .conftest import APP

pytestmark = pytest.mark.usefixtures("without_coverage")

DEV = [sys.executable, "-m", "clastic", "dev"]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "app.py"
    path.write_text(APP)
    return path


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the reloader needs a POSIX system")
def test_shows_why_the_program_fails_to_start_until_a_change_fixes_it(program: Path):
    program.write_text("1 / 0\n")
    with serve_process([*DEV, "app.py", "--port", "{port}"], folder=program.parent) as server:
        assert "ZeroDivisionError: division by zero" in server.get("/").text
        program.write_text(APP)
        server.wait_until(
            lambda: server.responds() and server.get("/people/1").text == '{"name":"Ann"}',
            "did not restart",
        )
        assert server.stop(signal.SIGINT) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the reloader needs a POSIX system")
def test_restarts_when_the_configuration_file_changes(program: Path):
    file = program.parent / "site.ini"
    file.write_text("[application app.create]\nname: Ann\n")
    program.write_text(f"{APP}\n\ndef create(nam):\n    return app\n")
    with serve_process([*DEV, "site.ini", "--port", "{port}"], folder=program.parent) as server:
        assert "Did you mean &#39;nam&#39;?" in server.get("/", {"Accept": "text/html"}).text
        file.write_text("[application app.create]\nnam: Ann\n")
        server.wait_until(
            lambda: server.responds() and server.get("/people/1").status == 200,
            "did not restart",
        )


def test_serves_the_static_files_beside_the_application(program: Path, tmp_path: Path):
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "site.css").write_text("p {}")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    command = [*DEV, "../app.py", "--no-reloader", "--port", "{port}"]
    with serve_process(command, folder=folder) as server:
        assert server.get("/static/site.css").text == "p {}"


def test_has_no_static_files_if_there_is_no_folder(program: Path):
    command = [*DEV, "--no-reloader", "--no-debugger", "--port", "{port}"]
    with serve_process(command, folder=program.parent) as server:
        # Clastic has a package of this name, with this file.
        assert server.get("/static/files.py").status == 404


def test_prints_why_the_program_fails_without_the_reloader(program: Path):
    program.write_text("1 / 0\n")
    done = subprocess.run(
        [*DEV, "--no-reloader"], cwd=program.parent, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")
