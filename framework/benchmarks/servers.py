"""Measure the apps of this repository: behind WSGI servers, and clicks on links of erosion."""

from __future__ import annotations

import importlib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cases import Case
from client import Options, Values, environ_of, times_of
from frameworks.interface import Framework

if TYPE_CHECKING:
    from clastic.testing import ServerProcess

HERE = Path(__file__).resolve().parent
HOST = "127.0.0.1"
CLIENTS = 8
"""How many connections wait for a response at a time."""

CLICKS = 50
"""How many clicks a loop on the storage has."""

REQUESTS_AT_LEAST = 4_000
SPARE_FILES = 200
"""How many files a process opens besides its connections."""

GUNICORN = [
    *("-m", "gunicorn", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "60"),
    *("--worker-connections", "12000", "--no-control-socket", "--log-level", "error"),
]
SERVERS = {
    "gunicorn, 1 worker": [*GUNICORN, "--workers", "1", "--bind"],
    "gunicorn, 2 workers": [*GUNICORN, "--workers", "2", "--bind"],
    "waitress": ["-m", "waitress", "--threads", "4", "--call", "--listen"],
}
"""The commands of the servers, up to the address."""

APPS = {"bare": "servers:bare", "hello": "hello:create_app", "erosion": "erosion:create_app"}
HELLO, EROSION = (HERE.parents[1] / "apps" / name for name in ("hello", "erosion"))
ALIAS = "lasting"
TARGET = "https://example.org/"


class ServerError(Exception):
    """A server does not start, or does not respond as expected."""


def bare() -> Callable[..., list[bytes]]:
    """Create a WSGI callable that responds as `hello` does."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "14")]
        start_response("200 OK", headers)
        return [b"Hello, world!\n"]

    return application


def missing(job: str) -> str | None:
    """Return what a job needs and this machine lacks, or None."""
    if job in JOBS and not sys.platform.startswith("linux"):
        return "Linux"
    return "wrk" if job == "served" and not shutil.which("wrk") else None


def measure_clicks(framework: Framework, options: Options) -> Values:
    """Measure the seconds per click on each database, without a server."""
    values: Values = {"clicks/erosion's storage": {}, "clicks/request to erosion": {}}
    in_storage, in_app = values.values()
    environ = environ_of(Case("click", f"/{ALIAS}"))
    with tempfile.TemporaryDirectory() as folder:
        for name, url in databases(folder).items():
            with storage_at(url) as storage:
                totals = timeit.repeat(
                    lambda: storage.use_link(ALIAS), repeat=options.loops, number=CLICKS
                )
            in_storage[name] = [total / CLICKS for total in totals]
            config = {"db_url": url, "cookie_secret": "only for the benchmark"}
            application = importlib.import_module("erosion").create_app(config)
            in_app[name] = times_of(application, environ, options)
    return values


def databases(folder: str) -> dict[str, str]:
    """Return the URLs of empty databases: SQLite in a folder, and PostgreSQL if it runs."""
    urls = {"SQLite": f"sqlite:///{folder}/erosion.db"}
    if "EROSION_TEST_DB_URL" in os.environ:
        urls["PostgreSQL"] = os.environ["EROSION_TEST_DB_URL"]
    return urls


@contextmanager
def storage_at(url: str) -> Iterator[Any]:
    """Open erosion's storage, with a link that can be clicked without limit."""
    sys.path.append(str(EROSION))
    with closing(importlib.import_module("storage").Storage(url)) as storage:
        storage.add_link(TARGET, alias=ALIAS, max_count=0)
        yield storage


def measure_served(framework: Framework, options: Options) -> Values:
    """Measure the seconds per request behind each server.

    All apps run at the same time and are measured in turn.
    """
    values: Values = {}
    with tempfile.TemporaryDirectory() as folder:
        urls = databases(folder)
        for url in urls.values():
            with storage_at(url):
                pass
        for server in SERVERS:
            with ExitStack() as stack:
                start = stack.enter_context
                apps = {name: (start(serving(server, name)), "/") for name in ("bare", "hello")}
                for name, url in urls.items():
                    served = start(serving(server, "erosion", EROSION_DB_URL=url))
                    apps[f"erosion, {name}"] = (served, f"/{ALIAS}")
                for served, path in apps.values():
                    load(served, path, 1)
                values[f"served/{server}"] = {
                    name: [1 / load(served, path, options.load_seconds)]
                    for name, (served, path) in apps.items()
                }
    return values


def measure_connections(framework: Framework, options: Options) -> Values:
    """Measure the processor time per request of a gunicorn worker, by open connections.

    The limit of open files can allow fewer connections than the options ask for.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = options.connections + SPARE_FILES
    allowed = files if hard == resource.RLIM_INFINITY else min(files, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    values: Values = {}
    for app in ("bare", "hello"):
        with serving("gunicorn, 1 worker", app) as served:
            for number in (CLIENTS, allowed - SPARE_FILES):
                seconds = processor_time(served, number)
                values.setdefault(f"connections/{number:,} connections", {})[app] = [seconds]
    return values


@contextmanager
def serving(server: str, app: str, **environment: str) -> Iterator[ServerProcess]:
    """Run one of the `SERVERS` with one of the `APPS`."""
    from clastic.testing import ServerFailed, serve_process  # the other jobs start without Clastic

    factory = APPS[app] if server == "waitress" else f"{APPS[app]}()"
    environment["PYTHONPATH"] = os.pathsep.join(map(str, (HERE, HELLO, EROSION)))
    command = [sys.executable, *SERVERS[server], f"{HOST}:{{port}}", factory]
    try:
        with serve_process(command, environment=environment) as served:
            yield served
    except ServerFailed as error:
        raise ServerError(str(error)) from error


def load(served: ServerProcess, path: str, seconds: int) -> float:
    """Send requests on several connections with wrk, and return their number per second."""
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "--timeout", "30s"]
    command.append(f"{served.url}{path}")
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    rate = re.search(r"Requests/sec:\s*([\d.]+)", done.stdout)
    if done.returncode or not rate or re.search("Non-2xx|Socket", done.stdout):
        raise ServerError(f"wrk failed at {path}:\n{done.stdout}{done.stderr}")
    return float(rate[1])


def processor_time(served: ServerProcess, number: int) -> float:
    """Return the processor seconds per request while `number` connections are open and used."""
    with ExitStack() as stack:
        connections = [HTTPConnection(HOST, served.port, timeout=30) for _ in range(number)]
        for connection in connections:
            stack.enter_context(closing(connection))
            send_requests([connection])
        turns = max(1, REQUESTS_AT_LEAST // number)
        before = processor_seconds(served.process.pid)
        for _ in range(turns):
            for start in range(0, number, CLIENTS):
                send_requests(connections[start : start + CLIENTS])
        return (processor_seconds(served.process.pid) - before) / (turns * number)


def send_requests(connections: Sequence[HTTPConnection]) -> None:
    """Send a request on each connection, then read the responses."""
    for connection in connections:
        connection.request("GET", "/")
    for connection in connections:
        response = connection.getresponse()
        body = response.read()
        if body != b"Hello, world!\n" or response.will_close:
            closed = ", and the connection is closed" if response.will_close else ""
            raise ServerError(f"The server sent {body!r}{closed}.")


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process and its children have used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_seconds(int(child)) for child in children)


JOBS: dict[str, Callable[[Framework, Options], Values]] = {
    "served": measure_served,
    "clicks": measure_clicks,
    "connections": measure_connections,
}
