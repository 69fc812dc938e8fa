"""Build, start, watch and stop a compose project of this repository."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bases import choose_bases
from engine import require_engine
from health import measured_health
from shell import Failure, read, run, succeeds

BUILD_SECONDS = 1200
HEALTHY_SECONDS = 180
DOWN_SECONDS = 120
POLL_SECONDS = 0.2
INSTALL = (
    "Compose 2 or 1.29 is required, but there is neither 'docker compose' nor 'docker-compose'. "
    "Install it: apt-get install docker-compose on Debian, docker-compose-v2 on Ubuntu."
)


def find_compose() -> list[str]:
    """Return the command of Compose. Raise Failure if it is not installed."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if succeeds([*command, "version"]):
            return command
    raise Failure(INSTALL)


def prepare() -> dict[str, str]:
    """Check the engine and Compose, choose the base images, and return the build arguments."""
    require_engine()
    find_compose()
    return choose_bases()


class Project:
    """A compose project.

    :param files: the compose files in ``docker/``
    :param settings: environment variables for Compose
    """

    def __init__(self, name: str, files: Sequence[str], settings: Mapping[str, str]) -> None:
        self.name = name
        self._environment = {**os.environ, **settings}
        self._command = [*find_compose(), "--project-name", name]
        for file in files:
            self._command += ["--file", f"docker/{file}"]
        self._seconds_to_healthy: dict[str, float] = {}

    def compose(self, *arguments: str, seconds: float) -> None:
        run([*self._command, *arguments], seconds=seconds, environment=self._environment)

    def build(self) -> None:
        print("Building the images.", flush=True)
        self.compose("build", seconds=BUILD_SECONDS)

    def up(self, *services: str) -> None:
        """Start services (by default all) and wait until they are healthy."""
        print("Starting the containers.", flush=True)
        with measured_health(self.name) as seconds:
            self.compose("up", "--detach", *services, seconds=HEALTHY_SECONDS)
            self.wait_until_healthy()
        self._seconds_to_healthy.update(seconds)

    def down(self, *, volumes: bool) -> None:
        print("Stopping and removing the containers.", flush=True)
        options = ["--volumes"] if volumes else []
        self.compose("down", "--remove-orphans", *options, seconds=DOWN_SECONDS)

    def containers(self, service: str = "") -> list[dict[str, Any]]:
        """Return the engine's data of the project's containers, including stopped ones."""
        wanted = [f"label=com.docker.compose.project={self.name}"]
        if service:
            wanted.append(f"label=com.docker.compose.service={service}")
        filters = [part for label in wanted for part in ("--filter", label)]
        numbers = read(["docker", "ps", "--all", "--quiet", "--no-trunc", *filters]).split()
        if not numbers:
            return []
        found: list[dict[str, Any]] = json.loads(read(["docker", "inspect", *numbers]))
        return sorted(found, key=name_of)

    def wait_until_healthy(self, seconds: float = HEALTHY_SECONDS) -> None:
        """Wait until every container is healthy. Raise Failure if one is not in time."""
        deadline = time.monotonic() + seconds
        while True:
            waiting = [each for each in self.containers() if not is_healthy(each)]
            if not waiting:
                return
            if time.monotonic() > deadline:
                raise Failure(f"{name_of(waiting[0])} is not healthy.\n{log_of(waiting[0])}")
            time.sleep(POLL_SECONDS)

    def wait_until_restarted(self, container: Mapping[str, Any]) -> None:
        """Wait until the engine has restarted a container and it is healthy."""
        deadline = time.monotonic() + HEALTHY_SECONDS
        while started_at(container["Id"]) == container["State"]["StartedAt"]:
            if time.monotonic() > deadline:
                raise Failure(f"{name_of(container)} was not restarted.")
            time.sleep(POLL_SECONDS)
        self.wait_until_healthy()

    def print_figures(self) -> None:
        """Print the size of each container's image, and its time until it was healthy."""
        print(f"\n{'container':28} {'image':>8} {'start to healthy':>18}")
        for container in self.containers():
            image = container["Image"]
            size = int(read(["docker", "image", "inspect", "--format", "{{.Size}}", image]))
            seconds = self._seconds_to_healthy.get(container["Id"])
            healthy = "-" if seconds is None else f"{seconds:.1f} s"
            print(f"{name_of(container):28} {size / 1e6:>5.0f} MB {healthy:>18}")
        print(flush=True)

    def save_logs(self, folder: Path) -> None:
        """Write the log of each container into a file."""
        folder.mkdir(parents=True, exist_ok=True)
        for container in self.containers():
            (folder / f"{name_of(container)}.log").write_text(log_of(container, lines="all"))


def name_of(container: Mapping[str, Any]) -> str:
    name: str = container["Name"]
    return name.removeprefix("/")


def service_of(container: Mapping[str, Any]) -> str:
    service: str = container["Config"]["Labels"]["com.docker.compose.service"]
    return service


def is_healthy(container: Mapping[str, Any]) -> bool:
    """Return True if a container is running and its health check, if any, passes."""
    state = container["State"]
    return bool(state["Running"]) and state.get("Health", {}).get("Status") in (None, "healthy")


def log_of(container: Mapping[str, Any], lines: str = "30") -> str:
    """Return the last lines of a container's log."""
    command = ["sh", "-c", 'docker logs --tail "$0" "$1" 2>&1', lines, container["Id"]]
    return read(command)


def started_at(container: str) -> str:
    return read(["docker", "inspect", "--format", "{{.State.StartedAt}}", container])
