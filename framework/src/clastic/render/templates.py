"""What the template engines share: where templates are, what is wrong with one, what renders it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any

from clastic.describe import describe_role, describe_type
from clastic.http import Response
from clastic.wiring import Problem, WiringError

NAMES_SHOWN = 8

TemplatePaths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

Stamp = tuple[int, int] | None
"""When a file was changed (nanoseconds) and its size (bytes); ``None`` when it is gone."""


class TemplateError(ValueError):
    """A template cannot be used.

    :param problems: all that is wrong with it and with the templates that it includes
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(str(WiringError(self.problems)))


@dataclass(frozen=True, slots=True)
class TemplateText:
    """The text of one template.

    :param file: where it was read from, ``None`` if it was given
    :param stamp: the stamp of the file when it was read
    """

    name: str
    text: str
    file: Path | None = None
    stamp: Stamp = None

    def place(self, line: int | None = None) -> str:
        """Give ``Template 'home.html' (templates/home.html:3)``, as far as it is known."""
        if self.file is None:
            return f"Template '{self.name}'" + (f" (line {line})" if line else "")
        return f"Template '{self.name}' ({shown_path(self.file)}" + (f":{line})" if line else ")")


class TemplateSource:
    """Where the templates of a factory are: in directories, or given as text.

    :param template_paths: a directory, or several; the first that has a name wins
    :param templates: name to text; these win over the directories
    :raises TemplateError: when a directory does not exist
    """

    def __init__(
        self,
        template_paths: TemplatePaths | None = None,
        templates: Mapping[str, str] | None = None,
    ) -> None:
        if isinstance(template_paths, (str, os.PathLike)):
            template_paths = [template_paths]
        self.directories = tuple(Path(path).absolute() for path in template_paths or ())
        self.templates = dict(templates or {})
        problems = [_no_directory(path) for path in self.directories if not path.is_dir()]
        if problems:
            raise TemplateError(problems)

    def read(self, name: str) -> TemplateText | None:
        """Read a template; ``None`` if there is none of this name.

        :param name: a path relative to one of the directories, parts separated by ``/``; one that
            leads out of them is not found
        :raises TemplateError: when the file cannot be read
        """
        if name in self.templates:
            return TemplateText(name, self.templates[name])
        if not _stays_inside(name):
            return None
        files = (directory / name for directory in self.directories)
        file = next((file for file in files if file.is_file()), None)
        return None if file is None else _read_file(name, file)

    def names(self) -> list[str]:
        """Give the names of all templates and files there are, sorted; hidden ones are left out."""
        names = set(self.templates)
        for directory in self.directories:
            names.update(file.relative_to(directory).as_posix() for file in _files(directory))
        return sorted(names)

    def missing(self, name: str, where: str, what: str) -> Problem:
        """Say that there is no template of a name.

        :param where: the template that is missing, or the place that includes it
        :param what: what is wrong there; where it was looked for is added
        """
        searched = " or ".join(_shown_directory(directory) for directory in self.directories)
        return Problem(
            where,
            f"{what} in {searched or 'the templates given'}",
            "Correct the name, or make the template.",
            wanted=name,
            available=nearest(name, self.names()),
        )


class TemplateRender:
    """A render function: fills one template from the context.

    :param name: the name of the template
    :param fill: gives the page for a mapping
    :param factory: what has loaded the template
    :param endpoint: what gives the context, where that is known
    """

    __slots__ = ("_endpoint", "_factory", "_fill", "name")

    def __init__(
        self,
        name: str,
        fill: Callable[[Mapping[str, Any]], str],
        factory: object = None,
        endpoint: Callable[..., Any] | None = None,
    ) -> None:
        self.name = name
        self._fill = fill
        self._factory = factory
        self._endpoint = endpoint

    @property
    def watched_files(self) -> tuple[Path, ...]:
        """The files of its factory that the development server has to watch."""
        return getattr(self._factory, "watched_files", ())

    def of_endpoint(self, endpoint: Callable[..., Any]) -> TemplateRender:
        """Give the same render, which names ``endpoint`` when it gives no mapping."""
        return type(self)(self.name, self._fill, self._factory, endpoint)

    def __call__(self, context: Mapping[str, Any]) -> Response:
        """Render ``context`` as HTML.

        :raises TypeError: when it is no mapping
        """
        if not isinstance(context, Mapping):
            raise self._no_mapping(context)
        return Response(self._fill(context), content_type="text/html; charset=utf-8")

    def _no_mapping(self, context: object) -> TypeError:
        known = self._endpoint is not None
        endpoint = describe_role("endpoint", self._endpoint) if known else "the endpoint"
        question = " Is its return missing?" if context is None else ""
        return TypeError(
            f"Template '{self.name}' is filled from a mapping, and {endpoint} returned "
            f"{describe_type(context)}.\n  Return a dict from the endpoint.{question}"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def nearest(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Give the few names to show to somebody who looked for ``name``, the most similar first."""
    candidates = sorted(names)
    near = get_close_matches(name, candidates, NAMES_SHOWN, 0.3)
    return tuple(near or candidates[:NAMES_SHOWN])


def shown_path(path: Path) -> str:
    """Give a path relative to the working directory where it lies below it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith(os.pardir) else relative


def _shown_directory(path: Path) -> str:
    shown = shown_path(path)
    return "the working directory" if shown == os.curdir else shown


def stamp_of(file: Path) -> Stamp:
    """Give the stamp of a file as it is now."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _read_file(name: str, file: Path) -> TemplateText:
    stamp = stamp_of(file)
    try:
        return TemplateText(name, file.read_text("utf-8-sig"), file, stamp)
    except OSError as error:
        reason, remedy = error.strerror, "Make it readable for the user that serves."
    except UnicodeDecodeError as error:
        reason, remedy = f"it is not UTF-8 text ({error.reason})", "Save it as UTF-8."
    where = TemplateText(name, "", file).place()
    raise TemplateError([Problem(where, f"cannot be read: {reason}", remedy)])


def _files(directory: Path) -> Iterator[Path]:
    for parent, directories, files in os.walk(directory):
        directories[:] = [name for name in directories if not name.startswith(".")]
        yield from (Path(parent, name) for name in files if not name.startswith("."))


def _no_directory(path: Path) -> Problem:
    return Problem(
        f"Template path '{shown_path(path)}'",
        "is not a directory",
        "Correct it, or make the directory.",
    )


def _stays_inside(name: str) -> bool:
    """Whether a name is relative and leads nowhere up, on any operating system."""
    path = name.replace("\\", "/")
    parts = PurePosixPath(path).parts
    leads_out = ".." in parts or path.startswith("/") or ":" in path
    return bool(parts) and not leads_out and "\0" not in path
