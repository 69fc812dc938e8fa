"""The benchmark harness, through its command line; nothing here depends on how fast anything is."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
JOBS = "text,path,json,404,405,middlewares,routes-10"
ROUTING_MEASURES = ["construction-10", *(f"routes-10-{p}" for p in ("first", "last", "missing"))]

STAND_IN = """
class Middleware: pass
class Response: pass
def GET(*arguments): pass
render_json = None
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
    """Run a script of the benchmarks to its end; `first_on_path` has modules to import."""
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
    """Measure quickly, in the environment of the tests, with results in `directory`."""
    options = ["--quick", "--python", sys.executable, "--json", directory / "results.json"]
    return start(*options, *arguments, first_on_path=first_on_path)


def stand_in(directory: Path, status: str, headers: list[tuple[str, str]], body: bytes) -> Path:
    """Write a `clastic` that answers everything in one way."""
    source = STAND_IN.format(status=status, headers=headers, body=body)
    (directory / "clastic.py").write_text(source, encoding="utf-8")
    return directory


def strings(value: Any) -> Iterator[str]:
    """Every key and text in a JSON value."""
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
    """What a quick run prints, and the JSON that it writes."""
    directory = tmp_path_factory.mktemp("measured")
    done = quick(directory, "--only", JOBS, "--frameworks", "clastic,bare")
    assert done.returncode == 0, done.stderr
    return done.stdout, (directory / "results.json").read_text(encoding="utf-8")


def test_every_case_is_measured_for_every_framework(measured: tuple[str, str]) -> None:
    measures = json.loads(measured[1])["measures"]
    assert list(measures) == [*JOBS.split(",")[:-1], *ROUTING_MEASURES]
    assert {tuple(sorted(by_framework)) for by_framework in measures.values()} == {
        ("bare", "clastic")
    }


def test_each_measure_has_its_best_its_median_and_the_number_of_loops(
    measured: tuple[str, str],
) -> None:
    for name, by_framework in json.loads(measured[1])["measures"].items():
        for times in by_framework.values():
            assert 0 < times["best"] <= times["median"]
            assert times["loops"] == (1 if name.startswith("construction") else 2)


def test_results_say_what_they_were_measured_on(measured: tuple[str, str]) -> None:
    results = json.loads(measured[1])
    assert platform.python_version() in results["python"]
    assert results["machine"] == platform.machine()
    assert set(results["frameworks"]) == {"bare", "clastic"}


def test_results_name_no_host_and_no_path(measured: tuple[str, str]) -> None:
    told = set(strings(json.loads(measured[1])))
    assert platform.node() not in told
    assert [text for text in told if os.sep in text] == []


