"""The program that is being run: what it is called, and what lies beside it."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def _main_file() -> Path | None:
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    return None if path is None else Path(os.path.abspath(path))


def program_name() -> str:
    """Return what the program is called: ``hello`` for ``hello.py`` and for ``python -m hello``."""
    path = _main_file()
    if path is None:
        return "clastic"
    return path.parent.name if path.stem == "__main__" else path.stem


def say(line: str) -> None:
    """Print a line for the developer; characters that the terminal does not have are described."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(line.encode(encoding, "backslashreplace").decode(encoding), flush=True)


def folder_beside_program(name: str) -> str | None:
    """Return the path of the folder `name` beside the program's file, if there is one."""
    path = _main_file()
    if path is None:
        return None
    folder = path.parent / name
    return str(folder) if folder.is_dir() else None
