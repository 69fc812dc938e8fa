"""Serve the apps behind a gateway, erosion on PostgreSQL in three replicas: ``make up``.

The environment variables ``ADDRESS`` and ``PORT`` set the address (default: 127.0.0.1, 8080).
"""

from __future__ import annotations

import os
import sys

from credentials import make_credentials
from project import Project, prepare
from shell import Failure, interrupted_by_signals

NAME = "clastic"
FILES = ("compose.yaml", "compose.up.yaml")


def main() -> int:
    try:
        with interrupted_by_signals():
            make_credentials()
            project = Project(NAME, FILES, prepare())
            project.build()
            project.up()
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.status
    except KeyboardInterrupt:
        print("Interrupted. 'make down' stops the containers.", file=sys.stderr)
        return 130
    project.print_figures()
    url = f"http://{os.environ.get('ADDRESS') or '127.0.0.1'}:{os.environ.get('PORT') or '8080'}/"
    print(f"The apps are at {url}. 'make down' stops them and keeps the data.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
