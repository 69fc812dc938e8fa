"""The base of the template factories: find, check and render templates, whatever the engine."""

from __future__ import annotations

import os
import posixpath
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import partial
from glob import glob
from pathlib import Path, PurePosixPath
from types import FrameType
from typing import Any

from werkzeug.security import safe_join

from clastic.describe import describe_role, describe_type, format_location, shortest_path
from clastic.http import Response
from clastic.wiring import Problem, WiringError

TemplatePaths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


class TemplateError(ValueError):
    """A template cannot be used.

    :param problems: everything that is wrong with it and with the templates it refers to
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__(str(WiringError(self.problems)))


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """The text of a template, with the file that it was read from, if any."""

    name: str
    text: str
    file: Path | None = None

    @property
    def filename(self) -> str:
        """The file to show in tracebacks."""
        return str(self.file) if self.file else f"<template '{self.name}'>"

    def location(self, line: int | None = None) -> str:
        """Return ``Template 'home.html' (templates/home.html:3)``, as far as it is known."""
        if self.file is None:
            return f"Template '{self.name}'" + (f" (line {line})" if line else "")
        file = format_location(str(self.file), line) if line else shortest_path(str(self.file))
        return f"Template '{self.name}' ({file})"

    def not_compiled(self, reason: str, line: int | None = None) -> TemplateError:
        """Return the error for a text that does not compile, with the line if it is known."""
        text = self.text.split("\n")[line - 1].strip() if line else ""
        remedy = f"The line to correct is: {text}" if text else "Correct the template."
        what = f"does not compile: {reason.rstrip('.')}"
        return TemplateError([Problem(self.location(line), what, remedy)])


@dataclass(frozen=True, slots=True)
class Reference:
    """A place where a template includes, extends or imports another one.

    :param verb: for messages, such as ``includes``
    :param names: the engine uses the first that exists; ``*`` stands for a part made at run time
    :param required: whether it is an error if none exists
    """

    line: int
    verb: str
    names: Sequence[str]
    required: bool = True


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """What an engine made of a source.

    :param template: the template object of the engine
    :param problems: mistakes that the engine would find only when the template is rendered
    """

    source: TemplateSource
    template: Any
    references: Sequence[Reference] = ()
    problems: Sequence[Problem] = ()


class TemplateFactory(ABC):
    """Make render functions from the names of templates.

    A template is read, compiled and checked when its render function is made, and so is every
    template that it refers to. After that nothing is read from disk, unless ``debug`` is set.

    To support another engine, subclass this in a module of its own and define :meth:`compile` and
    :meth:`render`, and :meth:`locate` if the tracebacks of the engine do not show the lines of
    templates. Where the engine loads a template that another one refers to, let its loader call
    :meth:`get`.

    :param template_paths: a folder, or several; the first that has a template is used
    :param templates: name to text of more templates; these are found before files
    :param debug: look for changed files before each render, and load them again
    :ivar loaded: name to template, for all that were loaded
    :raises TemplateError: when a folder does not exist
    """

    def __init__(
        self,
        template_paths: TemplatePaths | None = None,
        *,
        templates: Mapping[str, str] | None = None,
        debug: bool = False,
    ) -> None:
        self._folders = _TemplateFolders(template_paths, templates)
        self._debug = debug
        self._requested: list[str] = []
        self.loaded: dict[str, CompiledTemplate] = {}

    @abstractmethod
    def compile(self, source: TemplateSource) -> CompiledTemplate:
        """Compile a template and find its references.

        :raises TemplateError: when it does not compile, see :meth:`TemplateSource.not_compiled`
        """

    @abstractmethod
    def render(self, template: Any, context: Mapping[str, Any]) -> str:
        """Return the HTML that a template object makes of a context."""

    def locate(self, frame: FrameType, line: int) -> tuple[str, int] | None:
        """Return file and line of the template that a frame of a traceback belongs to, if any."""
        return None

    def __call__(self, template_name: str) -> TemplateRender:
        """Return the render function of a template. It takes ``context``, a mapping.

        :param template_name: a path relative to one of the folders, with ``/`` between its parts
        :raises TemplateError: when the template or one that it refers to does not exist or does
            not compile, and when ``template_name`` is not a string
        """
        if not isinstance(template_name, str):
            what, remedy = "is not the name of a template", "Pass a string, or a callable."
            raise TemplateError([Problem(f"Template {template_name!r}", what, remedy)])
        self.loaded = self._load_all([template_name], self.loaded)
        self._requested.append(template_name)
        if self._debug:
            render = partial(self._render_newest, template_name)
        else:
            render = partial(self.render, self.loaded[template_name].template)
        return TemplateRender(template_name, render, self)

    def get(self, *names: str) -> Any:
        """Return the template object of the first of ``names`` that is loaded.

        :raises TemplateError: when none is
        """
        for name in names:
            if name in self.loaded:
                return self.loaded[name].template
        raise self.not_loaded(*names)

    def not_loaded(self, *names: str) -> TemplateError:
        """Return the error for a template that another one asks for while it is rendered."""
        name = "' or '".join(names)
        what = "is included by a name made at run time, and did not exist at construction"
        remedy = "Correct the parts of the name, or create the template and restart."
        available = nearest_names(name, self.loaded)
        return TemplateError([Problem(f"Template '{name}'", what, remedy, name, available)])

    @property
    def watched_files(self) -> tuple[Path, ...]:
        """The files that the development server has to watch: none if ``debug`` is set."""
        files = [] if self._debug else [each.source.file for each in self.loaded.values()]
        return tuple(file for file in files if file is not None)

    def _render_newest(self, name: str, context: Mapping[str, Any]) -> str:
        loaded = self.loaded
        if any(self._folders.read(each) != loaded[each].source for each in loaded):
            self.loaded = loaded = self._load_all(self._requested, {})
        return self.render(loaded[name].template, context)

    def _load_all(
        self, names: Iterable[str], loaded: Mapping[str, CompiledTemplate]
    ) -> dict[str, CompiledTemplate]:
        """Return what is ``loaded``, with more templates and all that they refer to."""
        loaded = dict(loaded)
        problems: list[Problem] = []
        for name in names:
            if not self._load(name, loaded, problems):
                where = f"Template '{name}'"
                problems.append(self._folders.missing(where, "does not exist", name))
        if problems:
            raise TemplateError(problems)
        return loaded

    def _load(
        self, name: str, loaded: dict[str, CompiledTemplate], problems: list[Problem]
    ) -> bool:
        """Add a template and all that it refers to. Return whether it exists."""
        if name in loaded:
            return True
        try:
            source = self._folders.read(name)
            if source is None:
                return False
            loaded[name] = compiled = self.compile(source)
        except TemplateError as error:
            problems += error.problems
            return True
        problems += compiled.problems
        for reference in compiled.references:
            exists = not reference.required
            for each in reference.names:
                for expanded in self._folders.expand(each, name):
                    exists |= self._load(expanded, loaded, problems)
                exists |= "*" in each
            if not exists:
                problems.append(self._folders.dangling(reference, source))
        return True


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TemplateRender:
    """A render function: fills one template from the context.

    :param fill: returns the HTML for a context
    :param factory: the factory that loaded the template
    :param endpoint: the endpoint that returns the context, if known
    """

    name: str
    fill: Callable[[Mapping[str, Any]], str]
    factory: TemplateFactory
    endpoint: Callable[..., Any] | None = None

    @property
    def watched_files(self) -> tuple[Path, ...]:
        """The files that the development server has to watch for the factory."""
        return self.factory.watched_files

    def of_endpoint(self, endpoint: Callable[..., Any]) -> TemplateRender:
        """Return the same render function for one endpoint, to name it in error messages."""
        return replace(self, endpoint=endpoint)

    def __call__(self, context: Mapping[str, Any]) -> Response:
        """Render ``context`` as HTML. An error has a note with the lines of the templates.

        :raises TypeError: when ``context`` is not a mapping
        """
        if not isinstance(context, Mapping):
            known = self.endpoint is not None
            endpoint = describe_role("endpoint", self.endpoint) if known else "the endpoint"
            question = " Is its return missing?" if context is None else ""
            raise TypeError(
                f"Template '{self.name}' is filled from a mapping, and {endpoint} returned "
                f"{describe_type(context)}.\n  Return a dict from the endpoint.{question}"
            )
        try:
            return Response(self.fill(context), content_type="text/html; charset=utf-8")
        except Exception as error:
            _note_locations(error, self.factory)
            raise

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def _note_locations(error: Exception, factory: TemplateFactory) -> None:
    """Add the lines of templates as a note (PEP 678), which Python shows from 3.11 on."""
    located = (factory.locate(*frame) for frame in traceback.walk_tb(error.__traceback__))
    places = [f'  File "{place[0]}", line {place[1]}' for place in located if place]
    if places:
        note = "\n".join(["Lines of the templates:", *dict.fromkeys(places)])
        notes = [*getattr(error, "__notes__", ()), note]
        # In a dict of its own: Chameleon shares that of the error which it shows the text of.
        error.__dict__ = {**error.__dict__, "__notes__": notes}


class _TemplateFolders:
    """Find templates in folders, and among texts that are given by name."""

    def __init__(
        self, template_paths: TemplatePaths | None, templates: Mapping[str, str] | None
    ) -> None:
        if isinstance(template_paths, (str, os.PathLike)):
            template_paths = [template_paths]
        self._folders = [Path(path).absolute() for path in template_paths or ()]
        self._templates = dict(templates or {})
        what, remedy = "is not a directory", "Correct it, or make the directory."
        paths = [shortest_path(str(path)) for path in self._folders if not path.is_dir()]
        if paths:
            raise TemplateError(Problem(f"Template path '{path}'", what, remedy) for path in paths)

    def read(self, name: str) -> TemplateSource | None:
        """Read a template. Return ``None`` if it does not exist or lies outside of the folders.

        :raises TemplateError: when the file cannot be read
        """
        if name in self._templates:
            return TemplateSource(name, self._templates[name])
        paths = (safe_join(str(folder), name) for folder in self._folders)
        file = next((Path(path) for path in paths if path and os.path.isfile(path)), None)
        if file is None:
            return None
        try:
            return TemplateSource(name, file.read_text("utf-8-sig"), file)
        except OSError as error:
            reason, remedy = error.strerror, "Make it readable for the user that serves."
        except UnicodeDecodeError as error:
            reason, remedy = f"it is not UTF-8 text ({error.reason})", "Save it as UTF-8."
        where = TemplateSource(name, "", file).location()
        raise TemplateError([Problem(where, f"cannot be read: {reason}", remedy)])

    def expand(self, name: str, referring: str) -> Iterable[str]:
        """Return the names that a name with ``*`` in it can mean.

        Where its end is open, they have the extension of the referring template. If that has none,
        they are those of given texts, for folders can have files that are not templates.
        """
        if "*" not in name:
            return [name]
        pattern = name + PurePosixPath(referring).suffix if name.endswith("*") else name
        names = self._templates if pattern.endswith("*") else self._names()
        return [each for each in names if fnmatchcase(each, pattern)]

    def dangling(self, reference: Reference, source: TemplateSource) -> Problem:
        """Return the problem of a reference to templates that do not exist."""
        names = " or ".join(f"'{name}'" for name in reference.names)
        relation = "which does not exist" if len(reference.names) == 1 else "of which none exists"
        what = f"{reference.verb} {names}, {relation}"
        return self.missing(source.location(reference.line), what, reference.names[0])

    def missing(self, where: str, what: str, name: str) -> Problem:
        """Return the problem of a template that does not exist, with the names that do."""
        paths = [shortest_path(str(folder)) for folder in self._folders]
        shown = ["the working directory" if path == os.curdir else path for path in paths]
        what = f"{what} in {' or '.join(shown) or 'the templates given'}"
        remedy = "Correct the name, or create the template."
        return Problem(where, what, remedy, name, nearest_names(name, self._names()))

    def _names(self) -> list[str]:
        """Return the names of all templates and files, without hidden ones."""
        names = set(self._templates)
        for folder in self._folders:
            found = glob("**/*", root_dir=folder, recursive=True)
            names.update(name.replace(os.sep, "/") for name in found if (folder / name).is_file())
        return sorted(names)


@contextmanager
def engine_package(package: str) -> Iterator[None]:
    """Say which extra to install if an import inside fails for lack of its package."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise
        raise ModuleNotFoundError(
            f"{package.capitalize()}RenderFactory needs the package {package}, which is not "
            f"installed.\n  Install it: pip install 'clastic[{package}]'",
            name=package,
        ) from error


def check_callable(kind: str, functions: Mapping[str, object]) -> None:
    """Raise a TypeError if one of the functions is not callable; ``kind`` is for the message."""
    for name, function in functions.items():
        if not callable(function):
            raise TypeError(f"{kind} '{name}' is {function!r}, which is not callable")


def check_reserved(reserved: frozenset[str], what: str, names: Iterable[str]) -> None:
    """Raise a ValueError if one of the names is reserved; ``what`` is for the message."""
    if not reserved.isdisjoint(names):
        name = min(reserved.intersection(names))
        raise ValueError(f"{what} has '{name}', a name that the engine reserves.\n  Use another.")


def resolve_name(name: str, referring: str) -> str:
    """Return the name, seen from the folders, that ``name`` means in the template ``referring``.

    :param name: relative to the folder of that template, unless it begins with ``/`` or ``*``
    """
    if name.startswith("*"):
        return name
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(referring), name)).lstrip("/")


def nearest_names(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the few names to show to someone who asked for ``name``, the most similar first."""
    candidates = sorted(names)
    return tuple(get_close_matches(name, candidates, 8, 0.3) or candidates[:8])
