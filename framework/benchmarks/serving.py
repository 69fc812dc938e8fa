"""Measure apps behind real servers on the loopback interface, and print the results as JSON.

`run.py` runs this, with `.ci/postgres` if PostgreSQL is installed, which provides an empty
database. To run it directly:

    python framework/benchmarks/serving.py served
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from clicks import ALIAS, measure_clicks
from connections import measure_connections
from servers import SERVERS, Server, ServerError

CONNECTIONS = 8
"""The number of concurrent connections of a load."""

FORM = f"target_url=https%3A%2F%2Fexample.org%2F&new_alias={ALIAS}&max_count=0"


def main() -> int:
    """Run the job of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("job", choices=("served", "clicks", "connections"))
    parser.add_argument("--rounds", type=int, default=1, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=2, help="per load; default: %(default)s")
    parser.add_argument("--connections", type=int, default=1_000, help="default: %(default)s")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            found = measure(arguments, databases(folder))
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(found))
    return 0


def measure(arguments: argparse.Namespace, urls: Mapping[str, str]) -> dict[str, Any]:
    """Run the job and return its results."""
    if arguments.job == "clicks":
        seconds = arguments.seconds / 10
        return {name: measure_clicks(url, seconds) for name, url in urls.items()}
    if arguments.job == "connections":
        return measure_connections(arguments.connections, arguments.rounds)
    return {
        server: measure_server(server, urls, arguments.rounds, arguments.seconds)
        for server in SERVERS
    }


def databases(folder: str) -> dict[str, str]:
    """Return the URLs of empty databases by name."""
    urls = {"SQLite": f"sqlite:///{folder}/erosion.db"}
    if "EROSION_TEST_DB_URL" in os.environ:
        urls["PostgreSQL"] = os.environ["EROSION_TEST_DB_URL"]
    return urls


def measure_server(
    server: str, urls: Mapping[str, str], rounds: int, seconds: int
) -> dict[str, float]:
    """Measure all apps behind one server.

    All apps are served at the same time and measured in turn, so that other load on the machine
    affects them equally.

    Return the requests per second in the best round, by app.
    """
    found: dict[str, float] = {}
    with ExitStack() as stack:
        apps = {
            "bare": (stack.enter_context(Server(server, "bare")), "/"),
            "hello": (stack.enter_context(Server(server, "hello")), "/"),
        }
        for name, url in urls.items():
            served = stack.enter_context(served_erosion(server, url))
            apps[f"erosion, {name}"] = (served, f"/{ALIAS}")
        for _ in range(rounds):
            for name, (served, path) in apps.items():
                served.load(path, 1, CONNECTIONS)
                rate = served.load(path, seconds, CONNECTIONS)
                found[name] = max(rate, found.get(name, 0.0))
    return found


@contextmanager
def served_erosion(server: str, url: str) -> Iterator[Server]:
    """Serve erosion with a link that does not expire."""
    with Server(server, "erosion", {"EROSION_DB_URL": url}) as served:
        served.send("/submit", "POST", FORM)
        status, location, _ = served.send(f"/{ALIAS}")
        if (status, location) != (302, "https://example.org/"):
            raise ServerError(f"Wrong response from erosion: {status}, Location {location}")
        yield served


if __name__ == "__main__":
    sys.exit(main())
