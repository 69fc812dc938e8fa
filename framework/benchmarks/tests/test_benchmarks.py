"""Test the benchmark through its command line. No test depends on times."""

from __future__ import annotations

import copy
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
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
PYTHON = f"Python {VERSION}"
REQUESTS = "text,path,json,html,404,405,redirect,form,middlewares,cookie,static,static-304"
SCALE = "static-10,deep-10,overlapping-10,matching-10,memory-static,depth"
POSITIONS = ("first", "last", "missing")
MEASURES = [
    *REQUESTS.split(","),
    *("construction-10", *(f"routes-10-{position}" for position in POSITIONS)),
    *("construction-static-10", *(f"static-10-{position}" for position in POSITIONS)),
    *("construction-deep-10", *(f"deep-10-{position}" for position in POSITIONS)),
    *("construction-overlapping-10", *(f"overlapping-10-{position}" for position in POSITIONS)),
    *("matching-10", "memory-static", "depth-0", "depth-10", "start-import", "start-response"),
]
OURS_ALONE = MEASURES[MEASURES.index("construction-static-10") :]

FAKE_CLASTIC = """
class Middleware: pass
class Response: pass
class Request: pass
def GET(*arguments): pass
POST = GET
StaticApplication = SignedCookieMiddleware = Jinja2RenderFactory = GET
render_json = redirect = None
def Application(*arguments, **options):
    def application(environ, start_response):
        start_response({status!r}, {headers!r})
        return [{body!r}]
    return application
"""
PLAIN = [("Content-Type", "text/plain; charset=utf-8")]
HELLO = b"Hello, World!"


def start(
    *arguments: str | Path, script: Path = BENCHMARKS / "run.py", first_on_path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a script of the benchmarks; `first_on_path` is a folder with modules to import."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")
    }
    if first_on_path:
        paths = [str(first_on_path), *filter(None, [environment.get("PYTHONPATH")])]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    command = [sys.executable, str(script), *map(str, arguments)]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=120, env=environment
    )


