"""Kill and restart containers of ``make up`` under load, and print the failures: ``make chaos``.

It uses its own compose project and port, and stops the containers at the end. It exits with 1 if a
check failed.
"""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
from pathlib import Path

from credentials import make_credentials
from project import Project, prepare
from scenarios import Scenarios
from shell import ROOT, Failure, ignored_signals, interrupted_by_signals
from up import FILES

NAME = "clastic-chaos"
LOGS = ROOT / "docker" / "chaos-logs"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def run_scenarios() -> list[str]:
    """Build, start, run the scenarios, and stop; return the failed checks."""
    with tempfile.TemporaryDirectory() as folder:
        secrets = Path(folder) / "secrets"
        make_credentials(secrets)
        port = str(free_port())
        settings = {**prepare(), "SECRETS": str(secrets), "ADDRESS": "127.0.0.1", "PORT": port}
        project = Project(NAME, FILES, settings)
        scenarios = Scenarios(project, f"127.0.0.1:{port}")
        try:
            project.build()
            project.up()
            project.print_figures()
            scenarios.run()
        finally:
            with ignored_signals():
                shutil.rmtree(LOGS, ignore_errors=True)
                project.save_logs(LOGS)
                project.down(volumes=True)
    return scenarios.failed_checks


def main() -> int:
    try:
        with interrupted_by_signals():
            failed_checks = run_scenarios()
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.status
    except KeyboardInterrupt:
        print("Interrupted. The containers are stopped.", file=sys.stderr)
        return 130
    print(f"The logs of the containers are in {LOGS.relative_to(ROOT)}.")
    if failed_checks:
        print("These checks failed:", *failed_checks, sep="\n  ")
        return 1
    print("All checks passed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
