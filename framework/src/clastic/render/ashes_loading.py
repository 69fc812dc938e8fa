"""Compiles Ashes templates, and says what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import ashes

from clastic.render.template_library import (
    Compiled,
    Reference,
    TemplateLibrary,
    not_compiled,
)
from clastic.render.template_names import name_of
from clastic.render.templates import TemplateSource, TemplateText
from clastic.wiring import Problem

REGISTRIES = {
    "filter": "filters",
    "helper": "helpers",
    "pragma": "pragmas",
    "special character": "special_chars",
}
"""What a template can name: the kind, and the attribute of an Ashes environment that has them."""

LAST_OF_BASIC_PLANE = "\uffff"
"""Ashes gives each character of a template that comes after it as a pair of surrogates."""

NOTHING = "{! Ashes cannot render a template that has no text !}"


class AshesLibrary(TemplateLibrary):
    """Ashes templates, as the files were at one time."""

    def __init__(
        self,
        source: TemplateSource,
        keep_whitespace: bool,
        filters: Mapping[str, Callable[[Any], Any]],
    ) -> None:
        super().__init__(source)
        self._has_pairs = False
        self._environment = ashes.AshesEnv(
            keep_whitespace=keep_whitespace,
            filters=filters,
            loaders=[_NothingMore(self)],
            auto_reload=False,
        )

    def compile(self, text: TemplateText) -> Compiled:
        """Compile one text; what is wrong with it is in the problems of what is returned."""
        self._has_pairs |= max(text.text, default="") > LAST_OF_BASIC_PLANE
        try:
            tokens = ashes.tokenize(text.text)
            problems = self._unknown_names(tokens, text)
            template = None
            if not problems:
                template = ashes.Template(text.name, text.text or NOTHING, env=self._environment)
        except (ashes.AshesException, ValueError, LookupError) as error:
            return Compiled(text, problems=[_not_compiled(error, text)])
        return Compiled(text, template, [*_references(tokens)], problems)

    def keep(self, name: str, template: Any) -> None:
        """Have a compiled template at hand for rendering."""
        self._environment.register(template)

    def fill(self, name: str, context: Mapping[str, Any]) -> str:
        """Fill a template that was loaded.

        :raises TemplateError: when it includes one that was not
        """
        page = str(self._environment.render(name, context))
        if self._has_pairs:
            page = page.encode("utf-16", "surrogatepass").decode("utf-16")
        return page

    def _unknown_names(self, tokens: Iterable[Any], text: TemplateText) -> list[Problem]:
        return [
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


class _NothingMore:
    """The loader that Ashes asks for a template which was not compiled at construction."""

    def __init__(self, library: AshesLibrary) -> None:
        self._library = library

    def load(self, name: str, env: Any) -> None:
        raise self._library.not_loaded(name)


def _references(tokens: Iterable[Any]) -> Iterator[Reference]:
    for tag in tokens:
        if isinstance(tag, ashes.PartialTag):
            parts = (
                part.text if isinstance(part, ashes.BufferToken) else None for part in tag.subtokens
            )
            yield Reference(tag.start_line, "includes", (name_of(parts),))


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
    if isinstance(error, ashes.ParseError):
        return not_compiled(text, error.message, error.line_no)
    return not_compiled(text, str(error))