def quick(
    directory: Path, *arguments: str, first_on_path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a quick benchmark in the environment of the tests, with results in `directory`."""
    options = ["--quick", "--python", sys.executable, "--json", directory / "results.json"]
    return start(*options, *arguments, first_on_path=first_on_path)


def fake_clastic(directory: Path, status: str, headers: list[tuple[str, str]], body: bytes) -> Path:
    """Write a package `clastic` whose applications always send the same response."""
    source = FAKE_CLASTIC.format(status=status, headers=headers, body=body)
    for name in ("", "middleware", "middleware/cookie", "render", "render/jinja2_templates"):
        package = directory / "clastic" / name
        package.mkdir()
        (package / "__init__.py").write_text(source, encoding="utf-8")
    return directory


def strings(value: Any) -> Iterator[str]:
    """Yield every key and text in a JSON value."""
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
    """Return the output of a quick run, and the JSON that it writes."""
    directory = tmp_path_factory.mktemp("measured")
    only = f"{REQUESTS},routes-10,{SCALE},start,breakdown"
    done = quick(directory, "--only", only, "--frameworks", "clastic,bare")
    assert done.returncode == 0, done.stderr
    return done.stdout, (directory / "results.json").read_text(encoding="utf-8")


def test_every_case_is_measured_for_every_framework(measured: tuple[str, str]) -> None:
    measures = json.loads(measured[1])["measures"]
    assert list(measures) == MEASURES
    for name, by_framework in measures.items():
        assert set(by_framework) == ({"clastic"} if name in OURS_ALONE else {"bare", "clastic"})


def test_each_measure_has_best_median_and_number_of_loops(
    measured: tuple[str, str],
) -> None:
    numbers = {"construction": 1, "memory": 1, "start": 3}
    for name, by_framework in json.loads(measured[1])["measures"].items():
        for times in by_framework.values():
            assert 0 < times["best"] <= times["median"]
            assert times["loops"] == numbers.get(name.partition("-")[0], 2)


def test_the_steps_of_hello_are_broken_down_by_function(measured: tuple[str, str]) -> None:
    breakdown = json.loads(measured[1])["breakdown"]
    steps = dict(breakdown["steps"])
    assert steps["hello.py: home"] > 0
    assert all(place.startswith(("clastic/", "compiled", "hello")) for place in steps)
    assert set(breakdown["seconds"]) == {"nothing", "bare", "response", "hello"}


def test_results_have_the_interpreter_machine_and_libraries(measured: tuple[str, str]) -> None:
    results = json.loads(measured[1])
    assert platform.python_version() in results["python"]
    assert results["machine"] == platform.machine()
    assert results["processors"] == os.cpu_count()
    assert results["libraries"]["werkzeug"] == metadata.version("werkzeug")
    assert set(results["frameworks"]) == {"bare", "clastic"}


def test_results_contain_no_host_names_and_no_paths(measured: tuple[str, str]) -> None:
    texts = set(strings(json.loads(measured[1])))
    assert platform.node() not in texts
    assert [text for text in texts if str(Path.cwd()) in text or str(Path.home()) in text] == []


def test_show_prints_the_same_tables_from_the_written_results(
    measured: tuple[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "results.json"
    path.write_text(measured[1], encoding="utf-8")
    assert start("--show", path).stdout == measured[0]


WRONG = {
    "a wrong status": (
        "text",
        ("500 Internal Server Error", PLAIN, b""),
        "text (GET /): expected status 200, got '500 Internal Server Error'",
    ),
    "a wrong text": (
        "text",
        ("200 OK", [*PLAIN, ("Content-Length", "3")], b"Hi!"),
        "text (GET /): expected a body like 'Hello, World!', got b'Hi!'",
    ),
    "HTML instead of text": (
        "text",
        ("200 OK", [("Content-Type", "text/html"), ("Content-Length", "13")], HELLO),
        "text (GET /): expected Content-Type text/plain, got text/html",
    ),
    "no length": (
        "text",
        ("200 OK", PLAIN, HELLO),
        "text (GET /): Content-Length is None, the body has 13 bytes",
    ),
    "a 200 instead of a 404": (
        "404",
        ("200 OK", [*PLAIN, ("Content-Length", "13")], HELLO),
        "404 (GET /no/such/page): expected status 404, got '200 OK'",
    ),
    "a 405 without Allow": (
        "405",
        ("405 Method Not Allowed", [*PLAIN, ("Content-Length", "0")], b""),
        "405 (POST /): expected GET in Allow, got None",
    ),
    "a redirect to another path": (
        "redirect",
        ("302 Found", [("Location", "/old"), ("Content-Length", "0")], b""),
        "redirect (GET /old): expected /new in Location, got /old",
    ),
    "a session that is not kept": (
        "cookie",
        ("200 OK", [*PLAIN, ("Content-Length", "7"), ("Set-Cookie", "session=1")], b"Visit 1"),
        "cookie (GET /): expected a body like 'Visit 2', got b'Visit 1'",
    ),
    "a page that is not escaped": (
        "html",
        ("200 OK", [("Content-Type", "text/html")], b"<!doctype html><h1>Links & more</h1></html>"),
        "html (GET /page): expected a body like ",
    ),
    "a file that is sent again": (
        "static-304",
        ("200 OK", [("Content-Type", "text/css"), ("Content-Length", "1")], b"."),
        "static-304 (GET /static/style.css): expected status 304, got '200 OK'",
    ),
    "middlewares that are never called": (
        "middlewares",
        ("200 OK", [*PLAIN, ("Content-Length", "15")], b"Hello, World! 1"),
        "middlewares: after 3 requests they have assigned 0 numbers, counted {} "
        "and measured 0.0 seconds",
    ),
    "the first route instead of the last": (
        "routes-10",
        ("200 OK", [*PLAIN, ("Content-Length", "5")], b"0:abc"),
        "routes-10-last (GET /r9/abc): expected a body like '9:abc', got b'0:abc'",
    ),
}


@pytest.mark.parametrize(("case", "response", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_response_is_not_measured(
    case: str, response: tuple[str, Any, bytes], message: str, tmp_path: Path
) -> None:
    path = fake_clastic(tmp_path, *response)
    done = start("clastic", case, script=BENCHMARKS / "measure.py", first_on_path=path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Wrong response from clastic: {message}")


def test_a_wrong_response_stops_the_run(tmp_path: Path) -> None:
    path = fake_clastic(tmp_path, "200 OK", PLAIN, HELLO)
    done = quick(tmp_path, "--only", "text,path", "--frameworks", "clastic", first_on_path=path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "round 1 of 1: text\n"
        "This job failed: text with clastic.\n"
        "Wrong response from clastic: text (GET /): Content-Length is None, the body has 13 bytes\n"
    )
    assert not (tmp_path / "results.json").exists()


def test_a_framework_that_is_not_installed_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "falcon.py").write_text("import a_missing_module\n", encoding="utf-8")
    done = quick(tmp_path, "--only", "text", "--frameworks", "falcon", first_on_path=tmp_path)
    assert done.returncode == 2
    assert "Cannot import falcon: No module named 'a_missing_module'" in done.stderr


def test_a_process_over_the_limit_is_stopped_and_reported(tmp_path: Path) -> None:
    (tmp_path / "clastic.py").write_text("while True:\n    pass\n", encoding="utf-8")
    only = ["--only", "routes-10000", "--frameworks", "clastic", "--limit", "0.5"]
    done = quick(tmp_path, *only, first_on_path=tmp_path)
    assert done.returncode == 0
    assert "  construction-10000  > 0.5 s\n" in done.stdout
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert results["measures"] == {"construction-10000": {"clastic": {"over": 0.5}}}


def test_a_failed_installation_stops_the_run(tmp_path: Path) -> None:
    copy = tmp_path / "benchmarks"
    shutil.copytree(BENCHMARKS, copy, ignore=shutil.ignore_patterns(".venv", "results"))
    (copy / "requirements.txt").write_text("not a requirement\n", encoding="utf-8")
    done = start("--quick", "--only", "text", script=copy / "run.py")
    assert done.returncode == 2
    assert "`python -m pip install" in done.stderr
    assert "not a requirement" in done.stderr
    assert "Traceback" not in done.stderr


MISTAKES = {
    "an unknown case": (["--only", "text,txt"], "unknown: txt. Known: text, path, json"),
    "an unknown framework": (
        ["--frameworks", "django"],
        "unknown: django. Known: bare, clastic, falcon",
    ),
    "no rounds": (["--rounds", "0"], "'0' is not a positive int"),
    "a limit that is not a number": (["--limit", "soon"], "'soon' is not a positive float"),
    "an infinite limit": (["--limit", "inf"], "'inf' is not a positive float"),
    "missing results": (["--show", "nowhere.json"], "Cannot read results from"),
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_an_error_on_the_command_line_is_reported(arguments: list[str], message: str) -> None:
    done = start(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def times(microseconds: float) -> dict[str, Any]:
    """Return results of a measure for a framework; the median is a tenth above the best."""
    return {"best": microseconds / 1e6, "median": microseconds * 1.1 / 1e6, "loops": 60}


RESULTS = {
    "python": "CPython 3.11.7",
    "machine": "x86_64",
    "processors": 2,
    "libraries": {"werkzeug": "3.1.9", "gunicorn": "27.0.1"},
    "options": {"rounds": 3, "loops": 20, "loop_seconds": 0.01, "limit_seconds": 60.0},
    "frameworks": {
        "bare": {"version": None, "compiled": False},
        "clastic": {"version": "27.0.0", "compiled": False},
        "falcon": {"version": "4.4.0", "compiled": True},
        "bottle": {"version": "0.13.4", "compiled": False},
    },
    "measures": {
        "text": {"bare": times(0.2), "clastic": times(0.8), "falcon": times(2.5)},
        "404": {"bare": times(0.3), "clastic": times(5.2), "falcon": times(8)},
        "cookie": {"bare": times(7), "clastic": times(20), "bottle": times(41)},
        "construction-10": {"clastic": times(300), "falcon": times(3000)},
        "routes-10-last": {"clastic": times(1), "falcon": times(3)},
        "construction-10000": {"clastic": times(1.4e6), "falcon": {"over": 60.0}},
        "routes-10000-last": {"clastic": times(1.21), "bare": times(0.5)},
        "static-10-first": {"clastic": times(1)},
        "static-10000-first": {"clastic": times(1.21)},
        "matching-1000": {"clastic": times(900)},
        "construction-deep-10000": {"clastic": times(1.4e6)},
        "memory-deep": {"clastic": {"best": 4321.5, "median": 4321.5, "loops": 3}},
        "depth-0": {"clastic": times(1.8)},
        "depth-10": {"clastic": times(1.9)},
        "start-import": {"clastic": times(54e3), "falcon": times(60e3)},
    },
    "breakdown": {
        "seconds": {"nothing": 1e-7, "bare": 2e-7, "response": 6e-7, "hello": 9e-7},
        "steps": [["clastic/dispatch.py: answer", 75], ["hello.py: home", 25]],
    },
    "served": {
        "gunicorn, 1 worker": {"bare": 8000.0, "hello": 7500.0, "erosion, SQLite": 640.0},
    },
    "clicks": {
        "SQLite": {
            "statement": {"seconds": 12e-6, "processor": 11e-6},
            "commit": {"seconds": 120e-6, "processor": 50e-6},
            "storage": {"seconds": 460e-6, "processor": 330e-6},
            "app": {"seconds": 580e-6, "processor": 440e-6},
        }
    },
    "connections": {
        "wanted": 10000,
        "most": 4000,
        "micros": {"bare": {"8": 100.0, "4000": 120.0}, "hello": {"8": 110.0, "4000": 143.0}},
    },
    "left_out": ["Not measured: erosion on PostgreSQL, which is not installed."],
}
TABLES = """\
CPython 3.11.7 on x86_64 with 2 processors: \
bare, clastic 27.0.0, falcon 4.4.0 (with compiled parts), bottle 0.13.4. \
With werkzeug 3.1.9, gunicorn 27.0.1.
Rounds: 3, each a new process with 20 loops of about 10 ms. \
A request: a copy of the environ, the call, reading the body.

Microseconds per request, best loop
          bare  clastic  falcon  bottle
  text    0.20     0.80    2.50       -
  404     0.30     5.20    8.00       -
  cookie  7.00     20.0       -    41.0

Microseconds per request, median loop
          bare  clastic  falcon  bottle
  text    0.22     0.88    2.75       -
  404     0.33     5.72    8.80       -
  cookie  7.70     22.0       -    45.1

Times relative to falcon, best loop
        bare  clastic  falcon
  text  0.08     0.32    1.00
  404   0.04     0.65    1.00

Times relative to bare, best loop
          bare  clastic  falcon  bottle
  text    1.00     4.00    12.5       -
  404     1.00     17.3    26.7       -
  cookie  1.00     2.86       -    5.86

Microseconds per request, many routes
                     bare  clastic  falcon
  routes-10-last        -     1.00    3.00
  routes-10000-last  0.50     1.21       -

Construction up to the first response, seconds
                      clastic  falcon
  construction-10      0.0003  0.0030
  construction-10000   1.4000  > 60 s

Microseconds per request with clastic, by number of routes
                                         10  100  1,000  10,000
  static, first                        1.00    -      -    1.21
  all paths match, the last method        -    -    900       -
  one route                            1.80
  one route in 10 nested applications  1.90

10,000 routes with clastic
        construction, seconds  memory, bytes per route
  deep                   1.40                    4,322

Start of hello, milliseconds
                clastic  falcon
  start-import     54.0    60.0

Requests per second through a server
                       bare  hello  of bare  erosion, SQLite  of bare
  gunicorn, 1 worker  8,000  7,500      94%              640       8%

Microseconds per click in erosion, in one process
                          SQLite  of that, CPU
  SQL statement             12.0          11.0
  with the commit            120          50.0
  with erosion's storage     460           330
  request to erosion         580           440

CPU microseconds of a gunicorn worker per request
                     bare  hello
  8 connections       100    110
  4,000 connections   120    143

Targets
                                                                measured  at most
  text: share of falcon's time                                     0.320      0.5          pass
  path: share of falcon's time                                         -      0.5  not measured
  json: share of falcon's time                                         -      0.5  not measured
  404: share of falcon's time                                      0.650      0.5          miss
  405: share of falcon's time                                          -      0.5  not measured
  redirect: share of falcon's time                                     -      0.5  not measured
  middlewares: share of falcon's time                                  -      0.5  not measured
  cookie: share of bottle's time                                   0.488      0.5          pass
  text: times the bare callable's time                             4.000        5          pass
  static, first of 10,000 routes: times the time with 10           1.210      1.2          miss
  static, last of 10,000 routes: times the time with 10                -      1.2  not measured
  static, missing of 10,000 routes: times the time with 10             -      1.2  not measured
  parameter, first of 10,000 routes: times the time with 10            -      1.2  not measured
  parameter, last of 10,000 routes: times the time with 10             -      1.2  not measured
  parameter, missing of 10,000 routes: times the time with 10          -      1.2  not measured
  deep, first of 10,000 routes: times the time with 10                 -      1.2  not measured
  deep, last of 10,000 routes: times the time with 10                  -      1.2  not measured
  deep, missing of 10,000 routes: times the time with 10               -      1.2  not measured
  static, construction of 10,000 routes: seconds                       -      1.5  not measured
  parameter, construction of 10,000 routes: seconds                    -      1.5  not measured
  deep, construction of 10,000 routes: seconds                     1.400      1.5          pass
  overlapping, construction of 10,000 routes: seconds                  -      1.5  not measured
  static, memory: bytes per route                                      -     4096  not measured
  parameter, memory: bytes per route                                   -     4096  not measured
  deep, memory: bytes per route                                4,321.500     4096          miss
  overlapping, memory: bytes per route                                 -     4096  not measured
  import: share of falcon's time                                   0.900        1          pass
  hello, 4,000 connections: growth relative to bare's              1.083      1.2          pass

Not measured: erosion on PostgreSQL, which is not installed.
"""


def test_results_are_printed_as_tables(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(RESULTS), encoding="utf-8")
    assert start("--show", path).stdout == TABLES


@pytest.mark.parametrize(
    ("median", "warning"),
    [
        (1.2, ""),
        (1.3, "The machine was busy: the median loop took 1.30 times the best. Repeat the run.\n"),
    ],
    ids=["a quiet machine", "a busy machine"],
)
def test_the_report_warns_about_a_busy_machine(median: float, warning: str, tmp_path: Path) -> None:
    measures = {"text": {"clastic": {"best": 1e-6, "median": median * 1e-6, "loops": 60}}}
    path = tmp_path / "results.json"
    path.write_text(json.dumps({**RESULTS, "measures": measures}), encoding="utf-8")
    heading = start("--show", path).stdout.partition("\n\n")[0]
    assert heading.endswith(f"reading the body.\n{warning}".rstrip())


@pytest.mark.parametrize(
    ("microseconds", "options", "status"),
    [(1.0, [], 0), (1.0, ["--check"], 0), (2.0, [], 0), (2.0, ["--check"], 1)],
    ids=[
        "all targets met",
        "all targets met and checked",
        "a target missed",
        "a target missed and checked",
    ],
)
def test_a_missed_target_is_an_error_only_with_check(
    microseconds: float, options: list[str], status: int, tmp_path: Path
) -> None:
    measures = {"text": {"clastic": times(microseconds), "falcon": times(2.5)}}
    path = tmp_path / "results.json"
    path.write_text(json.dumps({**RESULTS, "measures": measures}), encoding="utf-8")
    assert start("--show", path, *options).returncode == status


def copied(directory: Path) -> Path:
    """Copy the benchmarks and the page that they update, with their places in the tree."""
    framework = directory / "framework"
    ignored = shutil.ignore_patterns(".venv", "results", "__pycache__")
    shutil.copytree(BENCHMARKS, framework / "benchmarks", ignore=ignored)
    (framework / "docs" / "_static").mkdir(parents=True)
    shutil.copy(DOCS / "performance.md", framework / "docs")
    return framework


def test_the_page_on_performance_has_the_recorded_results(tmp_path: Path) -> None:
    framework = copied(tmp_path)
    script = framework / "benchmarks" / "run.py"
    done = start("--show", script.with_name("recorded.json"), "--record", script=script)
    assert done.returncode == 0, done.stderr
    for name in ("performance.md", "_static/speed.svg"):
        written = (framework / "docs" / name).read_text(encoding="utf-8")
        assert (DOCS / name).read_text(encoding="utf-8") == written


def test_recording_writes_the_results_and_updates_the_page(tmp_path: Path) -> None:
    framework = copied(tmp_path)
    script = framework / "benchmarks" / "run.py"
    path = tmp_path / "results.json"
    path.write_text(json.dumps(RESULTS), encoding="utf-8")
    done = start("--show", path, "--record", script=script)
    assert done.returncode == 0, done.stderr
    assert json.loads((script.with_name("recorded.json")).read_text(encoding="utf-8")) == RESULTS
    page = (framework / "docs" / "performance.md").read_text(encoding="utf-8")
    assert "| cookie | 7.00 | 20.0 | - | 41.0 |" in page
    assert "62% of the time of `hello`, without that of the loop, is for creating" in page
    assert "| `clastic/dispatch.py: answer` | 75 | 75% |" in page
    assert "SQLAlchemy with erosion's storage takes most of the time: 340 of 580 µs." in page
    assert "The limit of open files allowed 4,000 connections." in page
    assert "Not measured: erosion on PostgreSQL, which is not installed." in page


def test_the_plot_has_a_line_and_a_name_for_each_framework(tmp_path: Path) -> None:
    framework = copied(tmp_path)
    script = framework / "benchmarks" / "run.py"
    path = tmp_path / "results.json"
    path.write_text(json.dumps(RESULTS), encoding="utf-8")
    start("--show", path, "--record", script=script)
    svg = ElementTree.parse(framework / "docs" / "_static" / "speed.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    lines = [line.get("points", "").split() for line in svg.iter(f"{space}polyline")]
    assert [len(points) for points in lines] == [1, 2, 1]
    names = {text.text for text in svg.iter(f"{space}text")}
    assert {"bare", "clastic", "falcon", "10", "10,000", "1 µs"} <= names
    description = svg.findtext(f"{space}desc", "")
    assert "clastic from 1.0 at 10 routes to 1.2 at 10,000" in description


def counts(
    path: Path, *arguments: str, script: Path = BENCHMARKS / "counts.py"
) -> subprocess.CompletedProcess[str]:
    """Run `counts.py` with the record at `path`."""
    return start("--counts", path, *arguments, script=script)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Record the current counts and return the record."""
    path = tmp_path_factory.mktemp("recorded") / "counts.json"
    done = counts(path, "--record")
    assert (done.returncode, done.stdout) == (0, f"counts.json has the counts for {PYTHON}.\n")
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def changed(
    directory: Path, recorded: dict[str, Any], cases: dict[str, int], **libraries: str
) -> Path:
    """Write a record in which the counts of some cases and some libraries are changed."""
    record = copy.deepcopy(recorded)
    record[VERSION]["cases"].update(cases)
    record[VERSION]["libraries"].update(libraries)
    path = directory / "counts.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    return path


def test_every_case_is_counted(recorded: dict[str, Any]) -> None:
    assert list(recorded) == [VERSION]
    routes = [f"routes-1000-{position}" for position in POSITIONS]
    assert list(recorded[VERSION]["cases"]) == [*REQUESTS.split(","), *routes]
    assert recorded[VERSION]["libraries"]["werkzeug"] == metadata.version("werkzeug")


@pytest.mark.parametrize("seed", ["1", "2"])
def test_counts_do_not_depend_on_the_seed_of_hashes(seed: str, recorded: dict[str, Any]) -> None:
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "counting.py"],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": seed, "COVERAGE_PROCESS_CONFIG": ""},
    )
    assert json.loads(done.stdout) == recorded[VERSION]


