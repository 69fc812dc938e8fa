"""Send a request to an application, and open a Python shell with it."""

from __future__ import annotations

import code
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from clastic.application import Application
from clastic.cli.command import FAILURE, Command, add_target
from clastic.cli.targets import TargetError, load
from clastic.explanation import explain
from clastic.lifecycle import Managed

_FORM = "application/x-www-form-urlencoded"
_FIRST_FAILURE = 400


def _add_request_arguments(parser: ArgumentParser) -> None:
    add_target(parser)
    parser.add_argument("path", metavar="PATH", help="the path and query, such as /people?page=2")
    parser.add_argument("-X", "--method", help="the method; GET by default, POST with --data")
    parser.add_argument(
        "-d",
        "--data",
        metavar="DATA",
        help="the body, a form unless --header says otherwise; @FILE reads a file, @- the input",
    )
    parser.add_argument(
        "-H",
        "--header",
        dest="headers",
        metavar="'NAME: VALUE'",
        action="append",
        default=[],
        help="a header; can be repeated",
    )
    parser.add_argument(
        "-b",
        "--body",
        action="store_true",
        default=False,
        help="print the body alone, as it is, without the status and the headers",
    )
    parser.add_argument(
        "-f",
        "--fail",
        action="store_true",
        default=False,
        help=f"exit with 1 if the status is {_FIRST_FAILURE} or above",
    )


def _request(given: Namespace) -> int:
    """Send a request, and write the response to standard output while it arrives."""
    if not given.path.startswith("/"):
        raise TargetError(f"the path {given.path!r} does not begin with a slash")
    headers = _read_headers(given.headers)
    data = _read_data(given.data) if "data" in given else None
    if data is not None:
        headers.setdefault("Content-Type", _FORM)
    method = given.method if "method" in given else "GET" if data is None else "POST"
    with load(given.target, given.overrides).application as application:
        response = application.get_local_client().open(
            given.path, method=method.upper(), data=data, headers=headers, buffered=False
        )
        _write(response, only_body=given.body)
        response.close()
    return FAILURE if given.fail and response.status_code >= _FIRST_FAILURE else 0


def _read_headers(lines: Iterable[str]) -> Headers:
    headers = Headers()
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise TargetError(f"the header {line!r} is not of the form 'NAME: VALUE'")
        try:
            headers.add(name.strip(), value.strip())
        except ValueError as error:
            raise TargetError(f"the header {line!r}: {error}") from error
    return headers


def _read_data(text: str) -> bytes:
    if text == "@-":
        return sys.stdin.buffer.read()
    if not text.startswith("@"):
        return text.encode()
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise TargetError(f"cannot read {text[1:]}: {error.strerror}") from error


def _write(response: TestResponse, *, only_body: bool) -> None:
    output = sys.stdout.buffer
    if not only_body:
        lines = [response.status, *(f"{name}: {value}" for name, value in response.headers)]
        output.write("\n".join([*lines, "", ""]).encode())
        if sys.stdout.isatty() and not _is_text(response):
            output.write(b"(a binary body, which --body prints)\n")
            return
    last = b""
    for data in response.iter_encoded():
        last = data or last
        output.write(data)
        output.flush()
    if last and not last.endswith(b"\n") and not only_body:
        output.write(b"\n")


def _is_text(response: TestResponse) -> bool:
    mimetype = response.mimetype or "text/plain"
    return mimetype.startswith("text/") or mimetype.endswith(("json", "xml", "javascript", _FORM))


def _add_shell_arguments(parser: ArgumentParser) -> None:
    add_target(parser)
    parser.add_argument("-c", "--command", metavar="CODE", help="run this code, and exit")


def _shell(given: Namespace) -> int:
    with load(given.target, given.overrides).application as application:
        names = _names(application)
        if "command" in given:
            exec(compile(given.command, "<command>", "exec"), names)
            return 0
        with suppress(ImportError):
            _complete(names)
        banner = f"Python {sys.version.split()[0]}. Defined: {', '.join(sorted(names))}"
        code.interact(banner, local=names, exitmsg="")
    return 0


def _names(application: Application) -> dict[str, Any]:
    """Return the names that the shell defines. Managed resources are replaced by their values."""
    opened = {each.name: each.value for each in application.lifecycle.resources}
    resources = {
        name: opened.get(name) if isinstance(value, Managed) else value
        for name, value in application.resources.items()
        if name in opened or not isinstance(value, Managed)
    }
    client = application.get_local_client()
    return {**resources, "app": application, "client": client, "explain": explain}


def _complete(names: dict[str, Any]) -> None:
    """Complete names with the Tab key, where Python has readline."""
    import readline
    import rlcompleter

    readline.set_completer(rlcompleter.Completer(names).complete)
    readline.parse_and_bind("tab: complete")


COMMANDS = MappingProxyType(
    {
        "request": Command(
            "clastic request app.py /people -X POST -d name=Ann", _add_request_arguments, _request
        ),
        "shell": Command("clastic shell app.py", _add_shell_arguments, _shell),
    }
)
