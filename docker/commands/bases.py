"""Choose the base images: the public ones, or stand-ins where no registry is reachable.

The environment variable ``BASES`` is ``public``, ``offline``, or ``auto`` (the default).
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
    """Return the build arguments for the base images; empty for the public defaults.

    Build the stand-ins if they are used. Raise Failure if BASES is invalid.
    """
    wanted = environment.get("BASES") or "auto"
    if wanted not in ("auto", "public", "offline"):
        raise Failure(f"BASES must be auto, public or offline, not {wanted!r}.")
    if any(environment.get(name) for name in STAND_INS):
        return {}  # the images are set in the environment
    if wanted == "public":
        return {}
    if wanted == "auto":
        reason = public_images_error()
        if not reason:
            return {}
        print(f"The public base images are not available: {reason}")
        print("Using stand-ins built from Debian packages (docker/offline/README.md).")
    print("Updating the stand-ins. The first time, this takes a minute or two.", flush=True)
    run(["sh", "docker/offline/build"], seconds=BUILD_SECONDS)
    return dict(STAND_INS)


def public_images_error() -> str:
    """Return the reason why the public images cannot be used, or an empty string if they can."""
    if succeeds(["docker", "image", "inspect", PUBLIC]):
        return ""
    try:
        read(["docker", "manifest", "inspect", PUBLIC], seconds=PROBE_SECONDS)
    except Failure as failure:
        return str(failure).splitlines()[-1]
    return ""
