"""Run the browser tests against apps that are started on this machine.

    python e2e/local.py [--install] [ARGUMENTS FOR PYTEST]

The apps are served by Gunicorn, as in their containers, on ports that are free, with a database
that lasts as long as the tests. Nothing is left running. What the tests leave is in a new folder
under ``e2e/results``, or in the one that the environment variable ``E2E_RESULTS`` names.

The exit status is pytest's; 2 when the tests could not be run; 124 when they took too long; 128
and the number of the signal that ended them. ``--install``, or ``INSTALL=1`` in the environment,
installs Chromium and its driver first, where they are missing, with apt-get.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from harness.chromium import ChromiumMissing, find_programs, install_programs
from harness.processes import App, AppFailed, Running, Stop

HERE = Path(__file__).resolve().parent
APPS = HERE.parent / "apps"
SETTINGS = HERE / "gunicorn.conf.py"
NAMES = ("hello", "tzconvert", "erosion")

TEST_SECONDS = 900.0
COULD_NOT_RUN = 2
TOOK_TOO_LONG = 124


def get_programs(install: bool) -> dict[str, str]:
    """Chromium and its driver, installed where they are missing if that is wanted."""
    try:
        return find_programs()
    except ChromiumMissing:
        if not install:
            raise
    install_programs()
    return find_programs()


def choose_results() -> Path:
    """The folder for what the tests leave, made if it is not there."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    wanted = os.environ.get("E2E_RESULTS") or HERE / "results" / f"{stamp}-{os.getpid()}"
    results = Path(wanted).absolute()
    (results / "logs").mkdir(parents=True, exist_ok=True)
    return results


def app_environment(folder: Path) -> dict[str, str]:
    """The environment of the apps: nothing that this machine sets for them, and a new database."""
    foreign = ("EROSION_", "GUNICORN_", "WEB_CONCURRENCY")
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
    return {
        **inherited,
        "EROSION_DB_PATH": str(folder / "erosion.db"),
        "EROSION_COOKIE_SECRET": secrets.token_hex(),
    }


def run_tests(
    arguments: Sequence[str], results: Path, programs: Mapping[str, str], stop: Stop
) -> int:
    """Start the apps, run pytest, end all; return the exit status of the whole.

    :param arguments: for pytest
    :param results: where the tests leave something
    :param programs: Chromium and its driver
    """
    with ExitStack() as stack:
        during = tempfile.TemporaryDirectory(prefix="e2e-", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(during))
        urls = {}
        apps = []
        for name in NAMES:
            log = results / "logs" / f"{name}.log"
            apps.append(App(APPS / name, SETTINGS, log, app_environment(folder)))
            stack.callback(apps[-1].end)
            urls[f"{name.upper()}_URL"] = apps[-1].url
        for app in apps:
            app.wait_until_ready(stop)
        if stop.signal:
            return 128 + stop.signal
        # The profiles of browsers that are ended by force are in the folder too.
        outcome = {"E2E_RESULTS": str(results), "TMPDIR": str(folder)}
        tests = Running(
            [sys.executable, "-m", "pytest", f"--junitxml={results}/junit.xml", *arguments],
            signal.SIGINT,
            cwd=HERE,
            env={**os.environ, **programs, **urls, **outcome},
        )
        stack.callback(tests.end)
        status = tests.wait(TEST_SECONDS, stop)
    if stop.signal:
        return 128 + stop.signal
    if status is None:
        print(f"The tests took more than {TEST_SECONDS:.0f} seconds.", file=sys.stderr)
        return TOOK_TOO_LONG
    return status


def main() -> int:
    arguments = [argument for argument in sys.argv[1:] if argument != "--install"]
    install = "--install" in sys.argv or os.environ.get("INSTALL", "") not in ("", "0")
    stop = Stop()
    try:
        programs = get_programs(install)
        results = choose_results()
        try:
            return run_tests(arguments, results, programs, stop)
        finally:
            print(f"What the tests left is in {results}", flush=True)
    except (ChromiumMissing, AppFailed) as error:
        print(error, file=sys.stderr)
        return COULD_NOT_RUN


if __name__ == "__main__":
    sys.exit(main())
