"""Replace the containers of the apps that ``make up`` serves, without losing a request.

New containers of an app start beside the old ones. When they are healthy, the old ones are stopped,
one after the other. The gateway and the database are not replaced.
"""

from __future__ import annotations

import sys

from project import Project, prepare
from shell import Failure, read
from up import FILES, NAME

APPS = ("hello", "tzconvert", "erosion")


def upgrade(project: Project, app: str) -> None:
    """Replace every container of an app."""
    old = project.containers(app)
    if not old:
        raise Failure(f"{app} is not running. Start it with: make up")
    count = f"{app}={2 * len(old)}"
    project.compose(
        "up", "--detach", "--no-deps", "--no-recreate", "--scale", count, app, seconds=120
    )
    project.wait_until_healthy()
    for container in old:
        read(["docker", "stop", container["Id"]])
        read(["docker", "rm", container["Id"]])


def main() -> int:
    try:
        project = Project(NAME, FILES, prepare())
        project.build()
        for app in APPS:
            upgrade(project, app)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.status
    print(f"{', '.join(APPS)}: all containers are replaced.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
