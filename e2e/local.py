"""Run the browser tests against apps on this machine.

    python e2e/local.py [--install] [ARGUMENTS FOR PYTEST]

Gunicorn serves the apps, as in the containers, on free ports and with a temporary database. All
processes are stopped at the end. The results are saved in a new folder in ``e2e/results``, or in
the folder of the environment variable ``E2E_RESULTS``.

The exit status is pytest's, 2 if the tests could not run, 124 after a timeout, or 128 plus the
number of the signal that stopped them. With ``--install``, or ``INSTALL=1`` in the environment,
missing Chromium and chromedriver are installed with apt-get first.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path

from harness.apps import POLL_SECONDS, App, AppFailed, StopSignal, close_all, wait_until_ready
from harness.chromium import ChromiumMissing, find_programs, install_programs

HERE = Path(__file__).resolve().parent
APPS = HERE.parent / "apps"
SETTINGS = HERE / "gunicorn.conf.py"
NAMES = ("hello", "tzconvert", "erosion", "altdemo")

TEST_SECONDS = 900.0
END_SECONDS = 15.0
COULD_NOT_RUN = 2
TOOK_TOO_LONG = 124


def get_programs(install: bool) -> dict[str, str]:
    """Return the paths of Chromium and chromedriver; install them first if ``install`` is true."""
    try:
        return find_programs()
    except ChromiumMissing:
        if not install:
            raise
    install_programs()
    return find_programs()


def choose_results() -> Path:
    """Return the folder for the results, and create it if it does not exist."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    default = HERE / "results" / f"{stamp}-{os.getpid()}"
    results = Path(os.environ.get("E2E_RESULTS") or default).absolute()
    (results / "logs").mkdir(parents=True, exist_ok=True)
    return results


def app_environment(folder: Path) -> dict[str, str | None]:
    """Return the variables of the apps: new data, and no settings of this process."""
    settings = ("ALTDEMO_", "EROSION_", "GUNICORN_", "WEB_CONCURRENCY")
    return {
        **{name: None for name in os.environ if name.startswith(settings)},
        "ALTDEMO_SESSIONS": str(folder / "sessions"),
        "EROSION_DB_PATH": str(folder / "erosion.db"),
        "EROSION_COOKIE_SECRET": secrets.token_hex(),
    }


def start_app(name: str, log: Path, environment: Mapping[str, str | None]) -> App:
    """Serve an app with Gunicorn on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        descriptor = listener.fileno()
        command = [sys.executable, "-m", "gunicorn", "--config", str(SETTINGS)]
        return App(
            name,
            [*command, "--bind", f"fd://{descriptor}", f"{name}:create_app()"],
            listener.getsockname()[1],
            folder=APPS / name,
            environment=environment,
            log=log,
            pass_fds=[descriptor],
        )


def run_pytest(
    arguments: Sequence[str], environment: Mapping[str, str], stop: StopSignal
) -> int | None:
    """Run pytest and return its exit status, or None after a timeout or a stop signal."""
    tests = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=HERE,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for this process, which passes it on once
    )
    deadline = time.monotonic() + TEST_SECONDS
    try:
        while time.monotonic() < deadline and not stop.signal:
            with suppress(subprocess.TimeoutExpired):
                return tests.wait(POLL_SECONDS)
        tests.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            tests.wait(END_SECONDS)
        return None
    finally:
        # Browsers may be left. No process is left: macOS raises PermissionError.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(tests.pid, signal.SIGKILL)
        tests.wait()


def run_tests(
    arguments: Sequence[str], results: Path, programs: Mapping[str, str], stop: StopSignal
) -> int:
    """Start the apps, run pytest, stop everything, and return the exit status.

    :param arguments: the arguments of pytest
    :param results: the folder for the results
    :param programs: the paths of Chromium and chromedriver
    """
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix="e2e-", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(temporary))
        apps: list[App] = []
        stack.callback(close_all, apps)
        for name in NAMES:
            log = results / "logs" / f"{name}.log"
            apps.append(start_app(name, log, app_environment(folder)))
        wait_until_ready(apps, stop)
        urls = {f"{app.name.upper()}_URL": f"{app.url}/" for app in apps}
        # The profiles of killed browsers are in the temporary folder too.
        folders = {"E2E_RESULTS": str(results), "TMPDIR": str(folder)}
        options = [f"--junitxml={results}/junit.xml", *arguments]
        status = run_pytest(options, {**programs, **urls, **folders}, stop)
    if stop.signal:
        return 128 + stop.signal
    if status is None:
        print(f"The tests took more than {TEST_SECONDS:.0f} seconds.", file=sys.stderr)
        return TOOK_TOO_LONG
    return status


def main() -> int:
    arguments = [argument for argument in sys.argv[1:] if argument != "--install"]
    install = "--install" in sys.argv or os.environ.get("INSTALL", "") not in ("", "0")
    stop = StopSignal()
    try:
        programs = get_programs(install)
        results = choose_results()
        try:
            return run_tests(arguments, results, programs, stop)
        finally:
            print(f"The results are in {results}", flush=True)
    except (ChromiumMissing, AppFailed) as error:
        print(error, file=sys.stderr)
        return COULD_NOT_RUN


if __name__ == "__main__":
    sys.exit(main())
