"""Stop the containers of ``make up`` and keep the data; ``--volumes`` deletes it: ``make down``."""

from __future__ import annotations

import sys

from engine import require_engine
from project import Project
from shell import Failure
from up import FILES, NAME


def main() -> int:
    arguments = sys.argv[1:]
    if arguments not in ([], ["--volumes"]):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        require_engine()
        Project(NAME, FILES, {}).down(volumes=bool(arguments))
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
