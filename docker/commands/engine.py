"""Find a container engine that works, and install and start one when asked to.

    python docker/commands/engine.py          says whether an engine answers
    python docker/commands/engine.py start    has one answer, where this machine can run one
    python docker/commands/engine.py stop     ends the one that was started so

Ends with status 0 when an engine answers, 3 when none does or can, and 1 when anything else fails.
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
    """No engine answers here, which says nothing about the project."""

    def __init__(self, message: str) -> None:
        super().__init__(message, NO_ENGINE)


def engine_answers() -> bool:
    return succeeds(VERSION, seconds=20)


def require_engine() -> None:
    """Return if an engine answers; raises NoEngine, with what to do, if none does."""
    if not shutil.which("docker"):
        raise NoEngine(
            "A container engine is needed, and there is none. Install it: apt-get install "
            "docker.io docker-compose on Debian and Ubuntu."
        )
    try:
        read(VERSION, seconds=20)
    except Failure as failure:
        raise NoEngine(
            "A container engine is needed, and none answers. Start it: systemctl start docker, "
            f"or, as root, python docker/commands/engine.py start\n{failure}"
        ) from failure


def start_engine() -> None:
    """Have an engine answer, with Compose: the ones that are there or new ones."""
    answers = engine_answers()
    missing = missing_packages(answers)
    if answers and not missing:
        return
    if os.geteuid() != 0:
        raise NoEngine(f"{CANNOT} for us: only root may install and start one.")
    install(missing)
    if answers:
        return
    if Path("/run/systemd/system").is_dir():
        succeeds(["systemctl", "start", "docker"], seconds=START_SECONDS)
    else:
        start_daemon()
    wait_for_engine()


def missing_packages(engine_is_there: bool) -> list[str]:
    """What has to be installed of the engine, Compose, and what makes stand-ins for base images."""
    has_engine = engine_is_there or (shutil.which("docker") and shutil.which("dockerd"))
    has_compose = shutil.which("docker-compose") or succeeds(["docker", "compose", "version"])
    packages = {
        "docker.io": has_engine,
        "docker-compose": has_compose,
        "debootstrap": shutil.which("debootstrap"),
    }
    return [package for package, is_there in packages.items() if not is_there]


def install(packages: list[str]) -> None:
    if not packages:
        return
    if not shutil.which("apt-get"):
        raise NoEngine(f"{CANNOT}: {' and '.join(packages)} cannot be installed without apt-get.")
    print(f"Installing {' and '.join(packages)}.", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-qq", "--yes", "--no-install-recommends", *packages]
    try:
        read(["apt-get", "update", "-qq"], seconds=INSTALL_SECONDS, environment=environment)
        read(install, seconds=INSTALL_SECONDS, environment=environment)
    except Failure as failure:
        raise NoEngine(f"{CANNOT}: it could not be installed.\n{failure}") from failure


def start_daemon() -> None:
    """Start dockerd by hand, in a session of its own, so that it outlives this program."""
    with LOG.open("wb") as log:
        daemon = subprocess.Popen(
            ["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    PID.write_text(f"{daemon.pid}\n")


def wait_for_engine() -> None:
    deadline = time.monotonic() + START_SECONDS
    while not engine_answers():
        if time.monotonic() > deadline:
            raise NoEngine(
                f"{CANNOT}: dockerd did not answer within {START_SECONDS} seconds.{last_of_log()}"
            )
        time.sleep(0.2)


def last_of_log() -> str:
    lines = LOG.read_text(errors="replace").splitlines()[-10:] if LOG.is_file() else []
    return " The last lines of its log:" + "".join(f"\n  {line}" for line in lines)


def stop_engine() -> None:
    """End the dockerd that start_daemon started; any other is left alone."""
    if not PID.is_file():
        print("No engine was started from here.")
        return
    number = int(PID.read_text())
    PID.unlink()
    name = Path(f"/proc/{number}/comm")
    if name.is_file() and name.read_text() == "dockerd\n":
        os.kill(number, signal.SIGTERM)
        print("The engine is ending.")


def main() -> int:
    actions = {"": require_engine, "start": start_engine, "stop": stop_engine}
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    if wanted not in actions or len(sys.argv) > 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        actions[wanted]()
        if wanted != "stop":
            print(f"An engine answers, version {read(VERSION)}.")
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
