"""Inspect the containers of the compose project that the environment variables name."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DOCKER = Path(__file__).resolve().parents[1]
HEALTHY_SECONDS = 180
POLL_SECONDS = 0.2


class Failure(Exception):
    """An error whose message is printed as it is."""


def run(*command: str, seconds: float = 300) -> str:
    """Run a program in the folder of the compose files and return its output.

    :raises Failure: with the output, if the program fails or takes too long
    """
    try:
        done = subprocess.run(
            command, cwd=DOCKER, capture_output=True, text=True, errors="replace", timeout=seconds
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"Timeout after {seconds:.0f} seconds: {' '.join(command)}") from None
    if done.returncode:
        raise Failure(f"This command failed: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def containers(*services: str) -> list[dict[str, Any]]:
    """Return the engine's data of the containers, including stopped ones, sorted by name."""
    numbers = run("docker", "compose", "ps", "--all", "--quiet", *services).split()
    found: list[dict[str, Any]] = json.loads(run("docker", "inspect", *numbers)) if numbers else []
    return sorted(found, key=name_of)


def wait_until_healthy() -> None:
    """Wait until every container is healthy.

    :raises Failure: if one is not healthy in time; with the end of its log
    """
    deadline = time.monotonic() + HEALTHY_SECONDS
    while waiting := [each for each in containers() if not is_healthy(each)]:
        if time.monotonic() > deadline:
            raise Failure(f"{name_of(waiting[0])} is not healthy.\n{log_of(waiting[0])[-3000:]}")
        time.sleep(POLL_SECONDS)


def wait_until_restarted(container: Mapping[str, Any]) -> None:
    """Wait until the engine has restarted a container and it is healthy."""
    command = ("docker", "inspect", "--format", "{{.State.StartedAt}}", container["Id"])
    deadline = time.monotonic() + HEALTHY_SECONDS
    while run(*command) == container["State"]["StartedAt"]:
        if time.monotonic() > deadline:
            raise Failure(f"{name_of(container)} was not restarted.")
        time.sleep(POLL_SECONDS)
    wait_until_healthy()


def name_of(container: Mapping[str, Any]) -> str:
    name: str = container["Name"]
    return name.removeprefix("/")


def is_healthy(container: Mapping[str, Any]) -> bool:
    """Return whether a container is running and its health check, if any, passes."""
    state = container["State"]
    return bool(state["Running"]) and state.get("Health", {}).get("Status") in (None, "healthy")


def log_of(container: Mapping[str, Any]) -> str:
    return run("sh", "-c", 'docker logs "$0" 2>&1', container["Id"])
