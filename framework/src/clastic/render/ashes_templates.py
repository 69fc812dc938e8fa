"""Render functions from Ashes templates (the Dust language)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from copy import copy
from typing import Any

import ashes
from markupsafe import Markup, escape

from clastic.compat.render import AshesRenderFactoryMembers
from clastic.development import hint, logger
from clastic.render.template_base import (
    Reference,
    TemplateFactory,
    TemplatePaths,
    TemplateSource,
)
from clastic.wiring import did_you_mean

EMPTY = "{! Ashes cannot render a template that has no text !}"


class AshesRenderFactory(AshesRenderFactoryMembers, TemplateFactory):
    """Make render functions from Ashes templates.

    ``{name}`` is escaped for HTML, ``{name|s}`` is not. ``{link.alias}`` looks up by key, so values
    inside the context are mappings too. ``{@url to="show" id=link.id /}`` writes
    ``url_for("show", id=link.id)``. An include by a name made at run time,
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

    url_mention = "{@url"
    missing_type = ashes.TemplateNotFound

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
        self.env.helpers.setdefault("url", _write_url)
        # Templates include only what was loaded at construction.
        self._engine = copy(self.env)
        self._engine.load = self.get
        self._shown: set[str] = set()
        self._tested: set[str] = set()

    def compile(self, source: TemplateSource) -> tuple[ashes.Template, list[Reference]]:
        """Return the template object that Ashes makes of a source, and its references."""
        references = []
        try:
            for token in ashes.tokenize(source.text):
                self._check_names(token)
                if isinstance(token, ashes.ReferenceTag):
                    self._shown.add(token.refpath)
                elif isinstance(token, ashes.SectionTag):
                    self._tested.add(token.refpath)
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
        watched = None
        if logger.isEnabledFor(logging.INFO):
            watched = _WatchedContext(self._engine, ashes.Stack(context))
        page = str(template.render(watched or context, self._engine))
        if watched is not None:
            self._report_missing(template.name, watched)
        # Ashes turns the characters of a template beyond U+FFFF into pairs of surrogates.
        return page.encode("utf-16", "surrogatepass").decode("utf-16")

    def _report_missing(self, name: str, watched: _WatchedContext) -> None:
        """Log each path that a template shows and that is missing, if a similar one is there.

        Without a similar one, the template probably shows the value only where there is one.
        """
        for path, known in watched.missing.items():
            question = did_you_mean(path.rpartition(".")[2], known)
            if question and path in self._shown and path not in self._tested:
                self._tested.add(path)  # so that it is logged once
                hint(f"template '{name}' shows {{{path}}}, which is missing. {question}")

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


class _WatchedContext(ashes.Context):  # type: ignore[misc]
    """A context that collects the paths that are looked up in it and are missing.

    :ivar missing: each path, with the names that are there
    """

    def __init__(self, *args: Any, missing: dict[str, list[str]] | None = None) -> None:
        super().__init__(*args)
        self.missing: dict[str, list[str]] = {} if missing is None else missing

    def get(self, path: str, cur: bool = False) -> Any:
        """Return the value of a path in one text."""
        self._check(path.removeprefix(".").split("."), cur or path.startswith("."), path)
        return super().get(path, cur)

    def get_path(self, cur: bool, down: list[str]) -> Any:
        """Return the value of a path of several names."""
        self._check(down, cur, "." * cur + ".".join(down))
        return super().get_path(cur, down)

    def push(self, head: Any, index: Any = None, length: Any = None) -> _WatchedContext:
        """Return the context of a section."""
        return self._same(super().push(head, index, length))

    def rebase(self, head: Any) -> _WatchedContext:
        """Return a context of one value."""
        return self._same(super().rebase(head))

    def shift_blocks(self, local_vars: Any) -> _WatchedContext:
        """Return the context with the blocks of a template that includes another."""
        return self._same(super().shift_blocks(local_vars))

    def _same(self, other: ashes.Context) -> _WatchedContext:
        parts = other.env, other.stack, other.globals, other.blocks
        return type(self)(*parts, missing=self.missing)

    def _check(self, names: list[str], cur: bool, path: str) -> None:
        parents, name = names[:-1], "".join(names[-1:])
        if parents:
            inside = [super().get_path(cur, parents)]
        else:
            inside, stack = [self.globals, self.env.defaults], self.stack
            while stack:
                inside.append(stack.head)
                stack = None if cur else stack.tail
        known = [str(key) for each in inside if isinstance(each, Mapping) for key in each]
        if name and name not in known and (known or not parents):
            self.missing[path] = known


def _write_url(
    chunk: ashes.Chunk, context: ashes.Context, bodies: object, params: Mapping[str, Any] | None
) -> ashes.Chunk:
    """Write the URL of a route; the parameters are ``to``, ``external``, and the values by name."""
    values = {name: _value_of(value, chunk, context) for name, value in (params or {}).items()}
    if "to" not in values:
        raise TypeError('{@url} needs the route to go to: {@url to="show" /}')
    url = context.get("url_for")(values.pop("to"), **values)
    return chunk.write(str(escape(url)))


def _value_of(value: Any, chunk: ashes.Chunk, context: ashes.Context) -> Any:
    """Return the value of a parameter; a text with references in it is a function."""
    if not callable(value):
        return value
    written: list[str] = []

    def take(text: str) -> str:
        written.append(text)
        return ""

    chunk.tap(take).render(value, context).untap()
    return Markup("".join(written)).unescape()  # the values in it were escaped for HTML


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
