"""A template with all that it refers to: compiled together, or everything that is wrong with it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from clastic.render.template_names import OpenName
from clastic.render.templates import (
    TemplateError,
    TemplateSource,
    TemplateText,
    nearest,
    stamp_of,
)
from clastic.wiring import Problem


def not_compiled(text: TemplateText, reason: str, line: int | None = None) -> Problem:
    """Say that a text does not compile.

    :param line: where, counted from 1; ``None`` if that is not known
    """
    lines = text.text.split("\n")
    remedy = "Correct the template."
    if line is not None and 1 <= line <= len(lines) and lines[line - 1].strip():
        remedy = f"The line to correct is: {lines[line - 1].strip()}"
    return Problem(text.place(line), f"does not compile: {reason.rstrip('.')}", remedy)


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in a template that names others, of which the first that exists is used.

    :param line: counted from 1
    :param verb: what the template does with the other one, such as ``includes``
    :param is_needed: whether it is wrong if there is none of them
    :param members: what is taken out of the other one by name
    """

    line: int
    verb: str
    names: tuple[str | OpenName, ...]
    is_needed: bool = True
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compiled:
    """What an engine made of one text.

    :param template: what the engine fills
    :param members: what others can take out of it by name; ``None`` where that is not known
    """

    text: TemplateText
    template: Any = None
    references: Sequence[Reference] = ()
    problems: Sequence[Problem] = ()
    members: frozenset[str] | None = None


class TemplateLibrary(ABC):
    """The compiled templates of a factory, as the files were at one time.

    :ivar asked_for: the names that were loaded, without those that came along
    """

    def __init__(self, source: TemplateSource) -> None:
        self._source = source
        self._compiled: dict[str, Compiled] = {}
        self.asked_for: list[str] = []

    @abstractmethod
    def compile(self, text: TemplateText) -> Compiled:
        """Compile one text; what is wrong with it is in the problems of what is returned."""

    @abstractmethod
    def keep(self, name: str, template: Any) -> None:
        """Have a template, as :meth:`compile` made it, at hand for rendering."""

    @abstractmethod
    def fill(self, name: str, context: Mapping[str, Any]) -> str:
        """Fill a template that was loaded."""

    def load(self, name: str) -> None:
        """Compile a template and all that it refers to; keep none of them if anything is wrong.

        :raises TemplateError: with all that is wrong
        """
        loading = _Loading(self._source, self, self._compiled)
        if not loading.load(name):
            where = f"Template '{name}'"
            raise TemplateError([self._source.missing(name, where, "does not exist")])
        if loading.problems:
            raise TemplateError(loading.problems)
        for new, compiled in loading.compiled.items():
            self.keep(new, compiled.template)
        self._compiled.update(loading.compiled)
        self.asked_for.append(name)

    def files(self) -> tuple[Path, ...]:
        """Give the files that the templates were read from."""
        files = (compiled.text.file for compiled in self._compiled.values())
        return tuple(file for file in files if file is not None)

    def is_outdated(self) -> bool:
        """Tell whether a file has changed since."""
        texts = (compiled.text for compiled in self._compiled.values())
        return any(text.file and stamp_of(text.file) != text.stamp for text in texts)

    def not_loaded(self, *names: str) -> TemplateError:
        """Give the error for a template that is asked for while another one is filled.

        :param names: of which any would have done
        """
        name = "' or '".join(names)
        problem = Problem(
            f"Template '{name}'",
            "is included by a name made at run time, and was not there at construction",
            "Correct what the name is made of, or make the template and restart.",
            wanted=name,
            available=tuple(sorted(nearest(name, self._compiled))),
        )
        return TemplateError([problem])


class _Loading:
    """One template on its way into a library."""

    def __init__(
        self, source: TemplateSource, library: TemplateLibrary, known: Mapping[str, Compiled]
    ) -> None:
        self._source = source
        self._library = library
        self._known = known
        self._exists = dict.fromkeys(known, True)
        self.compiled: dict[str, Compiled] = {}
        self.problems: list[Problem] = []

    def load(self, name: str) -> bool:
        """Compile a template, if that is not done yet, and what it refers to.

        :return: whether it exists
        """
        if name not in self._exists:
            self._exists[name] = True
            try:
                text = self._source.read(name)
            except TemplateError as error:
                self.problems += error.problems
            else:
                self._exists[name] = text is not None
                if text is not None:
                    self._compile(text)
        return self._exists[name]

    def _compile(self, text: TemplateText) -> None:
        compiled = self._library.compile(text)
        self.compiled[text.name] = compiled
        self.problems += compiled.problems
        for reference in compiled.references:
            self._follow(reference, text)

    def _follow(self, reference: Reference, text: TemplateText) -> None:
        found: list[str] = []
        for name in reference.names:
            names = [name] if isinstance(name, str) else self._names_like(name, text.name)
            found += [each for each in names if self.load(each)]
        fixed = [name for name in reference.names if isinstance(name, str)]
        if len(fixed) < len(reference.names):
            return
        if found:
            self._check_members(found[0], reference, text)
        elif fixed and reference.is_needed:
            self.problems.append(self._missing(fixed, reference, text))

    @cached_property
    def _names(self) -> list[str]:
        return self._source.names()

    def _names_like(self, name: OpenName, text_name: str) -> Iterable[str]:
        """Give each name there is that an open one can come to."""
        extension = PurePosixPath(text_name).suffix
        names: Iterable[str] = self._names
        if not name.end and not extension:
            names = self._source.templates
        end = name.end or extension
        return [each for each in names if each.startswith(name.start) and each.endswith(end)]

    def _missing(self, names: list[str], reference: Reference, text: TemplateText) -> Problem:
        shown = " or ".join(f"'{name}'" for name in names)
        relation = "which does not exist" if len(names) == 1 else "of which none exists"
        what = f"{reference.verb} {shown}, {relation}"
        return self._source.missing(names[0], text.place(reference.line), what)

    def _check_members(self, name: str, reference: Reference, text: TemplateText) -> None:
        compiled = self.compiled.get(name) or self._known.get(name)
        if compiled is None or compiled.members is None:
            return
        for member in reference.members:
            if member not in compiled.members:
                self.problems.append(
                    Problem(
                        text.place(reference.line),
                        f"imports '{member}' from '{name}', which does not define it",
                        "Correct the name, or define it there.",
                        wanted=member,
                        available=nearest(member, compiled.members),
                    )
                )
