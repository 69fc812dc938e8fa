"""The jobs of a run, and the frameworks that each can measure."""

from __future__ import annotations

from collections.abc import Sequence

from cases import PLAIN_CASES, ROUTING
from scale import SCALE_JOBS, SHAPE_JOBS

LACKING = {case.name: case.lacking for case in PLAIN_CASES}

REQUEST_JOBS = (*LACKING, *ROUTING)
"""Jobs of one process with one framework: a plain case, or all cases with n routes."""

START_FRAMEWORKS = ("clastic", "falcon", "flask")
SERVER_JOBS = ("served", "clicks", "connections")
WHOLE_JOBS = ("breakdown", *SERVER_JOBS)
"""Jobs that do not belong to a framework. They run once, after all rounds."""

GROUPS = {
    "requests": tuple(LACKING),
    "routes": tuple(ROUTING),
    "scale": SCALE_JOBS,
    "start": ("start", "breakdown"),
    "servers": SERVER_JOBS,
}
"""Names of groups of jobs."""

JOBS = tuple(job for group in GROUPS.values() for job in group)


def first_measure(job: str) -> str:
    """Return the name of the first measure of a job: the construction, if it measures it."""
    if job in ROUTING:
        return f"construction-{ROUTING[job]}"
    if job in SHAPE_JOBS:
        return f"construction-{job}"
    return {"depth": "depth-0", "start": "start-import"}.get(job, job)


def able(job: str, frameworks: Sequence[str]) -> list[str]:
    """Return the frameworks that `job` can measure."""
    if job in SCALE_JOBS:
        return [name for name in frameworks if name == "clastic"]
    if job == "start":
        return [name for name in frameworks if name in START_FRAMEWORKS]
    return [name for name in frameworks if name not in LACKING.get(job, ())]
