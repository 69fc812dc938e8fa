"""What the factories of all template engines do alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from clastic.render.template_library import TemplateLibrary
from clastic.render.templates import TemplateError, TemplateRender
from clastic.wiring import Problem


class TemplateFactory:
    """Makes a render function of the name of a template.

    :param new_library: makes a library with nothing in it
    :param debug: look for changed files before each render, and load all anew if there are any
    """

    def __init__(self, new_library: Callable[[], TemplateLibrary], *, debug: bool) -> None:
        self._new_library = new_library
        self._library = new_library()
        self._debug = debug

    def __call__(self, template_name: str) -> TemplateRender:
        """Make the render function of a template. It takes ``context``, a mapping.

        :param template_name: a path relative to one of the directories, with ``/`` between parts
        :raises TemplateError: when the template or one that it refers to does not exist or does
            not compile, and when ``template_name`` is no text
        """
        if not isinstance(template_name, str):
            raise TemplateError([_no_name(template_name)])
        self._library.load(template_name)
        fill = self._fill_newest if self._debug else self._library.fill
        return TemplateRender(template_name, partial(fill, template_name), self)

    @property
    def watched_files(self) -> tuple[Path, ...]:
        """The files that the development server has to watch; none if they are looked at here."""
        return () if self._debug else self._library.files()

    def _fill_newest(self, name: str, context: Mapping[str, Any]) -> str:
        library = self._library
        if library.is_outdated():
            newer = self._new_library()
            for loaded in library.asked_for:
                newer.load(loaded)
            self._library = library = newer
        return library.fill(name, context)


@contextmanager
def engine_for(factory: str, package: str) -> Iterator[None]:
    """Tell what to install if what is imported inside needs a package that is not there.

    :param factory: the name of the class that needs it
    :param package: the name to import; the extra that installs it has the same name
    :raises ModuleNotFoundError: when it is not there
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise ModuleNotFoundError(
            f"{factory} needs the package {package}, which is not installed.\n"
            f"  Install it: pip install 'clastic[{package}]'",
            name=package,
        ) from error


def check_callable(kind: str, functions: Mapping[str, object]) -> None:
    """Check functions that are given by name.

    :param kind: what they are, for the message, such as ``filter``
    :raises TypeError: when one is not callable
    """
    for name, function in functions.items():
        if not callable(function):
            raise TypeError(f"{kind} '{name}' is {function!r}, which is not callable")


def _no_name(value: object) -> Problem:
    return Problem(
        f"Template {value!r}",
        "is not the name of a template",
        "Give the name as text, or a callable that renders.",
    )
