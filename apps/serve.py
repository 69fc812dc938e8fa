"""Serve the apps of this folder, each in its own process and on its own port: ``make run``.

The environment variable ``APP`` selects one app (default: all), and ``PORT`` sets the first port
(default: 5000).
"""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ADDRESS = "127.0.0.1"
FIRST_PORT = 5000
TUTORIAL_ORDER = ("hello", "tzconvert", "erosion")

READY_SECONDS = 30.0
END_SECONDS = 3.0
POLL_SECONDS = 0.05
OUTPUT_LINES = 20


class ServeError(Exception):
    """The apps cannot be served. The message is printed as it is."""


class StopRequest:
    """Record SIGINT (Ctrl-C), SIGTERM and SIGHUP (a closed terminal) in ``received``."""

    def __init__(self) -> None:
        self.received = False
        signal.signal(signal.SIGINT, self._note)
        signal.signal(signal.SIGTERM, self._note)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored under nohup
            signal.signal(signal.SIGHUP, self._note)

    def _note(self, number: int, frame: object) -> None:
        self.received = True


class ServedApp:
    """A running app: a process group with the app and the child of its reloader.

    The output of the app is printed to standard error.

    :param script: the app's file
    :param port: the port to listen on
    """

    def __init__(self, script: Path, port: int) -> None:
        self.name = script.stem
        self.port = port
        self.last_lines: deque[str] = deque(maxlen=OUTPUT_LINES)
        self._process = subprocess.Popen(
            [sys.executable, script.name, "--address", ADDRESS, "--port", str(port)],
            cwd=script.parent,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        output = self._process.stdout or ()
        self._relay = threading.Thread(target=self._relay_lines, args=(output,), daemon=True)
        self._relay.start()

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.port}/"

    def responds(self) -> bool:
        """Return True if a request gets a response of any status."""
        connection = HTTPConnection(ADDRESS, self.port, timeout=2)
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
        return True

    def check(self) -> None:
        """Raise ServeError if the app has exited."""
        code = self._process.poll()
        if code is not None:
            self._relay.join(timeout=1)
            how = (
                f"exited with code {code}"
                if code >= 0
                else f"was killed by {signal.Signals(-code).name}"
            )
            raise ServeError(f"{self.name} {how}.{self.last_output()}")

    def last_output(self) -> str:
        lines = "".join(f"\n  {line}" for line in self.last_lines)
        return f" Its last output:{lines}" if lines else " It printed nothing."

    def signal_group(self, number: int) -> None:
        """Send a signal to all processes of the app."""
        # No process is left: macOS raises PermissionError.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def has_ended(self) -> bool:
        """Return True if all processes of the app have ended: the output is closed then."""
        return not self._relay.is_alive()

    def kill(self) -> None:
        """Kill all processes of the app and wait for the first."""
        self.signal_group(signal.SIGKILL)
        self._process.wait()
        self._relay.join(timeout=1)

    def _relay_lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.last_lines.append(line.rstrip())
            with suppress(OSError):  # standard error is closed: keep reading, or the app blocks
                print(f"{self.name} | {line.rstrip()}", file=sys.stderr, flush=True)


def find_apps(folder: Path) -> dict[str, Path]:
    """Return the apps under a folder by name: the tutorial's in its order, then alphabetically.

    An app is a folder with a file of the same name that defines ``create_app``.
    """
    scripts = [path / f"{path.name}.py" for path in folder.iterdir()]
    apps = {script.stem: script for script in scripts if script.is_file() and is_app(script)}
    known = [name for name in TUTORIAL_ORDER if name in apps]
    return {name: apps[name] for name in [*known, *sorted(apps.keys() - set(known))]}


def is_app(script: Path) -> bool:
    """Return True if a file defines ``create_app``. The file may be broken, so it is not run."""
    return re.search(rb"^def create_app\b", script.read_bytes(), re.MULTILINE) is not None


def choose_apps(folder: Path, wanted: str) -> list[Path]:
    """Return the files of the apps to serve: all, or only the wanted one."""
    apps = find_apps(folder)
    if not apps:
        raise ServeError(f"There are no apps in {folder}.")
    if not wanted:
        return list(apps.values())
    if wanted not in apps:
        raise ServeError(f"There is no app {wanted!r}. The apps are: {', '.join(apps)}.")
    return [apps[wanted]]


def choose_ports(text: str, count: int) -> range:
    """Return the ports to listen on; ``text`` is the first, or empty for the default."""
    highest = 65536 - count
    if not text:
        return range(FIRST_PORT, FIRST_PORT + count)
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= highest:
        raise ServeError(f"PORT must be a number from 1 to {highest}, not {text!r}.")
    return range(int(text), int(text) + count)


def check_port(name: str, port: int) -> None:
    """Raise ServeError if it is not possible to listen on a port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((ADDRESS, port))
        except OSError as error:
            why = "is in use" if error.errno == errno.EADDRINUSE else f"({error.strerror})"
            raise ServeError(
                f"Port {port} {why}, so {name} cannot use it. "
                f"Choose another with PORT=..., for example PORT={7000 if port > 7000 else 8000}."
            ) from error


def start(scripts: Sequence[Path], ports: Sequence[int], served: list[ServedApp]) -> None:
    """Check that all ports are free, then start each app on its port."""
    for script, port in zip(scripts, ports, strict=True):
        check_port(script.stem, port)
    for script, port in zip(scripts, ports, strict=True):
        served.append(ServedApp(script, port))


def wait_until_ready(served: Sequence[ServedApp], stop: StopRequest) -> None:
    """Wait until every app responds or a stop is requested."""
    deadline = time.monotonic() + READY_SECONDS
    waiting = list(served)
    while waiting and not stop.received:
        for app in served:
            app.check()
        waiting = [app for app in waiting if not app.responds()]
        if waiting and time.monotonic() > deadline:
            app = waiting[0]
            raise ServeError(
                f"{app.name} did not respond on {app.url} within {READY_SECONDS:.0f} seconds."
                f"{app.last_output()}"
            )
        time.sleep(POLL_SECONDS)


def announce(served: Sequence[ServedApp]) -> None:
    """Print the URL of each app."""
    width = max(len(app.name) for app in served)
    for app in served:
        print(f"{app.name:{width}}  {app.url}")
    print("Press Ctrl-C to end.", flush=True)


def watch(served: Sequence[ServedApp], stop: StopRequest) -> None:
    """Wait until a stop is requested. Raise ServeError if an app exits before that."""
    while not stop.received:
        for app in served:
            app.check()
        time.sleep(POLL_SECONDS)


def end(served: Sequence[ServedApp]) -> None:
    """Terminate all processes of the apps, and kill them after END_SECONDS."""
    for app in served:
        app.signal_group(signal.SIGTERM)
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline and not all(app.has_ended() for app in served):
        time.sleep(POLL_SECONDS)
    for app in served:
        app.kill()


def main() -> int:
    """Serve until a stop is requested (return 0) or an error occurs (return 1)."""
    stop = StopRequest()
    served: list[ServedApp] = []
    try:
        scripts = choose_apps(Path(__file__).resolve().parent, os.environ.get("APP", ""))
        ports = choose_ports(os.environ.get("PORT", ""), len(scripts))
        start(scripts, ports, served)
        wait_until_ready(served, stop)
        if not stop.received:
            announce(served)
        watch(served, stop)
    except ServeError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        end(served)
    return 0


if __name__ == "__main__":
    sys.exit(main())
