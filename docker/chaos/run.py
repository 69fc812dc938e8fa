"""Kill and restart containers of ``make up`` under load, and print the failures: ``make chaos``.

It has its own containers, images and port, and removes them at the end. The logs of the containers
are saved in ``docker/chaos-logs``. It exits with 1 if a check failed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from clastic.testing import free_port
from project import DOCKER, Failure, containers, log_of, name_of, run
from scenarios import Scenarios

LOGS = DOCKER / "chaos-logs"
APPS = ("hello", "tzconvert", "erosion", "altdemo")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def set_environment(folder: Path, port: int) -> None:
    """Set the variables from which Compose and the scripts in ``docker/`` take their settings."""
    tag = f"chaos-{os.getpid()}"
    os.environ.update(
        TAG=tag,
        COMPOSE_PROJECT_NAME=f"clastic-{tag}",
        COMPOSE_FILE="compose.yaml:compose.up.yaml",
        COMPOSE_ENV_FILES=str(folder / ".env"),
        ADDRESS="127.0.0.1",
        PORT=str(port),
    )


def run_scenarios(port: int) -> list[str]:
    """Build, start, run the scenarios, and remove everything; return the failed checks."""
    print("Building the images.", flush=True)
    run("docker", "compose", "build", "--quiet", seconds=1200)
    scenarios = Scenarios(port)
    try:
        print("Starting the containers.", flush=True)
        run("docker", "compose", "up", "--detach", "--wait")
        print(run("docker", "compose", "images"), flush=True)
        scenarios.run()
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        save_logs()
        run("docker", "compose", "down", "--volumes", "--remove-orphans")
        run(
            "docker",
            "image",
            "rm",
            *(f"clastic/{name}:{os.environ['TAG']}" for name in (*APPS, "gateway")),
        )
    return scenarios.failed_checks


def save_logs() -> None:
    """Write the log of each container into a file."""
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir()
    for container in containers():
        (LOGS / f"{name_of(container)}.log").write_text(log_of(container), "utf-8")


def interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    for number in SIGNALS:
        signal.signal(number, interrupt)
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        set_environment(Path(folder), port)
        try:
            run("./prepare", seconds=1200)
            failed_checks = run_scenarios(port)
        except Failure as failure:
            print(failure, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("Interrupted. The containers are removed.", file=sys.stderr)
            return 130
    print(f"\nThe logs of the containers are in {LOGS}.")
    if failed_checks:
        print("These checks failed:", *failed_checks, sep="\n  ")
        return 1
    print("All checks passed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
