"""Define the commands, and format the data that they print."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

FAILURE: Final = 1
"""The exit code if the application has problems, or its code fails"""

MISUSE: Final = 2
"""The exit code if the command line is wrong"""


class Command(NamedTuple):
    """A command.

    :param example: a command line that its help shows
    :param add_arguments: adds its arguments to a parser. Flags that are not given are left out of
        the parsed arguments
    :param run: takes the parsed arguments, and returns the exit code
    """

    example: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]


def add_target(parser: ArgumentParser) -> None:
    """Add the argument ``TARGET``, and the flag ``--set`` for configuration files."""
    parser.add_argument(
        "target",
        metavar="TARGET",
        nargs="?",
        default=None,
        help="module:app, module:create_app, file.py, file.py:app or a configuration file",
    )
    parser.add_argument(
        "--set",
        dest="overrides",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="replace a value of the configuration file, such as server.workers=2; can be repeated",
    )


def add_json(parser: ArgumentParser) -> None:
    """Add the flag ``--json``."""
    parser.add_argument("--json", action="store_true", default=False, help="print JSON")


def format_json(data: Any) -> str:
    """Return data as indented JSON."""
    from clastic.json import JSONEncoding

    return JSONEncoding(indent=2).encode(data).decode().rstrip("\n")


def format_columns(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines, with aligned columns two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)
