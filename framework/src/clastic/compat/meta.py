"""Define the members of the JSON of the meta application that exist for readers of Clastic 26."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from boltons.timeutils import relative_time


def members_by_key(report: Any) -> dict[str, Any]:
    """Return the data of a report by the keys ``app``, ``basic`` and those of its peripherals.

    ``basic`` has the time at which the process was constructed. Of several peripherals with one key
    the first counts.

    :param report: a :class:`~clastic.meta.report.MetaReport`
    """
    members: dict[str, Any] = {}
    for section in report.sections:
        members.setdefault(section.group_key, section.data)
    uptime = (members.get("proc") or {}).get("uptime_seconds", 0)
    start = report.gathered_at - timedelta(seconds=uptime)
    members["basic"] = {
        "abs_start_time": start.isoformat(" "),
        "rel_start_time": relative_time(start, report.gathered_at),
    }
    members["app"] = {
        "routes": [
            {
                "url_pattern": route.pattern,
                "endpoint": route.endpoint,
                "args": [
                    {"name": name, "source": source}
                    for name, source in route.endpoint.arguments.items()
                ],
            }
            for route in report.routes.items
        ],
        "middlewares": report.middlewares,
        "resources": report.resources,
    }
    return members
