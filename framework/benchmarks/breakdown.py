"""Measure the parts of a request for the home page of `hello`, and print them as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING

from cases import Case, environ_of
from client import Loops, times_of
from counting import counted, nothing, send
from served_apps import bare, created

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOOPS = Loops(60, 0.01)


def main() -> None:
    """Print the times and steps."""
    from clastic import Response

    def only_response(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return Response("Hello, world!\n")(environ, start_response)

    hello = created("hello")
    applications = {"nothing": nothing, "bare": bare(), "response": only_response, "hello": hello}
    print(json.dumps({"seconds": seconds_of(applications), "steps": steps_by_place(hello)}))


def seconds_of(applications: dict[str, WSGIApplication]) -> dict[str, float]:
    """Return the seconds of a request in the best loop, by application."""
    environ = environ_of(Case("hello", "/"))
    return {
        name: min(times_of(application, environ, LOOPS))
        for name, application in applications.items()
    }


def steps_by_place(application: WSGIApplication) -> list[tuple[str, int]]:
    """Return the steps of a request by function, in descending order."""
    by_code = counted(application, environ_of(Case("hello", "/")))
    own = Path(send.__code__.co_filename)
    taken = [
        (place_of(code), steps) for code, steps in by_code.items() if Path(code.co_filename) != own
    ]
    return sorted(taken, key=lambda item: (-item[1], item[0]))


def place_of(code: CodeType) -> str:
    """Return the file and name of a function, such as `hello.py: home`."""
    if code.co_filename.startswith("<"):
        return f"compiled for the route: {code.co_name}"
    parts = Path(code.co_filename).parts
    inside = [place for place, part in enumerate(parts) if part == "clastic"]
    return f"{'/'.join(parts[inside[-1] if inside else -1 :])}: {code.co_name}"


if __name__ == "__main__":
    main()