COUNT = """
import sys
sys.path.insert(0, sys.argv[1])
from cases import Case, environ_of
from counting import steps_of

def application(environ, start_response):
    for _ in range(times):
        function()
    return ()

counts = []
for function, times in ((object, 10), (object, 20), (object, 30), (globals, 10)):
    counts.append(steps_of(application, environ_of(Case("loop", "/"))))
print(counts)
"""


@pytest.fixture(scope="module")
def loops() -> list[int]:
    """Return the counts of a loop with 10, 20 and 30 iterations, and of 10 that call a builtin."""
    command = [sys.executable, "-c", COUNT, str(BENCHMARKS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    counts: list[int] = json.loads(done.stdout)
    return counts


def test_more_iterations_take_more_steps(loops: list[int]) -> None:
    assert loops[0] < loops[1]
    assert loops[2] - loops[1] == loops[1] - loops[0]


def test_a_call_of_a_builtin_is_one_step(loops: list[int]) -> None:
    assert loops[3] - loops[0] == 10


def test_unchanged_counts_are_not_printed(recorded: dict[str, Any], tmp_path: Path) -> None:
    done = counts(changed(tmp_path, recorded, {}))
    message = f"No case grew by more than 5% (Python {VERSION}).\n"
    assert (done.returncode, done.stdout) == (0, message)


def test_a_count_that_grew_by_less_than_5_percent_is_printed(
    recorded: dict[str, Any], tmp_path: Path
) -> None:
    now = recorded[VERSION]["cases"]["html"]
    done = counts(changed(tmp_path, recorded, {"html": now - 10}))
    assert done.returncode == 0
    assert f"  html: {now - 10:,} steps before, {now:,} now (+0." in done.stdout


def test_a_count_that_grew_by_more_than_5_percent_is_an_error(
    recorded: dict[str, Any], tmp_path: Path
) -> None:
    done = counts(changed(tmp_path, recorded, {"text": 100, "json": 10_000}))
    now = recorded[VERSION]["cases"]
    assert done.returncode == 1
    assert done.stdout == (
        f"  text: 100 steps before, {now['text']:,} now (+{now['text'] - 100:.1f}%) too many\n"
        f"  json: 10,000 steps before, {now['json']:,} now ({now['json'] / 100 - 100:.1f}%)\n"
        f"These cases grew by more than 5% (Python {VERSION}): text.\n"
        "If the change is worth it, record the new counts: make bench-check ARGS=--record\n"
    )


def test_other_versions_of_libraries_are_printed(recorded: dict[str, Any], tmp_path: Path) -> None:
    done = counts(changed(tmp_path, recorded, {}, werkzeug="3.1.0"))
    installed = metadata.version("werkzeug")
    assert done.returncode == 0
    assert f"The record is of werkzeug 3.1.0; installed is {installed}.\n" in done.stdout


UNRECORDED = {
    "only another version of Python": (
        {"2.7": {"libraries": {}, "cases": {}}},
        f"No counts are recorded for {PYTHON}. Record them: make bench-check ARGS=--record\n",
    ),
    "only one case": (
        {VERSION: {"libraries": {}, "cases": {"text": 1}}},
        "No counts are recorded for path, json, html, 404, 405, redirect, form, middlewares, "
        "cookie, static, static-304, routes-1000-first, routes-1000-last, routes-1000-missing. "
        "Record them: make bench-check ARGS=--record\n",
    ),
}


@pytest.mark.parametrize(("record", "message"), UNRECORDED.values(), ids=UNRECORDED.keys())
def test_the_error_for_a_missing_record_names_the_command(
    record: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "counts.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    done = counts(path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


def test_the_error_for_a_missing_file_names_the_command(tmp_path: Path) -> None:
    done = counts(tmp_path / "counts.json")
    assert (done.returncode, done.stderr) == (2, UNRECORDED["only another version of Python"][1])


def test_recording_keeps_the_counts_for_other_versions(tmp_path: Path) -> None:
    path = tmp_path / "counts.json"
    path.write_text('{"3.99": {"libraries": {}, "cases": {}}}', encoding="utf-8")
    assert counts(path, "--record").returncode == 0
    assert list(json.loads(path.read_text(encoding="utf-8"))) == [VERSION, "3.99"]


def test_cases_with_wrong_responses_are_not_counted(tmp_path: Path) -> None:
    path = fake_clastic(tmp_path, "200 OK", PLAIN, HELLO)
    done = start(
        "--counts", tmp_path / "counts.json", script=BENCHMARKS / "counts.py", first_on_path=path
    )
    assert done.returncode == 2


WRK = """#!/bin/sh
echo 'Requests/sec: 1234.50'
"""


@pytest.fixture
def wrk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a fake `wrk` that sends no requests, so that a load takes no time."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "wrk").write_text(WRK, encoding="utf-8")
    (programs / "wrk").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="servers are measured on Linux")
def test_every_server_serves_every_app(tmp_path: Path, wrk: None) -> None:
    done = quick(tmp_path, "--only", "served")
    assert done.returncode == 0, done.stderr
    served = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["served"]
    assert list(served) == ["gunicorn, 1 worker", "gunicorn, 2 workers", "waitress"]
    for rates in served.values():
        rates.pop("erosion, PostgreSQL", None)
        assert rates == {"bare": 1234.5, "hello": 1234.5, "erosion, SQLite": 1234.5}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="servers are measured on Linux")
def test_clicks_and_connections_are_measured(tmp_path: Path) -> None:
    done = quick(tmp_path, "--only", "clicks,connections")
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert list(results["clicks"]["SQLite"]) == ["storage", "statement", "commit", "app"]
    assert results["connections"]["most"] == 1_000
    for micros in results["connections"]["micros"].values():
        assert list(micros) == ["8", "1000"]
        assert min(micros.values()) > 0


def test_a_missing_program_is_reported_and_its_job_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = quick(tmp_path, "--only", "served")
    assert done.returncode == 0, done.stderr
    assert "\nNot measured: requests per second, because wrk is not installed." in done.stdout
