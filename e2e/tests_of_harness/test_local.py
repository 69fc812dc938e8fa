"""Test ``e2e/local.py``, which runs the browser tests on this machine."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

RUN_SECONDS = 120.0
ON_PURPOSE = "tests/on_purpose.py"


def start(local: Path, results: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "INSTALL": "", "E2E_RESULTS": str(results), **variables}
    return subprocess.Popen(
        [sys.executable, str(local), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for a process; return its exit status, output and errors."""
    try:
        printed, errors = process.communicate(timeout=RUN_SECONDS)
    finally:
        process.kill()
    return process.returncode, printed, errors


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + RUN_SECONDS
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"timeout; the output was:\n{process.communicate()}")
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)


def processes_with(text: str) -> list[str]:
    """Return the command lines of the processes whose environment contains a text."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if text.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:  # the process has ended, or belongs to another user
            continue
    return found


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results of this run"


@pytest.mark.usefixtures("chromium")
def test_the_command_returns_the_status_of_pytest_and_prints_the_folder(e2e, results):
    status, printed, _ = finish(start(e2e / "local.py", results, "-k", "no_test_has_this_name"))
    assert status == pytest.ExitCode.NO_TESTS_COLLECTED
    assert printed.splitlines()[-1] == f"The results are in {results}"
    assert sorted(path.name for path in results.iterdir()) == ["junit.xml", "logs"]
    logs = {path.stem: path.read_text() for path in (results / "logs").iterdir()}
    assert sorted(logs) == ["altdemo", "erosion", "hello", "tzconvert"]
    assert all('"HEAD / HTTP/1.1" 200' in log for log in logs.values())


@pytest.mark.usefixtures("chromium")
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_stop_signal_leaves_no_process_running(e2e, results, number):
    process = start(e2e / "local.py", results, f"{ON_PURPOSE}::test_that_waits")
    wait_until((results / "waiting").exists, process)
    assert any("chromedriver" in command for command in processes_with(str(results)))
    process.send_signal(number)
    status, printed, _ = finish(process)
    assert status == 128 + number
    assert printed.splitlines()[-1] == f"The results are in {results}"
    assert processes_with(str(results)) == []


def test_without_a_browser_the_message_names_the_packages(e2e, results):
    status, printed, errors = finish(
        start(e2e / "local.py", results, CHROMIUM="/no/chromium", CHROMEDRIVER="/no/driver")
    )
    assert (status, printed) == (2, "")
    assert errors == (
        "The browser tests require Chromium and chromedriver. "
        "Not found: /no/chromium, /no/driver.\n"
        "On Debian or Ubuntu, install both:  apt-get install chromium chromium-driver\n"
        "or let this command do it:          INSTALL=1 make e2e-local\n"
        "Elsewhere, set their paths:         CHROMIUM=... CHROMEDRIVER=... make e2e-local\n"
    )
    assert not results.exists()


def test_a_failed_installation_is_reported(e2e, results, tmp_path):
    script = "#!/bin/sh\necho ran ${0##*/} $*\n"
    endings = {"apt-get": 'test "$1" = update\n', "sudo": 'exec "$@"\n'}
    for name, ending in endings.items():
        (tmp_path / name).write_text(script + ending)
        (tmp_path / name).chmod(0o755)
    process = start(
        e2e / "local.py", results, PATH=f"{tmp_path}:/nowhere", CHROMIUM="", INSTALL="1"
    )
    status, printed, errors = finish(process)
    assert status == 2
    assert "apt-get update\n" in printed
    assert "apt-get install --yes --no-install-recommends chromium chromium-driver\n" in printed
    assert errors.startswith("Could not install Chromium: ")


@pytest.mark.usefixtures("chromium")
def test_an_app_that_does_not_start_is_reported_and_no_test_runs(e2e, results, tmp_path):
    shutil.copytree(e2e / "harness", tmp_path / "e2e" / "harness")
    for name in ("local.py", "gunicorn.conf.py"):
        shutil.copy(e2e / name, tmp_path / "e2e")
    for name in ("hello", "tzconvert", "erosion", "altdemo"):
        script = tmp_path / "apps" / name / f"{name}.py"
        script.parent.mkdir(parents=True)
        script.write_text("raise RuntimeError('broken on purpose')\n")
    status, _, errors = finish(start(tmp_path / "e2e" / "local.py", results))
    assert status == 2
    assert re.match(r"\w+ exited with code \d\. Its last output:\n", errors)
    assert "RuntimeError: broken on purpose" in errors
