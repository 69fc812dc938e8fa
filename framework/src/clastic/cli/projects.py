"""Create the files of a project from a template."""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

from clastic.cli.command import Command
from clastic.cli.targets import TargetError
from clastic.wiring import did_you_mean

# The files of a template end in ``.txt``, so that tools do not take them for modules of Clastic.
_FOLDER = Path(__file__).parent / "templates"
_SUFFIX = ".txt"
_PLACEHOLDER = "PROJECT_NAME"
_COMMON = "common"

_TEMPLATES = ("minimal", "html", "api")

# The name of a distribution package, in ASCII.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the name of the project and of its folder")
    parser.add_argument(
        "--template",
        metavar="TEMPLATE",
        default=_TEMPLATES[0],
        help="minimal (one text response, the default), html (pages and a form) or api (JSON)",
    )


def _create(given: Namespace) -> int:
    """Create a folder with the files of a project, and print what to do next."""
    if given.template not in _TEMPLATES:
        hint = did_you_mean(given.template, _TEMPLATES) or f"Templates: {', '.join(_TEMPLATES)}"
        raise TargetError(f"no template {given.template!r}. {hint}")
    if not _NAME.fullmatch(given.name):
        raise TargetError(
            f"{given.name!r} is not a valid project name. Use letters, digits, '-', '_' and '.', "
            "and begin and end with a letter or digit"
        )
    folder = Path(given.name)
    try:
        folder.mkdir()
    except OSError as error:
        raise TargetError(f"cannot create the folder {folder}: {error.strerror}") from error
    for name, text in _files(given.template):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace(_PLACEHOLDER, given.name), "utf-8")
        print(f"created {path}")
    print(f"Next: cd {folder}, then clastic dev. {folder / 'README.md'} lists more commands.")
    return 0


def _files(template: str) -> Iterator[tuple[str, str]]:
    """Return the names and texts of the files of a template, the common ones first."""
    for part in (_COMMON, template):
        for path in sorted((_FOLDER / part).rglob(f"*{_SUFFIX}")):
            name = os.fspath(path.relative_to(_FOLDER / part))
            yield name.removesuffix(_SUFFIX), path.read_text("utf-8")


COMMANDS = MappingProxyType(
    {"new": Command("clastic new shop --template html", _add_arguments, _create)}
)
