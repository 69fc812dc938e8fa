"""Which base images to build on: the public ones, or stand-ins where no registry is reached.

The environment variable ``BASES`` decides: ``public``, ``offline``, or (the default) ``auto``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from shell import Failure, read, run, succeeds

PUBLIC = "python:3.13-slim-trixie"
STAND_INS = {
    "PYTHON_IMAGE": "clastic-offline/python",
    "PYTHON_BUILD_IMAGE": "clastic-offline/python-build",
    "POSTGRES_IMAGE": "clastic-offline/postgres",
    "NGINX_IMAGE": "clastic-offline/nginx",
}
PROBE_SECONDS = 30
BUILD_SECONDS = 900


def choose_bases(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The build arguments for the base images; empty for the public defaults.

    Builds the stand-ins when they are wanted. Raises Failure for a BASES that means nothing.
    """
    wanted = environment.get("BASES") or "auto"
    if wanted not in ("auto", "public", "offline"):
        raise Failure(f"BASES must be auto, public or offline, not {wanted!r}.")
    if any(environment.get(name) for name in STAND_INS):
        return {}  # whoever called us has chosen
    if wanted == "public":
        return {}
    if wanted == "auto":
        reason = reason_against_public()
        if not reason:
            return {}
        print(f"The public base images cannot be had: {reason}")
        print("Using stand-ins made from Debian packages (docker/offline/README.md).")
    print("Bringing them up to date; that takes a minute or two the first time.", flush=True)
    run(["sh", "docker/offline/build"], seconds=BUILD_SECONDS)
    return dict(STAND_INS)


def reason_against_public() -> str:
    """Why the public images cannot be used; empty when they can."""
    if succeeds(["docker", "image", "inspect", PUBLIC]):
        return ""
    try:
        read(["docker", "manifest", "inspect", PUBLIC], seconds=PROBE_SECONDS)
    except Failure as failure:
        return str(failure).splitlines()[-1]
    return ""
