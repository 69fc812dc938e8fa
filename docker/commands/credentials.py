"""The secrets of a deployment: random, made once, each in a file of its own."""

from __future__ import annotations

import secrets
from pathlib import Path

from shell import ROOT

FOLDER = ROOT / "docker" / ".secrets"


def make_credentials(folder: Path = FOLDER) -> None:
    """Make the secrets that are missing from a folder which nobody else may enter.

    The files are readable for all, since the users in the containers are others than ours.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    write_once(folder / "cookie_secret", secrets.token_urlsafe(32))
    password = write_once(folder / "db_password", secrets.token_urlsafe(24))
    write_once(folder / "db_url", f"postgresql://erosion:{password}@database:5432/erosion")


def write_once(file: Path, value: str) -> str:
    """Write a value unless the file is there; gives what is in it."""
    if not file.exists():
        file.write_text(value)
        file.chmod(0o444)
    return file.read_text()


def main() -> None:
    make_credentials()
    print(f"The secrets are in {FOLDER.relative_to(ROOT)}. Keep a copy where it is safe.")


if __name__ == "__main__":
    main()
