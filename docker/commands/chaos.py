"""Break what ``make up`` serves while it is used, and print what its users saw: ``make chaos``.

Runs in a compose project and on a port of its own, and takes both down at the end. Ends with
status 1 when something did not hold that must.
"""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
from pathlib import Path

from credentials import make_credentials
from project import Project, prepare
from scenes import Scenes
from shell import ROOT, Failure, ends_on_signals, undisturbed
from up import FILES

NAME = "clastic-chaos"
LOGS = ROOT / "docker" / "chaos-logs"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def play() -> list[str]:
    """Build, start, break, take down; gives what did not hold."""
    with tempfile.TemporaryDirectory() as folder:
        secrets = Path(folder) / "secrets"
        make_credentials(secrets)
        port = str(free_port())
        settings = {**prepare(), "SECRETS": str(secrets), "ADDRESS": "127.0.0.1", "PORT": port}
        project = Project(NAME, FILES, settings)
        scenes = Scenes(project, f"127.0.0.1:{port}")
        try:
            project.build()
            project.up()
            project.print_figures()
            scenes.play()
        finally:
            with undisturbed():
                shutil.rmtree(LOGS, ignore_errors=True)
                project.save_logs(LOGS)
                project.down(volumes=True)
    return scenes.faults


def main() -> int:
    try:
        with ends_on_signals():
            faults = play()
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.status
    except KeyboardInterrupt:
        print("Interrupted; everything is taken down.", file=sys.stderr)
        return 130
    print(f"What the containers printed is in {LOGS.relative_to(ROOT)}.")
    if faults:
        print("Did not hold:", *faults, sep="\n  ")
        return 1
    print("Everything held.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
