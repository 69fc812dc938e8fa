"""Where Chromium and its driver are on this machine, and how to get them."""

from __future__ import annotations

import os
import shutil
import subprocess

INSTALL_SECONDS = 600.0
PACKAGES = ("chromium", "chromium-driver")

# The environment variable that names a program, and what it is called where that is not set.
_NAMES = {
    "CHROMIUM": ("chromium", "chromium-browser", "google-chrome"),
    "CHROMEDRIVER": ("chromedriver",),
}
_MISSING = """\
The browser tests need Chromium and its driver, and there is no {missing}.
On Debian or Ubuntu, install both:  apt-get install {packages}
or have it done:                    INSTALL=1 make e2e-local
Elsewhere, name the programs:       CHROMIUM=... CHROMEDRIVER=... make e2e-local"""


class ChromiumMissing(Exception):
    """Chromium or its driver is not there, or could not be installed."""


def find_programs() -> dict[str, str]:
    """The paths of Chromium and its driver, by the environment variables that name them.

    Raises ChromiumMissing if one is not there.
    """
    found, missing = {}, []
    for variable, names in _NAMES.items():
        wanted = [os.environ[variable]] if os.environ.get(variable) else names
        path = next(filter(None, map(shutil.which, wanted)), None)
        if path is None:
            missing.append(wanted[0])
        else:
            found[variable] = path
    if missing:
        text = _MISSING.format(missing=" and no ".join(missing), packages=" ".join(PACKAGES))
        raise ChromiumMissing(text)
    return found


def install_programs() -> None:
    """Install what Debian has. Raises ChromiumMissing if that fails."""
    become_root = [] if os.geteuid() == 0 else ["sudo"]
    for step in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        command = [*become_root, "apt-get", *step]
        print("+", *command, flush=True)
        try:
            subprocess.run(command, check=True, timeout=INSTALL_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            raise ChromiumMissing(f"Chromium could not be installed: {error}") from error
