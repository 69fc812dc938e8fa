"""List the routes of an application, explain what becomes of a request, and report problems."""

from __future__ import annotations

import traceback
import warnings
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from clastic.cli.command import (
    FAILURE,
    Command,
    add_json,
    add_target,
    format_columns,
    format_json,
)
from clastic.cli.targets import Loaded, TargetError, is_own_code, load
from clastic.describe import callable_location, callable_name, format_location
from clastic.explanation import explain
from clastic.explanation.findings import find_unserved_folder, find_unused, format_finding
from clastic.routing import BoundRoute
from clastic.text import to_text
from clastic.wiring import WiringError, WiringWarning


@dataclass(frozen=True, slots=True)
class RouteLine:
    """A route in a list.

    :param number: its position in the order in which routes are tried, from 1
    :param methods: sorted; `None` for all methods
    :param place: the file and line of the endpoint, `None` if it is not Python code
    """

    number: int
    methods: Sequence[str] | None
    pattern: str
    name: str | None
    endpoint: str
    place: str | None


def _add_routes_arguments(parser: ArgumentParser) -> None:
    add_target(parser)
    add_json(parser)


def _list_routes(given: Namespace) -> int:
    routes = [
        _describe(number, route)
        for number, route in enumerate(
            load(given.target, given.overrides).application.iter_routes(), 1
        )
    ]
    if given.json:
        print(format_json([asdict(route) for route in routes]))
    elif routes:
        rows = [
            (_format_methods(each.methods), each.pattern, each.endpoint, each.place or "")
            for each in routes
        ]
        print(to_text(format_columns([("METHODS", "PATTERN", "ENDPOINT", "PLACE"), *rows])))
    return 0


def _describe(number: int, route: BoundRoute) -> RouteLine:
    return RouteLine(
        number=number,
        methods=None if route.methods is None else sorted(route.methods),
        pattern=route.pattern,
        name=route.route.name,
        endpoint=callable_name(route.endpoint),
        place=callable_location(route.endpoint),
    )


def _format_methods(methods: Sequence[str] | None) -> str:
    return "*" if methods is None else ",".join(methods)


def _add_explain_arguments(parser: ArgumentParser) -> None:
    add_target(parser)
    parser.add_argument("path", metavar="PATH", help="the path of a request, such as /people/1")
    parser.add_argument("-X", "--method", default="GET", help="its method; GET by default")
    add_json(parser)
    parser.add_argument("--svg", action="store_true", default=False, help="print an SVG picture")


def _explain(given: Namespace) -> int:
    path = unquote(given.path.partition("?")[0])
    if not path.startswith("/"):
        raise TargetError(f"the path {given.path!r} does not begin with a slash")
    explanation = explain(load(given.target, given.overrides).application, path, given.method)
    if given.json:
        print(explanation.to_json())
    elif given.svg:
        print(explanation.to_svg())
    else:
        print(explanation.to_text(), end="")
    return 0


def _check(given: Namespace) -> int:
    """Print problems and likely mistakes; there is no output if there are none."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", WiringWarning)
        found, texts = _find_problems(given)
    for warning in caught:
        if isinstance(warning.message, WiringWarning):
            found += [{"kind": "warning", **each._asdict()} for each in warning.message.problems]
            texts.append(str(warning.message))
        else:
            warnings.showwarning(
                warning.message, warning.category, warning.filename, warning.lineno
            )
    if given.json:
        print(format_json([_plain(each) for each in found]))
    elif texts:
        print(to_text("\n\n".join(texts)))
    return FAILURE if texts else 0


def _find_problems(given: Namespace) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the problems of an application as data and as text, without its warnings."""
    try:
        loaded = load(given.target, given.overrides)
    except TargetError:
        raise
    except WiringError as error:
        return [{"kind": "error", **each._asdict()} for each in error.problems], [str(error)]
    except Exception as error:
        where, what = _place_of(error), f"{type(error).__name__}: {_message_of(error)}"
        return [{"kind": "error", "where": where, "what": what}], [f"{where}: {what}"]
    findings = list(_findings(loaded))
    return (
        [{"kind": "finding", **each._asdict()} for each in findings],
        [format_finding(each) for each in findings],
    )


def _findings(loaded: Loaded) -> Iterator[Any]:
    yield from find_unused(loaded.application)
    if loaded.static_folder is not None:
        yield from find_unserved_folder(loaded.application, loaded.static_folder, "static")


def _place_of(error: Exception) -> str:
    """Return the file and line of the application at which an exception was raised."""
    if isinstance(error, SyntaxError) and error.filename:
        return format_location(error.filename, error.lineno or 1)
    frames = traceback.extract_tb(error.__traceback__)
    *_, frame = [each for each in frames if is_own_code(each.filename)] or frames
    return format_location(frame.filename, frame.lineno or 1)


def _message_of(error: Exception) -> str:
    """Return the message of an exception; that of a syntax error without its place."""
    return error.msg if isinstance(error, SyntaxError) else str(error)


def _plain(problem: dict[str, Any]) -> dict[str, Any]:
    """Return a problem without the fields that have no value, and its type."""
    return {
        name: value for name, value in problem.items() if value is not None and name != "error_type"
    }


COMMANDS = MappingProxyType(
    {
        "routes": Command("clastic routes app.py", _add_routes_arguments, _list_routes),
        "explain": Command(
            "clastic explain app.py -X POST /people", _add_explain_arguments, _explain
        ),
        "check": Command("clastic check app.py", _add_routes_arguments, _check),
    }
)
