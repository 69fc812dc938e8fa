"""A debug report as documents for programs: JSON, problem+json (RFC 9457), XML."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from markupsafe import escape

from clastic.debug.report import DebugReport
from clastic.errors.formats import format_of
from clastic.text import to_text

_END = "</error>\n"


def write_json(report: DebugReport) -> str:
    """Return what the JSON of the error says, with the report as its ``debug``."""
    return _with_debug(report, "application/json")


def write_problem_json(report: DebugReport) -> str:
    """Return what the problem details of the error say, with the report as an extension member."""
    return _with_debug(report, "application/problem+json")


def write_xml(report: DebugReport) -> str:
    """Return what the XML of the error says, with the report as its element ``debug``."""
    document = format_of("application/xml").write(report.error)
    return document.removesuffix(_END) + _element("debug", _data_of(report)) + _END


def _with_debug(report: DebugReport, mimetype: str) -> str:
    document = json.loads(format_of(mimetype).write(report.error))
    return json.dumps({**document, "debug": _data_of(report)}, indent=2) + "\n"


def _data_of(report: DebugReport) -> dict[str, Any]:
    """Return the report as plain data, but for what every document of the error says."""
    data = asdict(report)
    del data["error"]
    return data


def _element(name: str, value: Any) -> str:
    """Return an element: of elements for a dict, of elements ``item`` for a tuple, or of text."""
    if value is None:
        return ""
    if isinstance(value, dict):
        inside = "".join(_element(key, inner) for key, inner in value.items())
    elif isinstance(value, tuple):
        inside = "".join(_element("item", inner) for inner in value)
    else:
        return f"<{name}>{escape(to_text(value))}</{name}>\n"
    return f"<{name}>\n{inside}</{name}>\n"
