"""Measure the time from the start of containers until they are healthy."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

HEALTHY = "health_status: healthy"


@contextmanager
def measured_health(project: str) -> Iterator[dict[str, float]]:
    """Yield a dict that is filled after the block: the seconds until each container was healthy."""
    command = ["docker", "events", "--format", "{{json .}}", "--filter", "event=start"]
    command += ["--filter", "event=health_status"]
    command += ["--filter", f"label=com.docker.compose.project={project}"]
    seconds: dict[str, float] = {}
    events = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        yield seconds
    finally:
        events.terminate()
        output, _ = events.communicate()
        seconds.update(read_events(output.decode()))


def read_events(text: str) -> dict[str, float]:
    """Return the seconds from start to healthy by container, from the engine's JSON events."""
    started: dict[str, int] = {}
    seconds: dict[str, float] = {}
    for event in map(json.loads, text.splitlines()):
        container, at = event["id"], event["timeNano"]
        if event["status"] == "start":
            started[container] = at
        elif event["status"] == HEALTHY and container in started:
            seconds.setdefault(container, (at - started[container]) / 1e9)
    return seconds
