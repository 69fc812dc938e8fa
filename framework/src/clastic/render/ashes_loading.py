"""Compiles an Ashes template with all that it includes, and says what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

import ashes

from ..wiring import Problem
from .templates import TemplateError, TemplateSource, TemplateText

REGISTRIES = {
    "filter": "filters",
    "helper": "helpers",
    "pragma": "pragmas",
    "special character": "special_chars",
}
"""What a template can name: the kind, and the attribute of an Ashes environment that has them."""

NOTHING = "{! Ashes cannot render a template that has no text !}"


class Loading:
    """One template on its way to being used, with all that it includes.

    :param source: where the templates are
    :param environment: the Ashes environment to compile them for; it is not changed
    :ivar compiled: the templates, each with its text
    :ivar problems: what is wrong with them
    """

    def __init__(self, source: TemplateSource, environment: Any) -> None:
        self._source = source
        self._environment = environment
        self._seen: set[str] = set()
        self.compiled: list[tuple[Any, TemplateText]] = []
        self.problems: list[Problem] = []

    def load(self, name: str, where: str | None = None, what: str = "does not exist") -> None:
        """Compile a template, if that is not done yet, and what it includes.

        :param where: where to say that it is missing; at the template itself if not given
        :param what: what to say there
        """
        if name in self._seen:
            return
        self._seen.add(name)
        try:
            text = self._source.read(name)
        except TemplateError as error:
            self.problems += error.problems
            return
        if text is None:
            where = where or f"Template '{name}'"
            self.problems.append(self._source.missing(name, where, what))
        else:
            self._compile(text)

    def _compile(self, text: TemplateText) -> None:
        try:
            tokens = ashes.tokenize(text.text)
            if self._knows_names(tokens, text):
                template = ashes.Template(text.name, text.text or NOTHING, env=self._environment)
                self.compiled.append((template, text))
        except (ashes.AshesException, ValueError, LookupError) as error:
            self.problems.append(_not_compiled(error, text))
            return
        for token in tokens:
            if isinstance(token, ashes.PartialTag):
                self._follow(token, text)

    def _knows_names(self, tokens: Iterable[Any], text: TemplateText) -> bool:
        unknown = [
            Problem(
                text.place(token.start_line),
                f"uses the {kind} '{name}', which does not exist",
                "Correct the name, or pass the filter as filters={'" + name + "': function}."
                if kind == "filter"
                else "Correct the name.",
                wanted=name,
                available=tuple(sorted(getattr(self._environment, REGISTRIES[kind]))),
            )
            for token in tokens
            for kind, name in _names_used(token)
            if name not in getattr(self._environment, REGISTRIES[kind])
        ]
        self.problems += unknown
        return not unknown

    def _follow(self, tag: Any, text: TemplateText) -> None:
        """Load what a tag includes: one template, or each that its name can come to."""
        parts = [part.text if isinstance(part, ashes.BufferToken) else "" for part in tag.subtokens]
        if all(parts):
            name = "".join(parts)
            what = f"includes '{name}', which does not exist"
            self.load(name, text.place(tag.start_line), what)
            return
        start, end = parts[0], parts[-1]
        for name in self._source.names() if end else self._names_like(text.name):
            if name.startswith(start) and name.endswith(end):
                self.load(name)

    def _names_like(self, name: str) -> Iterable[str]:
        extension = PurePosixPath(name).suffix
        if not extension:
            return self._source.templates
        return [other for other in self._source.names() if other.endswith(extension)]


def _names_used(token: Any) -> Iterator[tuple[str, str]]:
    """Give the kind and the name of each thing that a token needs the environment to have."""
    if isinstance(token, ashes.ReferenceTag):
        yield from (("filter", name) for name in token.filters.split("|") if name)
    elif isinstance(token, ashes.SpecialTag):
        yield "special character", token.refpath
    elif isinstance(token, ashes.SectionTag) and token.symbol == "@":
        yield "helper", token.refpath
    elif isinstance(token, ashes.SectionTag) and token.symbol == "%":
        yield "pragma", token.refpath
        if token.contpath:
            yield "filter", token.contpath


def _not_compiled(error: Exception, text: TemplateText) -> Problem:
    if not isinstance(error, ashes.ParseError):
        return Problem(text.place(), f"does not compile: {error}", "Correct the template.")
    line = text.text.split("\n")[error.line_no - 1].strip()
    return Problem(
        text.place(error.line_no),
        f"does not compile: {error.message}",
        f"Correct the line: {line}",
    )
