"""Render functions from Ashes templates (the Dust language)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import ashes

from clastic.render.template_base import (
    CompiledTemplate,
    Reference,
    TemplateFactory,
    TemplatePaths,
    TemplateSource,
    check_callable,
)
from clastic.wiring import Problem

REGISTRIES = {
    "filter": "filters",
    "helper": "helpers",
    "pragma": "pragmas",
    "special character": "special_chars",
}
"""The kinds of names that a template can use, and the attributes of the environment with them."""

LAST_OF_BASIC_PLANE = "\uffff"
"""Ashes turns the characters of a template after this one into pairs of surrogates."""

EMPTY = "{! Ashes cannot render a template that has no text !}"


class AshesRenderFactory(TemplateFactory):
    """Make render functions from Ashes templates.

    ``{name}`` is escaped for HTML, ``{name|s}`` is not. ``{link.alias}`` looks up by key, so values
    inside the context are mappings too. An include by a name made at run time,
    ``{>"{kind}.html"/}``, loads all templates whose name fits.

    The other arguments are those of :class:`~clastic.render.template_base.TemplateFactory`.

    :param keep_whitespace: keep line breaks and indentation of the templates as they are
    :param filters: name to function, for use as ``{value|name}`` besides those of Ashes
    :ivar env: the environment of Ashes
    :raises TypeError: when a filter is not callable
    """

    def __init__(
        self,
        template_paths: TemplatePaths | None = None,
        *,
        keep_whitespace: bool = True,
        filters: Mapping[str, Callable[[Any], Any]] | None = None,
        debug: bool = False,
        templates: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(template_paths, templates=templates, debug=debug)
        check_callable("filter", filters or {})
        self.env = ashes.AshesEnv(keep_whitespace=keep_whitespace, filters=filters)
        self.env.load = self.get  # called for included templates
        self._has_surrogates = False

    def compile(self, source: TemplateSource) -> CompiledTemplate:
        """Compile a template and find its references."""
        self._has_surrogates |= max(source.text, default="") > LAST_OF_BASIC_PLANE
        template = None
        try:
            tokens = ashes.tokenize(source.text)
            problems = list(self._unknown_names(tokens, source))
            if not problems:
                template = ashes.Template(source.name, source.text or EMPTY, env=self.env)
        except ashes.ParseError as error:
            raise source.not_compiled(error.message, error.line_no) from error
        except (ashes.AshesException, ValueError, LookupError) as error:
            raise source.not_compiled(str(error)) from error
        return CompiledTemplate(source, template, [*_references(tokens)], problems)

    def render(self, template: Any, context: Mapping[str, Any]) -> str:
        """Return the HTML that a template object makes of a context.

        :raises TemplateError: when it includes a template that was not loaded
        """
        page = str(template.render(context, self.env))
        if self._has_surrogates:
            page = page.encode("utf-16", "surrogatepass").decode("utf-16")
        return page

    def _unknown_names(self, tokens: Iterable[Any], source: TemplateSource) -> Iterator[Problem]:
        for token in tokens:
            for kind, name in _names_used(token):
                known = getattr(self.env, REGISTRIES[kind])
                argument = f", or pass the filter as filters={{'{name}': function}}"
                if name not in known:
                    yield Problem(
                        source.location(token.start_line),
                        f"uses the {kind} '{name}', which does not exist",
                        f"Correct the name{argument if kind == 'filter' else ''}.",
                        wanted=name,
                        available=tuple(sorted(known)),
                    )


def _references(tokens: Iterable[Any]) -> Iterator[Reference]:
    for tag in tokens:
        if isinstance(tag, ashes.PartialTag):
            parts = (
                part.text if isinstance(part, ashes.BufferToken) else "*" for part in tag.subtokens
            )
            yield Reference(tag.start_line, "includes", ["".join(parts)])


def _names_used(token: Any) -> Iterator[tuple[str, str]]:
    """Yield the kind and name of everything that a token needs the environment to have."""
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
