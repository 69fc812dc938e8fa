"""What a run can be asked to measure, and which frameworks can be measured at it."""

from __future__ import annotations

from collections.abc import Sequence

from cases import PLAIN_CASES, ROUTING
from scale import SCALE_JOBS, SHAPE_JOBS

LACKING = {case.name: case.lacking for case in PLAIN_CASES}

REQUEST_JOBS = (*LACKING, *ROUTING)
"""What one process measures for one framework: a plain case, or all that concerns n routes."""

START_FRAMEWORKS = ("clastic", "falcon", "flask")
SERVER_JOBS = ("served", "clicks", "connections")
WHOLE_JOBS = ("breakdown", *SERVER_JOBS)
"""What is no matter of one framework, and is measured once, after all rounds."""

GROUPS = {
    "requests": tuple(LACKING),
    "routes": tuple(ROUTING),
    "scale": SCALE_JOBS,
    "start": ("start", "breakdown"),
    "servers": SERVER_JOBS,
}
"""Names for several jobs at once."""

JOBS = tuple(job for group in GROUPS.values() for job in group)


def first_measure(job: str) -> str:
    """Return the name of what a job measures first, which is construction where there is some."""
    if job in ROUTING:
        return f"construction-{ROUTING[job]}"
    if job in SHAPE_JOBS:
        return f"construction-{job}"
    return {"depth": "depth-0", "start": "start-import"}.get(job, job)


def able(job: str, frameworks: Sequence[str]) -> list[str]:
    """Return those of the `frameworks` that are measured at `job`."""
    if job in SCALE_JOBS:
        return [name for name in frameworks if name == "clastic"]
    if job == "start":
        return [name for name in frameworks if name in START_FRAMEWORKS]
    return [name for name in frameworks if name not in LACKING.get(job, ())]
