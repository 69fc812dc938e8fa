"""Check for a running container engine, or install, start and stop one.

    python docker/commands/engine.py          check that an engine is running
    python docker/commands/engine.py start    install and start an engine, if this is possible
    python docker/commands/engine.py stop     stop the engine that `start` has started

Exits with 0 on success, with 3 if no engine is running or can run, and with 1 after other errors.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from shell import Failure, read, succeeds

NO_ENGINE = 3
START_SECONDS = 60
INSTALL_SECONDS = 600
LOG = Path("/var/log/clastic-dockerd.log")
PID = Path("/run/clastic-dockerd.pid")
VERSION = ["docker", "version", "--format", "{{.Server.Version}}"]
CANNOT = "This machine cannot run a container engine"


class NoEngine(Failure):
    """No engine is running. This is not an error of the project."""

    def __init__(self, message: str) -> None:
        super().__init__(message, NO_ENGINE)


def is_engine_running() -> bool:
    return succeeds(VERSION, seconds=20)


def require_engine() -> None:
    """Raise NoEngine, with the command that helps, if no engine is running."""
    if not shutil.which("docker"):
        raise NoEngine(
            "A container engine is required, but none is installed. Install it: apt-get install "
            "docker.io docker-compose on Debian and Ubuntu."
        )
    try:
        read(VERSION, seconds=20)
    except Failure as failure:
        raise NoEngine(
            "A container engine is required, but none is running. Start it: systemctl start "
            f"docker, or, as root, python docker/commands/engine.py start\n{failure}"
        ) from failure


def start_engine() -> None:
    """Install and start an engine and Compose, as far as they are missing."""
    is_running = is_engine_running()
    missing = missing_packages(is_running)
    if is_running and not missing:
        return
    if os.geteuid() != 0:
        raise NoEngine(f"{CANNOT}: only root may install and start one.")
    install(missing)
    if is_running:
        return
    if Path("/run/systemd/system").is_dir():
        succeeds(["systemctl", "start", "docker"], seconds=START_SECONDS)
    else:
        start_daemon()
    wait_for_engine()


def missing_packages(is_running: bool) -> list[str]:
    """Return the missing packages: the engine, Compose, and debootstrap for the stand-ins."""
    has_engine = is_running or (shutil.which("docker") and shutil.which("dockerd"))
    has_compose = shutil.which("docker-compose") or succeeds(["docker", "compose", "version"])
    packages = {
        "docker.io": has_engine,
        "docker-compose": has_compose,
        "debootstrap": shutil.which("debootstrap"),
    }
    return [package for package, is_installed in packages.items() if not is_installed]


def install(packages: list[str]) -> None:
    if not packages:
        return
    if not shutil.which("apt-get"):
        raise NoEngine(f"{CANNOT}: apt-get is required to install {' and '.join(packages)}.")
    print(f"Installing {' and '.join(packages)}.", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-qq", "--yes", "--no-install-recommends", *packages]
    try:
        read(["apt-get", "update", "-qq"], seconds=INSTALL_SECONDS, environment=environment)
        read(install, seconds=INSTALL_SECONDS, environment=environment)
    except Failure as failure:
        raise NoEngine(f"{CANNOT}: the installation failed.\n{failure}") from failure


def start_daemon() -> None:
    """Start dockerd without systemd, in its own session, so that it outlives this program."""
    with LOG.open("wb") as log:
        daemon = subprocess.Popen(
            ["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    PID.write_text(f"{daemon.pid}\n")


def wait_for_engine() -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_engine_running():
        if time.monotonic() > deadline:
            raise NoEngine(
                f"{CANNOT}: dockerd did not respond within {START_SECONDS} seconds.{log_tail()}"
            )
        time.sleep(0.2)


def log_tail() -> str:
    lines = LOG.read_text(errors="replace").splitlines()[-10:] if LOG.is_file() else []
    return " The last lines of its log:" + "".join(f"\n  {line}" for line in lines)


def stop_engine() -> None:
    """Stop the dockerd that start_daemon has started, but no other."""
    if not PID.is_file():
        print("This command has not started an engine.")
        return
    number = int(PID.read_text())
    PID.unlink()
    name = Path(f"/proc/{number}/comm")
    if name.is_file() and name.read_text() == "dockerd\n":
        os.kill(number, signal.SIGTERM)
        print("The engine is stopping.")


def main() -> int:
    actions = {"": require_engine, "start": start_engine, "stop": stop_engine}
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    if wanted not in actions or len(sys.argv) > 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        actions[wanted]()
        if wanted != "stop":
            print(f"A container engine is running, version {read(VERSION)}.")
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
