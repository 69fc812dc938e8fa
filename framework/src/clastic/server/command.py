"""The command that runs this program, so that it can be run again."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

# The options of Python that are followed by a value, and those that are followed by the program.
_WITH_VALUE = ("W", "X")
_WITH_PROGRAM = ("c", "m")
_LONG_WITH_VALUE = "--check-hash-based-pycs"


@dataclass(frozen=True)
class Command:
    """A command line that runs a Python program.

    :ivar interpreter: the path of Python, and its options
    :ivar program: a file or a folder to run, or ``-m`` and a module, or ``-c`` and a text; then its
        arguments
    :ivar folder: the absolute path of the folder that it was run in
    """

    interpreter: tuple[str, ...]
    program: tuple[str, ...]
    folder: str


def this_command() -> Command | None:
    """Return the command that has started this process.

    ``None`` when it has no program that could be run again: one that is typed in, or read from a
    pipe.
    """
    options, program = split_command_line(sys.orig_argv[1:])
    stays_open = sys.flags.interactive or sys.flags.inspect
    if not sys.executable or stays_open or program[:1] in ([], ["-"]):
        return None
    main_file = getattr(sys.modules.get("__main__"), "__file__", None)
    folder = first_folder(program, main_file, os.getcwd())
    return Command((sys.executable, *options), tuple(program), folder)


def split_command_line(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split what follows the name of Python into its own options, and the program to run."""
    index = 0
    while index < len(arguments):
        argument = arguments[index]
        if argument == "-" or not argument.startswith("-"):
            break
        if argument.startswith("--"):
            index += 2 if argument == _LONG_WITH_VALUE else 1
            continue
        letter, letters_before, value = _first_with_value(argument[1:])
        if letter in _WITH_PROGRAM:
            options = [*arguments[:index], *([f"-{letters_before}"] if letters_before else [])]
            rest = [*([value] if value else []), *arguments[index + 1 :]]
            return options, [f"-{letter}", *rest]
        index += 2 if letter and not value else 1
    return list(arguments[:index]), list(arguments[index:])


def _first_with_value(letters: str) -> tuple[str, str, str]:
    """Find the first option of several in one argument that takes a value.

    Returns its letter, the letters before it, and the value as far as it is in the argument.
    """
    for position, letter in enumerate(letters):
        if letter in _WITH_VALUE or letter in _WITH_PROGRAM:
            return letter, letters[:position], letters[position + 1 :]
    return "", letters, ""


def first_folder(program: Sequence[str], main_file: str | None, folder: str) -> str:
    """Return the folder that a program was started in, which it may have left since.

    Where that cannot be told, it is the folder that the program is in now.

    :param program: as in :class:`Command`
    :param main_file: the path of the file that runs as ``__main__``
    :param folder: the folder that the program is in now
    """
    if program[0] == "-m":
        if folder in sys.path:  # where Python has put the folder that it was started in
            return folder
        stem = program[1].replace(".", os.sep)
        names = [f"{stem}.py", os.path.join(stem, "__main__.py")]
    else:
        names = [program[0], os.path.join(program[0], "__main__.py")]
    for name in names:
        if main_file is not None and main_file.endswith(os.sep + name):
            return main_file.removesuffix(os.sep + name) or os.sep
    return folder
