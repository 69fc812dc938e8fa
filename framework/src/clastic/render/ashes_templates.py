"""Render functions from Ashes templates (the Dust language)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from copy import copy
from typing import Any

import ashes

from clastic.compat.render import AshesRenderFactoryMembers
from clastic.render.template_base import (
    Reference,
    TemplateFactory,
    TemplatePaths,
    TemplateSource,
)

EMPTY = "{! Ashes cannot render a template that has no text !}"


class AshesRenderFactory(AshesRenderFactoryMembers, TemplateFactory):
    """Make render functions from Ashes templates.

    ``{name}`` is escaped for HTML, ``{name|s}`` is not. ``{link.alias}`` looks up by key, so values
    inside the context are mappings too. An include by a name made at run time,
    ``{>"{kind}.html"/}``, loads all templates whose name fits.

    The other arguments are those of :class:`~clastic.render.template_base.TemplateFactory`.

    :param env: take the filters, helpers, pragmas and templates of this environment. Its folders
        are used if there are no ``template_paths``
    :param keep_whitespace: keep line breaks and indentation of the templates as they are
    :param filters: name to function, for use as ``{value|name}`` besides those of Ashes
    :param loaders: objects with the method ``load(name, env)``, for templates not in the folders
    :param options: more arguments of :class:`ashes.AshesEnv`
    :ivar env: the environment of Ashes. By itself, it loads templates when they are asked for
    """

    def __init__(
        self,
        template_paths: TemplatePaths | None = None,
        default_mime: str | None = None,
        *,
        env: ashes.AshesEnv | None = None,
        keep_whitespace: bool = True,
        filters: Mapping[str, Callable[[Any], Any]] | None = None,
        loaders: Iterable[Any] | None = None,
        templates: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        if env is not None and template_paths is None:
            template_paths = getattr(env, "paths", None)
        super().__init__(template_paths, default_mime, templates=templates)
        self._has_loaders = bool(env or loaders)
        self.env = env or ashes.AshesEnv(
            [str(folder) for folder in self._folders],
            keep_whitespace,
            loaders=[_Loaded(self), *(loaders or ())],
            filters=filters,
            **options,
        )
        # Templates include only what was loaded at construction.
        self._engine = copy(self.env)
        self._engine.load = self.get

    def compile(self, source: TemplateSource) -> tuple[ashes.Template, list[Reference]]:
        """Return the template object that Ashes makes of a source, and its references."""
        references = []
        try:
            for token in ashes.tokenize(source.text):
                self._check_names(token)
                if isinstance(token, ashes.PartialTag):
                    references.append(Reference(token.start_line, [_name_of(token)]))
            template = ashes.Template(source.name, source.text or EMPTY, env=self._engine)
        except ashes.ParseError as error:
            raise source.not_compiled(error.message, error.line_no) from error
        except (ashes.AshesException, ValueError, LookupError) as error:
            raise source.not_compiled(str(error)) from error
        return template, references

    def render(self, template: ashes.Template, context: Mapping[str, Any]) -> str:
        """Return the HTML that a template object makes of a context.

        :raises TemplateError: when it includes a template that was not loaded
        """
        page = str(template.render(context, self._engine))
        # Ashes turns the characters of a template beyond U+FFFF into pairs of surrogates.
        return page.encode("utf-16", "surrogatepass").decode("utf-16")

    def _read(self, name: str) -> TemplateSource | None:
        return super()._read(name) or self._read_from_env(name)

    def _read_from_env(self, name: str) -> TemplateSource | None:
        """Read a template that is registered with the environment, or has a loader of its own."""
        template = self.env.templates.get(name)
        if template is None and self._has_loaders:
            with suppress(ashes.TemplateNotFound, ValueError):
                template = self.env.load(name)
        return TemplateSource(name, template.source) if template and template.source else None

    def _check_names(self, token: Any) -> None:
        """Refuse names that Ashes would ignore: an unknown filter may turn off escaping."""
        known = {
            "filter": self.env.filters,
            "helper": self.env.helpers,
            "pragma": self.env.pragmas,
            "special character": self.env.special_chars,
        }
        for kind, name in _names_used(token):
            if name not in known[kind]:
                raise ashes.ParseError(f"no {kind} named '{name}'", token.start_line)


class _Loaded:
    """Let an Ashes environment find the templates that a factory has loaded."""

    def __init__(self, factory: TemplateFactory) -> None:
        self._factory = factory

    def load(self, name: str, env: ashes.AshesEnv | None = None) -> ashes.Template:
        if name not in self._factory.loaded:
            raise ashes.TemplateNotFound(name)
        return self._factory.get(name)


def _name_of(include: ashes.PartialTag) -> str:
    """Return the name of an included template, with ``*`` for the parts made at run time."""
    parts = include.subtokens
    return "".join(part.text if isinstance(part, ashes.BufferToken) else "*" for part in parts)


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
