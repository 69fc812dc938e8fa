"""Find Chromium and chromedriver on this machine, or install them."""

from __future__ import annotations

import os
import shutil
import subprocess

INSTALL_SECONDS = 600.0
PACKAGES = ("chromium", "chromium-driver")

# The environment variable with the path of each program, and its names on PATH.
_NAMES = {
    "CHROMIUM": ("chromium", "chromium-browser", "google-chrome"),
    "CHROMEDRIVER": ("chromedriver",),
}
_MISSING = """\
The browser tests require Chromium and chromedriver. Not found: {missing}.
On Debian or Ubuntu, install both:  apt-get install {packages}
or let this command do it:          INSTALL=1 make e2e-local
Elsewhere, set their paths:         CHROMIUM=... CHROMEDRIVER=... make e2e-local"""


class ChromiumMissing(Exception):
    """Chromium or chromedriver is missing or could not be installed."""


def find_programs() -> dict[str, str]:
    """Return the paths of Chromium and chromedriver by the names of their environment variables.

    :raises ChromiumMissing: if one is missing
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
        text = _MISSING.format(missing=", ".join(missing), packages=" ".join(PACKAGES))
        raise ChromiumMissing(text)
    return found


def is_installed() -> bool:
    """Return True if Chromium and chromedriver are on this machine."""
    try:
        find_programs()
    except ChromiumMissing:
        return False
    return True


def install_programs() -> None:
    """Install Debian's packages. Raise ChromiumMissing if this fails."""
    become_root = [] if os.geteuid() == 0 else ["sudo"]
    for step in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        command = [*become_root, "apt-get", *step]
        print("+", *command, flush=True)
        try:
            subprocess.run(command, check=True, timeout=INSTALL_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            raise ChromiumMissing(f"Could not install Chromium: {error}") from error
