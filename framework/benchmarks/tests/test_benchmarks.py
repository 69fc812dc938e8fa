"""`make bench`: what it measures, prints and writes. No test depends on speed."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1]
DOCS = BENCHMARKS.parent / "docs"
REQUESTS = [
    *("text", "path", "json", "html", "404", "405", "redirect", "form", "middlewares", "cookie"),
    *("session", "static", "static-304"),
]
POSITIONS = ("first", "last", "missing")
OF_BOTH = [
    *(f"requests/{case}" for case in REQUESTS if case != "session"),
    "construction/routes-10",
    *(f"routes/routes-10-{position}" for position in POSITIONS),
]
OF_CLASTIC = [
    *("requests/text-render", "requests/middlewares-render"),
    "requests/session",
    *(f"shapes/{shape}, {each}" for shape in ("static", "overlapping") for each in POSITIONS),
    "shapes/all paths match, the last method",
    *("shape-construction/static", "shape-construction/overlapping", "memory/static"),
    *("start/import", "start/first response"),
]
ON_LINUX = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="servers are measured on Linux"
)

STAND_IN = """
class Middleware: pass
class Response: pass
class Request: pass
def GET(*arguments): pass
POST = GET
StaticApplication = SignedCookieMiddleware = Jinja2RenderFactory = GET
SessionMiddleware = MemoryStore = GET
render_basic = render_json = JSONResponse = redirect = None
def Application(*arguments, **options):
    def application(environ, start_response):
        start_response({status!r}, {headers!r})
        return [{body!r}]
    return application
"""
PLAIN = [("Content-Type", "text/plain; charset=utf-8")]
HELLO = b"Hello, World!"


def start(
    *arguments: str | Path, script: Path = BENCHMARKS / "run.py", path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a script to its end. `path` is a folder to import modules from first."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")
    }
    if path:
        paths = [str(path), *filter(None, [environment.get("PYTHONPATH")])]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    command = [sys.executable, str(script), *map(str, arguments)]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=300, env=environment
    )


def quick(
    directory: Path, *arguments: str, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Measure quickly and write the results to `directory`."""
    return start("--quick", "--json", directory / "results.json", *arguments, path=path)


def results_in(directory: Path) -> dict[str, Any]:
    results: dict[str, Any] = json.loads((directory / "results.json").read_text("utf-8"))
    return results


def stand_in(directory: Path, status: str, headers: list[tuple[str, str]], body: bytes) -> Path:
    """Write a package `clastic` that sends the same response to every request."""
    source = STAND_IN.format(status=status, headers=headers, body=body)
    modules = ("middleware/cookie", "middleware/session", "render/jinja2_templates", "sessions")
    for name in ("", "middleware", "render", *modules):
        package = directory / "clastic" / name
        package.mkdir()
        (package / "__init__.py").write_text(source, encoding="utf-8")
    return directory


def strings(value: Any) -> Iterator[str]:
    """Yield every key and text of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The output and the JSON of a quick run."""
    directory = tmp_path_factory.mktemp("measured")
    jobs = [
        "text-render",
        "middlewares-render",
        "routes-10",
        "static-10",
        "overlapping-10",
        "matching-10",
        "memory-static",
        "start",
    ]
    done = quick(directory, "--only", "requests", *jobs, "--frameworks", "clastic", "bare")
    assert done.returncode == 0, done.stderr
    return done.stdout, (directory / "results.json").read_text(encoding="utf-8")


def test_every_case_is_measured_for_every_framework(measured: tuple[str, str]) -> None:
    measures = json.loads(measured[1])["measures"]
    assert sorted(measures) == sorted([*OF_BOTH, *OF_CLASTIC])
    for name in OF_BOTH:
        assert set(measures[name]) == {"bare", "clastic"}
    assert set(measures["memory/static"]) == {"bytes per route"}
    assert set(measures["shapes/static, last"]) == {"10"}


def test_each_measure_has_its_best_its_median_and_the_number_of_loops(
    measured: tuple[str, str],
) -> None:
    numbers = {"construction": 1, "shape-construction": 1, "memory": 1, "start": 3}
    for name, columns in json.loads(measured[1])["measures"].items():
        for values in columns.values():
            assert 0 < values["best"] <= values["median"]
            assert values["loops"] == numbers.get(name.partition("/")[0], 2)


