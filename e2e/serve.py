"""Serve the apps of a folder, each in its own process and on its own port: ``make run``.

    python e2e/serve.py FOLDER

The environment variable ``APP`` selects one app (default: all), and ``PORT`` sets the first port
(default: 5000). Ctrl-C, SIGTERM or SIGHUP stops all processes. The output of the apps is printed to
standard error. The exit status is 1 if the apps cannot be served or one of them exits.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from harness.apps import POLL_SECONDS, App, AppFailed, StopSignal, close_all, wait_until_ready

ADDRESS = "127.0.0.1"
FIRST_PORT = 5000
TUTORIAL_ORDER = ("hello", "tzconvert", "erosion")


class ServedApp(App):
    """An app with its development server, whose output is printed to standard error."""

    def __init__(self, script: Path, port: int) -> None:
        self._printed = 0
        command = [sys.executable, script.name, "--address", ADDRESS, "--port", str(port)]
        environment = {"PYTHONUNBUFFERED": "1"}
        super().__init__(script.stem, command, port, folder=script.parent, environment=environment)

    def check(self) -> None:
        """Print the new lines of the output. Raise AppFailed if the app has exited."""
        with self.log.open("rb") as log:
            log.seek(self._printed)
            text = log.read()
        complete = text[: text.rfind(b"\n") + 1]
        self._printed += len(complete)
        for line in complete.decode("utf-8", "replace").splitlines():
            with suppress(OSError):  # standard error is closed
                print(f"{self.name} | {line}", file=sys.stderr, flush=True)
        super().check()


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
        raise AppFailed(f"There are no apps in {folder}.")
    if not wanted:
        return list(apps.values())
    if wanted not in apps:
        raise AppFailed(f"There is no app {wanted!r}. The apps are: {', '.join(apps)}.")
    return [apps[wanted]]


def choose_ports(text: str, count: int) -> range:
    """Return the ports to listen on; ``text`` is the first, or empty for the default."""
    highest = 65536 - count
    if not text:
        return range(FIRST_PORT, FIRST_PORT + count)
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= highest:
        raise AppFailed(f"PORT must be a number from 1 to {highest}, not {text!r}.")
    return range(int(text), int(text) + count)


def check_port(name: str, port: int) -> None:
    """Raise AppFailed if it is not possible to listen on a port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((ADDRESS, port))
        except OSError as error:
            why = "is in use" if error.errno == errno.EADDRINUSE else f"({error.strerror})"
            raise AppFailed(
                f"Port {port} {why}, so {name} cannot use it. "
                f"Choose another with PORT=..., for example PORT={7000 if port > 7000 else 8000}."
            ) from error


def start(scripts: Sequence[Path], ports: Sequence[int], apps: list[App]) -> None:
    """Check that all ports are free, then start each app on its port."""
    for script, port in zip(scripts, ports, strict=True):
        check_port(script.stem, port)
    for script, port in zip(scripts, ports, strict=True):
        apps.append(ServedApp(script, port))


def announce(apps: Sequence[App]) -> None:
    """Print the URL of each app."""
    width = max(len(app.name) for app in apps)
    for app in apps:
        print(f"{app.name:{width}}  {app.url}/")
    print("Press Ctrl-C to end.", flush=True)


def watch(apps: Sequence[App], stop: StopSignal) -> None:
    """Wait until a stop signal. Raise AppFailed if an app exits before that."""
    while not stop.signal:
        for app in apps:
            app.check()
        time.sleep(POLL_SECONDS)


def main() -> int:
    stop = StopSignal()
    apps: list[App] = []
    try:
        scripts = choose_apps(Path(sys.argv[1]).resolve(), os.environ.get("APP", ""))
        start(scripts, choose_ports(os.environ.get("PORT", ""), len(scripts)), apps)
        wait_until_ready(apps, stop)
        if not stop.signal:
            announce(apps)
        watch(apps, stop)
    except AppFailed as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        close_all(apps)
    return 0


if __name__ == "__main__":
    sys.exit(main())