def test_the_written_results_print_the_same_tables_later(
    measured: tuple[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "results.json"
    path.write_text(measured[1], encoding="utf-8")
    assert start("--show", path).stdout == measured[0]


WRONG = {
    "a status that is not the expected one": (
        "text",
        ("500 Internal Server Error", PLAIN, b""),
        "text (GET /): expected status 200, got '500 Internal Server Error'",
    ),
    "another text": (
        "text",
        ("200 OK", [*PLAIN, ("Content-Length", "3")], b"Hi!"),
        "text (GET /): expected a body like 'Hello, World!', got b'Hi!'",
    ),
    "HTML where text was asked for": (
        "text",
        ("200 OK", [("Content-Type", "text/html"), ("Content-Length", "13")], HELLO),
        "text (GET /): expected Content-Type text/plain, got text/html",
    ),
    "no length": (
        "text",
        ("200 OK", PLAIN, HELLO),
        "text (GET /): Content-Length is None, the body has 13 bytes",
    ),
    "a 404 that is a 200": (
        "404",
        ("200 OK", [*PLAIN, ("Content-Length", "13")], HELLO),
        "404 (GET /no/such/page): expected status 404, got '200 OK'",
    ),
    "a 405 that does not say what is allowed": (
        "405",
        ("405 Method Not Allowed", [*PLAIN, ("Content-Length", "0")], b""),
        "405 (POST /): expected GET in Allow, got None",
    ),
    "middlewares that are never called": (
        "middlewares",
        ("200 OK", [*PLAIN, ("Content-Length", "15")], b"Hello, World! 1"),
        "middlewares: after 3 requests they gave 0 numbers, counted {} and measured 0.0 seconds",
    ),
    "the first route for the last": (
        "routes-10",
        ("200 OK", [*PLAIN, ("Content-Length", "5")], b"0:abc"),
        "routes-10-last (GET /r9/abc): expected a body like '9:abc', got b'0:abc'",
    ),
}


@pytest.mark.parametrize(("case", "answer", "complaint"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_answer_is_not_measured(
    case: str, answer: tuple[str, Any, bytes], complaint: str, tmp_path: Path
) -> None:
    path = stand_in(tmp_path, *answer)
    done = start("clastic", case, script=BENCHMARKS / "measure.py", first_on_path=path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"clastic answers wrongly: {complaint}\n"


def test_a_wrong_answer_ends_the_run(tmp_path: Path) -> None:
    path = stand_in(tmp_path, "200 OK", PLAIN, HELLO)
    done = quick(tmp_path, "--only", "text,path", "--frameworks", "clastic", first_on_path=path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "round 1 of 1: text\n"
        "Stopped at text with clastic.\n"
        "clastic answers wrongly: text (GET /): Content-Length is None, the body has 13 bytes\n"
    )
    assert not (tmp_path / "results.json").exists()


def test_a_framework_that_is_not_installed_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "falcon.py").write_text("import a_module_of_nobody\n", encoding="utf-8")
    done = quick(tmp_path, "--only", "text", "--frameworks", "falcon", first_on_path=tmp_path)
    assert done.returncode == 2
    assert "falcon cannot be imported: No module named 'a_module_of_nobody'" in done.stderr


def test_a_process_over_the_limit_is_stopped_and_reported(tmp_path: Path) -> None:
    (tmp_path / "clastic.py").write_text("while True:\n    pass\n", encoding="utf-8")
    only = ["--only", "routes-10000", "--frameworks", "clastic", "--limit", "0.5"]
    done = quick(tmp_path, *only, first_on_path=tmp_path)
    assert done.returncode == 0
    assert "  construction-10000  > 0.5 s\n" in done.stdout
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert results["measures"] == {"construction-10000": {"clastic": {"over": 0.5}}}


def test_an_environment_that_cannot_be_made_ends_the_run(tmp_path: Path) -> None:
    copy = tmp_path / "benchmarks"
    shutil.copytree(BENCHMARKS, copy, ignore=shutil.ignore_patterns(".venv", "results"))
    (copy / "requirements.txt").write_text("not a requirement\n", encoding="utf-8")
    done = start("--quick", "--only", "text", script=copy / "run.py")
    assert done.returncode == 2
    assert "`python -m pip install" in done.stderr
    assert "not a requirement" in done.stderr
    assert "Traceback" not in done.stderr


MISTAKES = {
    "a case that does not exist": (["--only", "text,txt"], "unknown: txt. Known: text, path, json"),
    "a framework that is not measured": (
        ["--frameworks", "django"],
        "unknown: django. Known: bare, clastic, falcon",
    ),
    "no rounds": (["--rounds", "0"], "'0' is no int above zero"),
    "a limit that is no number": (["--limit", "soon"], "'soon' is no float above zero"),
    "a limit that never comes": (["--limit", "inf"], "'inf' is no float above zero"),
    "results that are not there": (["--show", "nowhere.json"], "No results can be read from"),
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_on_the_command_line_is_told(arguments: list[str], message: str) -> None:
    done = start(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def times(microseconds: float) -> dict[str, Any]:
    """Results of one measure for one framework; the median is a tenth above the best."""
    return {"best": microseconds / 1e6, "median": microseconds * 1.1 / 1e6, "loops": 60}


RESULTS = {
    "python": "CPython 3.11.7",
    "machine": "x86_64",
    "options": {"rounds": 3, "loops": 20, "loop_seconds": 0.01, "limit_seconds": 60.0},
    "frameworks": {
        "bare": {"version": None, "compiled": False},
        "clastic": {"version": "27.0.0", "compiled": False},
        "falcon": {"version": "4.4.0", "compiled": True},
    },
    "measures": {
        "text": {"bare": times(0.2), "clastic": times(0.8), "falcon": times(2.5)},
        "404": {"bare": times(0.3), "clastic": times(5.2), "falcon": times(8)},
        "construction-10": {"clastic": times(300), "falcon": times(3000)},
        "routes-10-last": {"clastic": times(1), "falcon": times(3)},
        "construction-10000": {"clastic": times(1.4e6), "falcon": {"over": 60.0}},
        "routes-10000-last": {"clastic": times(1.21), "falcon": times(100)},
    },
}
TABLES = """\
CPython 3.11.7 on x86_64: bare, clastic 27.0.0, falcon 4.4.0 (with compiled parts).
Rounds: 3, each a new process with 20 loops of about 10 ms. \
A request: a copy of the environ, the call, reading the body.

Microseconds a request, best loop
                     bare  clastic  falcon
  text               0.20     0.80    2.50
  404                0.30     5.20    8.00
  routes-10-last        -     1.00    3.00
  routes-10000-last     -     1.21     100

Microseconds a request, median loop
                     bare  clastic  falcon
  text               0.22     0.88    2.75
  404                0.33     5.72    8.80
  routes-10-last        -     1.10    3.30
  routes-10000-last     -     1.33     110

Multiples of what falcon takes (best loops)
                     bare  clastic  falcon
  text               0.08     0.32    1.00
  404                0.04     0.65    1.00
  routes-10-last        -     0.33    1.00
  routes-10000-last     -     0.01    1.00

Multiples of what bare takes (best loops)
                     bare  clastic  falcon
  text               1.00     4.00    12.5
  404                1.00     17.3    26.7
  routes-10-last        -        -       -
  routes-10000-last     -        -       -

Construction up to the first answer, seconds (best)
                      bare  clastic  falcon
  construction-10        -   0.0003  0.0030
  construction-10000     -   1.4000  > 60 s

Targets
                                                    measured  at most
  text: share of falcon's time                         0.320      0.5          pass
  404: share of falcon's time                          0.650      0.5          miss
  routes-10-last: share of falcon's time               0.333      0.5          pass
  routes-10000-last: share of falcon's time            0.012      0.5          pass
  first of 10,000 routes: times the time with 10           -      1.2  not measured
  last of 10,000 routes: times the time with 10        1.210      1.2          miss
  missing of 10,000 routes: times the time with 10         -      1.2  not measured
  construction of 10,000 routes: seconds               1.400      1.5          pass
"""


def test_results_as_tables(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(RESULTS), encoding="utf-8")
    assert start("--show", path).stdout == TABLES


@pytest.mark.parametrize(
    ("median", "warning"),
    [
        (1.2, ""),
        (1.3, "The machine was busy: the median loop took 1.30 times the best. Repeat.\n"),
    ],
    ids=["a quiet machine", "a busy machine"],
)
def test_tables_say_when_not_to_trust_them(median: float, warning: str, tmp_path: Path) -> None:
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
def test_a_missed_target_is_an_error_only_if_asked(
    microseconds: float, options: list[str], status: int, tmp_path: Path
) -> None:
    measures = {"text": {"clastic": times(microseconds), "falcon": times(2.5)}}
    path = tmp_path / "results.json"
    path.write_text(json.dumps({**RESULTS, "measures": measures}), encoding="utf-8")
    assert start("--show", path, *options).returncode == status
