"""Run the browser tests in a container against the apps in containers: ``make e2e``.

Arguments are passed to pytest. Results (JUnit, screenshots and the logs of the containers; on
failure also the page and the console) are saved in a new folder in ``e2e/results``, or in the
folder of the environment variable ``E2E_RESULTS``. The containers are removed.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from credentials import make_credentials
from project import Project, prepare
from shell import ROOT, Failure, ignored_signals, interrupted_by_signals, read

NAME = "clastic-e2e"
FILES = ("compose.yaml", "compose.e2e.yaml")
APPS = ("hello", "tzconvert", "erosion")
TEST_SECONDS = 1200


def run_tests(project: Project) -> int:
    """Run the tests and print their output; return their exit status."""
    project.compose("up", "--detach", "--no-deps", "e2e", seconds=60)
    (container,) = project.containers("e2e")
    try:
        subprocess.run(["docker", "logs", "--follow", container["Id"]], timeout=TEST_SECONDS)
    except subprocess.TimeoutExpired:
        raise Failure(f"The tests took more than {TEST_SECONDS} seconds.") from None
    return int(read(["docker", "wait", container["Id"]]))


def choose_results() -> Path:
    """Return the folder for the results, which may exist."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    default = ROOT / "e2e" / "results" / f"{stamp}-containers"
    return Path(os.environ.get("E2E_RESULTS") or default).absolute()


def collect(project: Project, results: Path) -> None:
    """Save the results of the tests and the logs of the containers."""
    results.mkdir(parents=True, exist_ok=True)
    for container in project.containers("e2e"):
        read(["docker", "cp", f"{container['Id']}:/results/.", str(results)])
    project.save_logs(results / "containers")


def run_in(project: Project, results: Path) -> int:
    """Build, start, test, and collect the results; always stop the containers."""
    try:
        project.build()
        project.up(*APPS)
        try:
            status = run_tests(project)
            project.print_figures()
        finally:
            with ignored_signals():
                collect(project, results)
    finally:
        with ignored_signals():
            project.down(volumes=True)
    return status


def test(arguments: Sequence[str], results: Path) -> int:
    with tempfile.TemporaryDirectory() as folder:
        secrets = Path(folder) / "secrets"
        make_credentials(secrets)
        settings = {**prepare(), "SECRETS": str(secrets), "PYTEST_ADDOPTS": shlex.join(arguments)}
        return run_in(Project(NAME, FILES, settings), results)


def main() -> int:
    results = choose_results()
    try:
        with interrupted_by_signals():
            status = test(sys.argv[1:], results)
    except Failure as failure:
        print(failure, file=sys.stderr)
        status = failure.status
    except KeyboardInterrupt:
        print("Interrupted. The containers are stopped.", file=sys.stderr)
        status = 130
    if results.is_dir():
        print(f"The results are in {results}.")
    return status


if __name__ == "__main__":
    sys.exit(main())
