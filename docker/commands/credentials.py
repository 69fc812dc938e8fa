"""Create the random secrets of a deployment, each in its own file."""

from __future__ import annotations

import secrets
from pathlib import Path

from shell import ROOT

FOLDER = ROOT / "docker" / ".secrets"


def make_credentials(folder: Path = FOLDER) -> None:
    """Create missing secrets in a folder that no other user may enter.

    The files are readable for all users, because the containers run as other users.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    write_once(folder / "cookie_secret", secrets.token_urlsafe(32))
    password = write_once(folder / "db_password", secrets.token_urlsafe(24))
    write_once(folder / "db_url", f"postgresql://erosion:{password}@database:5432/erosion")


def write_once(file: Path, value: str) -> str:
    """Write a value unless the file exists; return the content of the file."""
    if not file.exists():
        file.write_text(value)
        file.chmod(0o444)
    return file.read_text()


def main() -> None:
    make_credentials()
    print(f"The secrets are in {FOLDER.relative_to(ROOT)}. Keep a copy in a safe place.")


if __name__ == "__main__":
    main()