def test_results_say_what_they_were_measured_on(measured: tuple[str, str]) -> None:
    results = json.loads(measured[1])
    assert platform.python_version() in results["python"]
    assert results["machine"] == platform.machine()
    assert results["processors"] == os.cpu_count()
    assert results["libraries"]["werkzeug"] == metadata.version("werkzeug")
    assert set(results["frameworks"]) == {"bare", "clastic"}


def test_results_name_no_host_and_no_folder(measured: tuple[str, str]) -> None:
    found = set(strings(json.loads(measured[1])))
    assert platform.node() not in found
    assert [text for text in found if str(Path.cwd()) in text or str(Path.home()) in text] == []


def test_written_results_print_the_same_tables_later(
    measured: tuple[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "results.json"
    path.write_text(measured[1], encoding="utf-8")
    assert start("--show", path).stdout == measured[0]


def test_every_framework_is_a_module_of_the_folder() -> None:
    done = start("--help")
    names = ("bare", "bottle", "clastic", "falcon", "flask", "wheezy")
    assert ", ".join(names) in " ".join(done.stdout.split())


WRONG = {
    "another status": (
        "text",
        ("500 Internal Server Error", PLAIN, b""),
        "text (GET /): expected status 200, got '500 Internal Server Error'",
    ),
    "another text": (
        "text",
        ("200 OK", [*PLAIN, ("Content-Length", "3")], b"Hi!"),
        "text (GET /): expected a body like 'Hello, World!', got b'Hi!'",
    ),
    "HTML in place of text": (
        "text",
        ("200 OK", [("Content-Type", "text/html"), ("Content-Length", "13")], HELLO),
        "text (GET /): expected Content-Type text/plain, got text/html",
    ),
    "no length": (
        "text",
        ("200 OK", PLAIN, HELLO),
        "text (GET /): Content-Length is None, the body has 13 bytes",
    ),
    "200 in place of 404": (
        "404",
        ("200 OK", [*PLAIN, ("Content-Length", "13")], HELLO),
        "404 (GET /no/such/page): expected status 404, got '200 OK'",
    ),
    "405 without Allow": (
        "405",
        ("405 Method Not Allowed", [*PLAIN, ("Content-Length", "0")], b""),
        "405 (POST /): expected GET in Allow, got None",
    ),
    "a redirect to another path": (
        "redirect",
        ("302 Found", [("Location", "/old"), ("Content-Length", "0")], b""),
        "redirect (GET /old): expected /new in Location, got /old",
    ),
    "a session without its count": (
        "cookie",
        ("200 OK", [*PLAIN, ("Content-Length", "7"), ("Set-Cookie", "session=1")], b"Visit 1"),
        "cookie (GET /): expected a body like 'Visit 2', got b'Visit 1'",
    ),
    "a page that is not escaped": (
        "html",
        ("200 OK", [("Content-Type", "text/html")], b"<!doctype html><h1>Links & more</h1></html>"),
        "html (GET /page): expected a body like ",
    ),
    "a file in place of 304": (
        "static-304",
        ("200 OK", [("Content-Type", "text/css"), ("Content-Length", "1")], b"."),
        "static-304 (GET /static/style.css): expected status 304, got '200 OK'",
    ),
    "middlewares that do not run": (
        "middlewares",
        ("200 OK", [*PLAIN, ("Content-Length", "15")], b"Hello, World! 1"),
        "middlewares: after 3 requests, the request number is 0, the statuses are {} and the time "
        "is 0.0 seconds",
    ),
    "the first route for the last": (
        "routes-10",
        ("200 OK", [*PLAIN, ("Content-Length", "5")], b"0:abc"),
        "routes-10-last (GET /r9/abc): expected a body like '9:abc', got b'0:abc'",
    ),
}


@pytest.mark.parametrize(("case", "response", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_response_is_not_measured(
    case: str, response: tuple[str, Any, bytes], message: str, tmp_path: Path
) -> None:
    path = stand_in(tmp_path, *response)
    done = start("clastic", case, script=BENCHMARKS / "measure.py", path=path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"clastic responds wrongly: {message}")


def test_a_wrong_response_ends_the_run(tmp_path: Path) -> None:
    path = stand_in(tmp_path, "200 OK", PLAIN, HELLO)
    done = quick(tmp_path, "--only", "text", "path", "--frameworks", "clastic", path=path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "round 1 of 1: text\n"
        "Stopped at text with clastic.\n"
        "clastic responds wrongly: text (GET /): Content-Length is None, the body has 13 bytes\n"
    )
    assert not (tmp_path / "results.json").exists()


def test_a_framework_that_cannot_be_imported_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "falcon.py").write_text("import no_such_module\n", encoding="utf-8")
    done = quick(tmp_path, "--only", "text", "--frameworks", "falcon", path=tmp_path)
    assert done.returncode == 2
    assert "falcon cannot be imported: No module named 'no_such_module'" in done.stderr


def test_a_process_over_the_limit_is_stopped_and_reported(tmp_path: Path) -> None:
    (tmp_path / "clastic.py").write_text("while True:\n    pass\n", encoding="utf-8")
    done = quick(
        tmp_path,
        "--only",
        "routes-10000",
        "--frameworks",
        "clastic",
        "--rounds",
        "2",
        path=tmp_path,
    )
    assert done.returncode == 0
    message = "Not measured: routes-10000 with clastic, which took over 5 seconds."
    assert done.stdout.endswith(f"\n\n{message}\n")
    assert results_in(tmp_path)["left_out"] == [message]
    assert results_in(tmp_path)["measures"] == {}


MISTAKES = {
    "a job that does not exist": (["--only", "text", "txt"], "invalid choice: 'txt'"),
    "a framework that does not exist": (["--frameworks", "django"], "invalid choice: 'django'"),
    "no rounds": (["--rounds", "0"], "--rounds must be at least 1"),
    "results that do not exist": (["--show", "nowhere.json"], "'nowhere.json'"),
    "results that are not JSON": (["--show", str(BENCHMARKS / "README.md")], "Expecting value"),
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_on_the_command_line_is_reported(arguments: list[str], message: str) -> None:
    done = start(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def times(microseconds: float, loops: int = 60) -> dict[str, Any]:
    """Return the results of one measure; the median is a tenth above the best."""
    return {"best": microseconds / 1e6, "median": microseconds * 1.1 / 1e6, "loops": loops}


RESULTS: dict[str, Any] = {
    "python": "CPython 3.11.7",
    "machine": "x86_64",
    "processors": 2,
    "libraries": {"werkzeug": "3.1.9", "gunicorn": "27.0.1"},
    "options": {"rounds": 3, "loops": 20, "loop_seconds": 0.01},
    "frameworks": {
        "bare": {"version": None, "compiled": False},
        "clastic": {"version": "27.0.0", "compiled": False},
        "falcon": {"version": "4.4.0", "compiled": True},
        "bottle": {"version": "0.13.4", "compiled": False},
    },
    "measures": {
        "requests/text": {"bare": times(0.2), "clastic": times(0.8), "falcon": times(2.5)},
        "requests/text-render": {"clastic": times(1.0)},
        "requests/404": {"bare": times(0.3), "clastic": times(5.2), "falcon": times(8)},
        "requests/cookie": {"bare": times(7), "clastic": times(20), "bottle": times(41)},
        "requests/session": {"clastic": times(18)},
        "routes/routes-10-last": {"clastic": times(1), "falcon": times(3)},
        "routes/routes-10000-last": {"clastic": times(1.21), "bare": times(0.5)},
        "construction/routes-10": {"clastic": times(300), "falcon": times(3000)},
        "shapes/static, first": {"10": times(1), "10,000": times(1.21)},
        "shapes/all paths match, the last method": {"1,000": times(900)},
        "shape-construction/deep": {"10,000": times(1.4e6)},
        "memory/deep": {"bytes per route": {"best": 4321.5, "median": 4321.5, "loops": 3}},
        "start/import": {"clastic": times(54e3), "falcon": times(60e3)},
        "served/waitress": {
            "bare": times(125, 1),
            "hello": times(140, 1),
            "erosion, SQLite": times(1562.5, 1),
        },
        "clicks/erosion's storage": {"SQLite": times(460)},
        "connections/8 connections": {"hello": times(110, 1), "bare": times(100, 1)},
        "connections/4,000 connections": {"hello": times(143, 1), "bare": times(120, 1)},
    },
    "left_out": ["Not measured: served, which requires wrk."],
}
ROWS = [
    "CPython 3.11.7 on x86_64 with 2 processors: bare, clastic 27.0.0, falcon 4.4.0 (with compiled "
    "parts), bottle 0.13.4. With werkzeug 3.1.9, gunicorn 27.0.1.",
    "Rounds: 3, each a new process with 20 loops of about 10 ms. The best loop counts.",
    "Microseconds per request",
    "| | bare | clastic | falcon | bottle |",
    "| 404 | 0.30 | 5.20 | 8.00 | - |",
    "| cookie | 7.00 | 20.0 | - | 41.0 |",
    "| routes-10000-last | 0.50 | 1.21 | - |",
    "| routes-10 | 0.0003 | 0.0030 |",
    "| static, first | 1.00 | 1.21 | - |",
    "| all paths match, the last method | - | - | 900 |",
    "| deep | 1.4000 |",
    "| deep | 4,322 |",
    "| import | 54.0 | 60.0 |",
    "| waitress | 8,000 | 7,143 | 640 |",
    "| erosion's storage | 460 |",
    "| 4,000 connections | 120 | 143 |",
    "Microseconds per request: the time as a multiple of falcon's",
    "| text | 0.08 | 0.32 | 1.00 |",
    "Microseconds per request: the time as a multiple of bare's",
    "| cookie | 1.00 | 2.86 | - | 5.86 |",
    "Requests per second behind a server: the time as a multiple of bare's",
    "| waitress | 1.00 | 1.12 | 12.5 |",
    "| | measured | at most | |",
    "| text: share of falcon's time | 0.320 | 0.45 | pass |",
    "| path: share of falcon's time | - | 0.45 | not measured |",
    "| text-render: share of falcon's time for text | 0.400 | 0.45 | pass |",
    "| 405: share of wheezy's time for 404 | - | 0.9 | not measured |",
    "| cookie: share of bottle's time | 0.488 | 0.5 | pass |",
    "| session: share of clastic's time for cookie | 0.900 | 1.5 | pass |",
    "| static, first of 10,000 routes: times the time with 10 | 1.210 | 1.2 | miss |",
    "| deep, missing of 10,000 routes: times the time with 10 | - | 1.2 | not measured |",
    "| deep, construction of 10,000 routes: seconds | 1.400 | 0.5 | miss |",
    "| deep, memory: bytes per route | 4,321.500 | 3072 | miss |",
    "| import: share of falcon's time | 0.900 | 0.9 | pass |",
    "| hello, 4,000 connections: growth relative to bare's | 1.083 | 1.2 | pass |",
    "Not measured: served, which requires wrk.",
]
"""Lines of the report on `RESULTS`, in this order."""


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(RESULTS), encoding="utf-8")
    return path


def test_the_report_has_all_tables_and_targets(shown: Path) -> None:
    lines = iter([" ".join(line.split()) for line in start("--show", shown).stdout.splitlines()])
    assert [row for row in ROWS if row not in lines] == []


@pytest.mark.parametrize(
    ("median", "warning"),
    [(1.2, ""), (1.3, "The machine was busy: the median loop took 1.30 times the best.")],
    ids=["a quiet machine", "a busy machine"],
)
def test_the_report_says_whether_the_machine_was_busy(
    median: float, warning: str, shown: Path
) -> None:
    measures = {"requests/text": {"clastic": {"best": 1e-6, "median": median * 1e-6, "loops": 60}}}
    shown.write_text(json.dumps({**RESULTS, "measures": measures}), encoding="utf-8")
    heading = start("--show", shown).stdout.partition("\n\n")[0]
    assert heading.endswith(f"The best loop counts.\n{warning}".rstrip())


@pytest.mark.parametrize(
    ("microseconds", "options", "status"),
    [(1.0, ["--check"], 0), (2.0, [], 0), (2.0, ["--check"], 1)],
    ids=["all targets met", "a target missed", "a target missed and checked"],
)
def test_a_missed_target_is_an_error_with_check(
    microseconds: float, options: list[str], status: int, shown: Path
) -> None:
    measures = {"requests/text": {"clastic": times(microseconds), "falcon": times(2.5)}}
    shown.write_text(json.dumps({**RESULTS, "measures": measures}), encoding="utf-8")
    assert start("--show", shown, *options).returncode == status


def record(directory: Path, results: Path) -> Path:
    """Record results in a copy of the benchmark and of the documentation's page."""
    framework = directory / "framework"
    ignored = shutil.ignore_patterns(".venv", "results", "__pycache__")
    shutil.copytree(BENCHMARKS, framework / "benchmarks", ignore=ignored)
    (framework / "docs" / "_static").mkdir(parents=True)
    shutil.copy(DOCS / "performance.md", framework / "docs")
    done = start("--show", results, "--record", script=framework / "benchmarks" / "run.py")
    assert done.returncode == 0, done.stderr
    return framework


def test_the_page_on_performance_shows_the_recorded_results(tmp_path: Path) -> None:
    framework = record(tmp_path, BENCHMARKS / "recorded.json")
    for name in ("performance.md", "_static/speed.svg"):
        written = (framework / "docs" / name).read_text(encoding="utf-8")
        assert (DOCS / name).read_text(encoding="utf-8") == written


def test_recording_writes_the_results_and_the_page(tmp_path: Path, shown: Path) -> None:
    framework = record(tmp_path, shown)
    written = (framework / "benchmarks" / "recorded.json").read_text(encoding="utf-8")
    assert json.loads(written) == RESULTS
    page = (framework / "docs" / "performance.md").read_text(encoding="utf-8")
    assert "| cookie      | 7.00 |    20.0 |      - |   41.0 |" in page
    assert "Not measured: served, which requires wrk." in page


def test_the_plot_has_a_line_and_a_name_for_each_framework(tmp_path: Path, shown: Path) -> None:
    framework = record(tmp_path, shown)
    svg = ElementTree.parse(framework / "docs" / "_static" / "speed.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    lines = [line.get("points", "").split() for line in svg.iter(f"{space}polyline")]
    assert [len(points) for points in lines] == [1, 2, 1]
    names = {text.text for text in svg.iter(f"{space}text")}
    assert {"bare", "clastic", "falcon", "10", "10,000", "1 µs"} <= names
    description = svg.findtext(f"{space}desc", "")
    assert "clastic from 1.0 at 10 routes to 1.2 at 10,000" in description


WRK = """#!/bin/sh
echo 'Requests/sec: 1000.00'
"""


@pytest.fixture
def wrk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `wrk` that sends no requests, so that a load takes no time."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "wrk").write_text(WRK, encoding="utf-8")
    (programs / "wrk").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")


@ON_LINUX
def test_every_server_serves_every_app(tmp_path: Path, wrk: None) -> None:
    done = quick(tmp_path, "--only", "served")
    assert done.returncode == 0, done.stderr
    measures = results_in(tmp_path)["measures"]
    servers = ("gunicorn, 1 worker", "gunicorn, 2 workers", "waitress")
    assert list(measures) == [f"served/{server}" for server in servers]
    for apps in measures.values():
        apps.pop("erosion, PostgreSQL", None)
        assert list(apps) == ["bare", "hello", "erosion, SQLite"]
        assert {values["best"] for values in apps.values()} == {0.001}


@ON_LINUX
def test_clicks_and_connections_are_measured(tmp_path: Path) -> None:
    done = quick(tmp_path, "--only", "clicks", "connections")
    assert done.returncode == 0, done.stderr
    measures = results_in(tmp_path)["measures"]
    rows = ("clicks/erosion's storage", "clicks/request to erosion")
    assert [name for name in measures if "SQLite" in measures[name]] == list(rows)
    for row in ("8 connections", "1,000 connections"):
        assert list(measures[f"connections/{row}"]) == ["bare", "hello"]
        assert all(values["best"] > 0 for values in measures[f"connections/{row}"].values())


def test_a_job_without_its_program_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = quick(tmp_path, "--only", "served")
    assert done.returncode == 0, done.stderr
    assert "\nNot measured: served, which requires " in done.stdout
