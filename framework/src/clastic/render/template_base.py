"""The base of the template factories: find, check and render templates, whatever the engine."""

from __future__ import annotations

import os
import posixpath
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import partial
from glob import glob
from mimetypes import MimeTypes
from pathlib import Path
from typing import Any

from werkzeug.security import safe_join
from werkzeug.utils import get_content_type

from clastic.describe import describe_role, describe_type, format_location, shortest_path
from clastic.http import NOSNIFF, Response, response_maker
from clastic.wiring import Problem, WiringError, error_class

TemplatePaths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


class TemplateError(ValueError):
    """A template cannot be used.

    :param problems: everything that is wrong with it and with the templates that it uses
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

    :param names: the engine uses the first that exists; ``*`` stands for a part made at run time
    :param required: whether it is an error if none exists
    """

    line: int
    names: Sequence[str]
    required: bool = True


class TemplateFactory(ABC):
    """Make render functions from the names of templates.

    A template is read, compiled and checked when its render function is made, and so is every
    template that it uses. After that nothing is read from disk; the development server restarts
    when a template changes.

    To support another engine, subclass this in a module of its own and define :meth:`compile` and
    :meth:`render`. Where the engine loads a template that another one uses, let its loader call
    :meth:`get`.

    :param template_paths: a folder, or several; the first that has a template is used
    :param default_mime: the media type of responses, unless the name of the template ends with the
        extension of another one, such as ``.xml``
    :param templates: name to text of more templates; these are found before files
    :cvar url_mention: the text by which a template that builds URLs is known; only such templates
        are passed ``url_for``
    :ivar loaded: name to template object of the engine, for all that were loaded
    :raises TemplateError: when a folder does not exist
    """

    url_mention = "url_for"
    encoding = "utf-8-sig"
    """The encoding of the files of templates."""
    missing_type: type[Exception] | None = None
    """The engine's own error for a template that does not exist."""

    def __init__(
        self,
        template_paths: TemplatePaths | None = None,
        default_mime: str | None = None,
        *,
        templates: Mapping[str, str] | None = None,
    ) -> None:
        self.default_mime = default_mime or "text/html"
        if isinstance(template_paths, (str, os.PathLike)):
            template_paths = [template_paths]
        self._folders = [Path(path).absolute() for path in template_paths or ()]
        self._templates = dict(templates or {})
        self.loaded: dict[str, Any] = {}
        # The names of the templates that each template uses, and the templates that build URLs.
        self._uses: dict[str, list[str]] = {}
        self._building_urls: set[str] = set()
        what, remedy = "is not a directory", "Correct it, or make the directory."
        paths = [shortest_path(str(path)) for path in self._folders if not path.is_dir()]
        if paths:
            raise TemplateError(Problem(f"Template path '{path}'", what, remedy) for path in paths)

    @abstractmethod
    def compile(self, source: TemplateSource) -> tuple[Any, Iterable[Reference]]:
        """Return the template object that the engine makes of a source, and its references.

        :raises TemplateError: when it does not compile, see :meth:`TemplateSource.not_compiled`
        """

    @abstractmethod
    def render(self, template: Any, context: Mapping[str, Any]) -> str:
        """Return the HTML that a template object makes of a context."""

    def __call__(self, template_name: str) -> TemplateRender:
        """Return the render function of a template. It takes ``context``, a mapping.

        :param template_name: a path relative to one of the folders, with ``/`` between its parts
        :raises TemplateError: when the template or one that it uses does not exist or does not
            compile, and when ``template_name`` is not a string
        """
        where = f"Template {template_name!r}"
        if not isinstance(template_name, str):
            what, remedy = "is not the name of a template", "Pass a string, or a callable."
            raise TemplateError([Problem(where, what, remedy)])
        loaded = dict(self.loaded)
        problems: list[Problem] = []
        if not self._load(template_name, loaded, problems):
            problems.append(self._missing(where, "does not exist", template_name))
        if problems:
            raise error_class(TemplateError, problems)(problems)
        self.loaded = loaded
        fill = partial(self.render, loaded[template_name])
        # The types that Python knows, whatever the registry of the machine says.
        mimetype = MimeTypes().guess_type(template_name)[0] or self.default_mime
        respond = response_maker(200, (NOSNIFF,), get_content_type(mimetype, "utf-8"))
        render_type = LinkingRender if self._builds_urls(template_name) else TemplateRender
        return render_type(template_name, fill, self, respond)

    def get(self, name: str) -> Any:
        """Return the template object of a template that another one uses.

        :raises TemplateError: when it was not loaded
        """
        if name in self.loaded:
            return self.loaded[name]
        what = "is used by a name made at run time, and did not exist at construction"
        remedy = "Correct the parts of the name, or create the template and restart."
        available = _nearest_names(name, self.loaded)
        raise TemplateError([Problem(f"Template '{name}'", what, remedy, name, available)])

    @property
    def watched_files(self) -> tuple[Path, ...]:
        """The files that the development server has to watch."""
        return tuple(file for file in map(self._file, self.loaded) if file is not None)

    def _load(self, name: str, loaded: dict[str, Any], problems: list[Problem]) -> bool:
        """Add a template and all that it uses. Return whether it exists."""
        if name in loaded:
            return True
        try:
            source = self._read(name)
            if source is None:
                return False
            loaded[name], references = self.compile(source)
        except TemplateError as error:
            cause = error.__cause__
            error_type = None
            if isinstance(cause, Exception) and type(cause).__module__ != "builtins":
                error_type = type(cause)  # that of the engine
            problems += [problem._replace(error_type=error_type) for problem in error.problems]
            return True
        if self.url_mention in source.text:
            self._building_urls.add(name)
        self._uses[name] = []
        for reference in references:
            exists = not reference.required
            for each in reference.names:
                for expanded in self._expand(each, name):
                    self._uses[name].append(expanded)
                    exists |= self._load(expanded, loaded, problems)
                exists |= "*" in each
            if not exists:
                names = " or ".join(f"'{each}'" for each in reference.names)
                where, what = source.location(reference.line), f"uses {names}, which does not exist"
                problems.append(self._missing(where, what, reference.names[0]))
        return True

    def _builds_urls(self, name: str) -> bool:
        """Return whether a template, or one that it uses, mentions ``url_for``."""
        reached, found = [name], {name}
        for each in reached:
            new = set(self._uses.get(each, ())) - found
            found |= new
            reached += new
        return not self._building_urls.isdisjoint(found)

    def _read(self, name: str) -> TemplateSource | None:
        """Read a template. Return ``None`` if it does not exist or lies outside of the folders.

        :raises TemplateError: when the file cannot be read
        """
        if name in self._templates:
            return TemplateSource(name, self._templates[name])
        file = self._file(name)
        if file is None:
            return None
        try:
            return TemplateSource(name, file.read_text(self.encoding), file)
        except (OSError, UnicodeDecodeError) as error:
            where = TemplateSource(name, "", file).location()
            remedy = "Make it a file of UTF-8 text that the server may read."
            raise TemplateError([Problem(where, f"cannot be read: {error}", remedy)]) from error

    def _file(self, name: str) -> Path | None:
        """Return the file of a template, ``None`` if it is given as text or does not exist."""
        if name in self._templates:
            return None
        paths = (safe_join(str(folder), name) for folder in self._folders)
        return next((Path(path) for path in paths if path and os.path.isfile(path)), None)

    def _expand(self, name: str, referring: str) -> list[str]:
        """Return the names that a name with ``*`` in it can mean.

        Where its end is open, they have the same extension as the referring template, for folders
        can have files that are not templates.
        """
        if "*" not in name:
            return [name]
        names = [each for each in self._names() if fnmatchcase(each, name)]
        if not name.endswith("*"):
            return names
        extension = posixpath.splitext(referring)[1]
        return [each for each in names if posixpath.splitext(each)[1] == extension]

    def _missing(self, where: str, what: str, name: str) -> Problem:
        """Return the problem of a template that does not exist, with the names that do."""
        paths = [shortest_path(str(folder)) for folder in self._folders]
        shown = ["the working directory" if path == os.curdir else path for path in paths]
        what = f"{what} in {' or '.join(shown) or 'the templates given'}"
        remedy = "Correct the name, or create the template."
        available = _nearest_names(name, self._names())
        return Problem(where, what, remedy, name, available, error_type=self.missing_type)

    def _names(self) -> list[str]:
        """Return the names of all templates and files, without hidden ones."""
        names = set(self._templates)
        for folder in self._folders:
            found = glob("**/*", root_dir=folder, recursive=True)
            names.update(name.replace(os.sep, "/") for name in found if (folder / name).is_file())
        return sorted(names)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TemplateRender:
    """A render function: fills one template from the context.

    :param fill: returns the HTML for a context
    :param factory: the factory that loaded the template
    :param respond: returns the response with a body
    """

    name: str
    fill: Callable[[Mapping[str, Any]], str]
    factory: TemplateFactory
    respond: Callable[[bytes], Response]

    @property
    def watched_files(self) -> tuple[Path, ...]:
        """The files that the development server has to watch for the factory."""
        return self.factory.watched_files

    def __call__(self, context: Mapping[str, Any], _route: Any = None) -> Response:
        """Return the response with the template filled from ``context``.

        :raises TypeError: when ``context`` is not a mapping
        """
        if not isinstance(context, Mapping):
            known = _route is not None
            endpoint = describe_role("endpoint", _route.endpoint) if known else "the endpoint"
            question = " Is its return missing?" if context is None else ""
            raise TypeError(
                f"Template '{self.name}' is filled from a mapping, and {endpoint} returned "
                f"{describe_type(context)}.\n  Return a dict from the endpoint.{question}"
            )
        return self.respond(self.fill(context).encode())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


class LinkingRender(TemplateRender):
    """A render function of a template that builds URLs."""

    __slots__ = ()

    def __call__(  # type: ignore[override]
        self, context: Mapping[str, Any], url_for: Callable[..., str], _route: Any = None
    ) -> Response:
        """Render ``context`` as HTML, with ``url_for`` in it."""
        if isinstance(context, Mapping):
            context = {**context, "url_for": url_for}
        return super().__call__(context, _route)


@contextmanager
def engine_package(package: str) -> Iterator[None]:
    """Name the extra to install if an import inside fails because its package is missing."""
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


def resolve_name(name: str, referring: str) -> str:
    """Return the name, seen from the folders, that ``name`` means in the template ``referring``.

    :param name: relative to the folder of that template, unless it begins with ``/`` or ``*``
    """
    if name.startswith("*"):
        return name
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(referring), name)).lstrip("/")


def _nearest_names(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the few names to show to someone who asked for ``name``, the most similar first."""
    candidates = sorted(names)
    return tuple(get_close_matches(name, candidates, 8, 0.3) or candidates[:8])
