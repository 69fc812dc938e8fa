"""Parse the command line, and run one of the commands."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import NoReturn

from clastic.cli.command import FAILURE, MISUSE, Command
from clastic.cli.targets import TargetError, report_failure
from clastic.wiring import closest

# The module of each command, which is imported when the command runs, and what it does.
_COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "new": ("clastic.cli.projects", "create a project"),
        "dev": ("clastic.cli.serving", "serve an application for development"),
        "serve": ("clastic.cli.serving", "serve an application in production"),
        "servers": ("clastic.cli.serving", "list the servers that 'serve' can use"),
        "routes": ("clastic.cli.inspection", "list the routes in the order tried"),
        "explain": ("clastic.cli.inspection", "explain what becomes of a request"),
        "check": ("clastic.cli.inspection", "report every problem and likely mistake"),
        "request": ("clastic.cli.interaction", "send one request, and print the response"),
        "shell": ("clastic.cli.interaction", "open a Python shell with the application"),
    }
)

# Words that users of other frameworks type.
_OTHER_NAMES = MappingProxyType({"run": ("dev", "serve"), "runserver": ("dev",)})

_FLAG = re.compile(r"(?<![\w-])--?[a-z][\w-]*")

_DESCRIPTION = """\
Develop, inspect and serve Clastic applications.

A TARGET is module:app, module:create_app, file.py, file.py:app or a configuration file. Without
one, it is "app" in the table [tool.clastic] of pyproject.toml, else app.py or wsgi.py."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return the exit code: 1 if it fails, 2 if it is misused.

    :param arguments: the command and its arguments; by default those of the program
    :raises SystemExit: after ``--help``, and for invalid arguments
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        print(_help())
        return 0 if words else MISUSE
    if words[0] == "--version":
        from importlib.metadata import version

        print(f"clastic {version('clastic')}")
        return 0
    name = words[0]
    if name not in _COMMANDS:
        return _fail("clastic", f"no command {name!r}. {_suggestion(name)}")
    command: Command = import_module(_COMMANDS[name][0]).COMMANDS[name]
    parser = _make_parser(name, command)
    return _run(parser, command, _parse(parser, words[1:]))


def _run(parser: argparse.ArgumentParser, command: Command, given: argparse.Namespace) -> int:
    try:
        code = command.run(given)
        sys.stdout.flush()
        return code
    except TargetError as error:
        return _fail(parser.prog, str(error))
    except BrokenPipeError:  # the output is not read to its end, as by ``head``
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        report_failure(error)
        return FAILURE


def _make_parser(name: str, command: Command) -> argparse.ArgumentParser:
    summary = _COMMANDS[name][1]
    parser = _Parser(
        prog=f"clastic {name}",
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"example:\n  {command.example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    command.add_arguments(parser)
    return parser


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of a command; flags may stand between the others."""
    given, others = parser.parse_known_intermixed_args(list(words))
    for word in others:
        if word.startswith("-"):
            flag = word.partition("=")[0]
            nearest = closest(flag, _FLAG.findall(parser.format_help()))
            hint = f"Did you mean {nearest}?" if nearest else f"See {parser.prog} --help."
            parser.error(f"no flag {flag}. {hint}")
    if others:
        parser.error(f"too many arguments: {' '.join(others)}. See {parser.prog} --help.")
    return given


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Print the message as one line."""
        raise SystemExit(_fail(self.prog, message))


def _fail(program: str, message: str) -> int:
    """Print why a command is misused, and return the exit code."""
    print(f"{program}: {message}", file=sys.stderr)
    return MISUSE


def _suggestion(name: str) -> str:
    nearest = closest(name, _COMMANDS)
    meant = _OTHER_NAMES.get(name) or (nearest and (nearest,))
    if meant:
        return f"Did you mean clastic {' or clastic '.join(meant)}?"
    return f"The commands are {', '.join(_COMMANDS)}."


def _help() -> str:
    width = max(map(len, _COMMANDS))
    lines = [f"  {name:{width}}  {summary}" for name, (_, summary) in _COMMANDS.items()]
    return "\n".join(
        [
            "usage: clastic COMMAND [TARGET] ...",
            "",
            _DESCRIPTION,
            "",
            "commands:",
            *lines,
            "",
            "'clastic COMMAND --help' describes a command, 'clastic --version' prints the version.",
            "",
            "example:",
            "  clastic dev app.py",
        ]
    )
