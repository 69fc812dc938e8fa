"""Render functions from Mako templates."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from clastic.render.template_base import (
    Reference,
    TemplateFactory,
    TemplatePaths,
    TemplateSource,
    engine_package,
    resolve_name,
)

with engine_package("mako"):
    import mako as mako
    from mako.exceptions import MakoException, TopLevelLookupException
    from mako.lexer import Lexer
    from mako.lookup import TemplateLookup
    from mako.parsetree import IncludeTag, InheritTag, NamespaceTag
    from mako.runtime import UNDEFINED
    from mako.template import ModuleInfo, Template

MARKUP = "__M_Markup"
EXPRESSION = re.compile(r"\$\{.*?\}", re.DOTALL)
LOCATION = re.compile(r" in file '.*' at line: \d+ char: \d+$")


class MakoRenderFactory(TemplateFactory):
    """Make render functions from Mako templates.

    ``${name}`` is escaped for HTML, ``${name | n}`` is not; the output of a ``%def`` is HTML
    already, except for ``${capture(part) | n}``. Mako escapes before it applies the filters that an
    expression names. The names of templates are relative to the folder of the template that has
    them, or begin with ``/``. A name made at run time, ``<%include file="/parts/${kind}.html"/>``,
    loads all templates whose name fits.

    The other arguments are those of :class:`~clastic.render.template_base.TemplateFactory`.

    :param filters: name to function, for use as ``${value | name}`` besides those of Mako
    :param globals: name to value, for use in all templates; the context is looked at first
    :param imports: lines of Python for the beginning of each template, such as ``import math``
    :param default_filters: the names of the filters for each expression; without ``h`` nothing is
        escaped
    :param strict_undefined: make it an error to use a name that the context does not have. By
        default it is false, and only showing it is an error: ``${name or ''}``
    :param format_exceptions: without effect: a client never sees an exception
    :param cache_impl: the cache plugin of Mako for the parts of templates that are ``cached``
    :param cache_args: settings for that plugin
    :param options: more arguments of :class:`mako.lookup.TemplateLookup`
    :ivar lookup: a lookup of Mako. By itself, it loads templates when they are asked for
    """

    missing_type = TopLevelLookupException

    def __init__(
        self,
        template_paths: TemplatePaths | None = None,
        default_mime: str | None = None,
        *,
        filters: Mapping[str, Callable[[Any], Any]] | None = None,
        globals: Mapping[str, Any] | None = None,
        imports: Iterable[str] = (),
        default_filters: Iterable[str] = ("h",),
        strict_undefined: bool = False,
        format_exceptions: bool = False,
        cache_impl: str = "beaker",
        cache_args: Mapping[str, Any] | None = None,
        templates: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(template_paths, default_mime, templates=templates)
        self._filters = dict(filters or {})
        self._globals = dict(globals or {})
        self.encoding = options.get("input_encoding") or self.encoding
        options.update(
            default_filters=list(default_filters),
            # The output of a part of a template is HTML already: do not escape it again.
            buffer_filters=[MARKUP],
            imports=[f"from markupsafe import Markup as {MARKUP}", *imports],
            strict_undefined=strict_undefined,
            cache_impl=cache_impl,
            cache_args=dict(cache_args or {}),
        )
        self._lookup = _Lookup(self, **options)
        self.lookup = _LoadingLookup(self, directories=[*map(str, self._folders)], **options)

    def compile(self, source: TemplateSource) -> tuple[Any, list[Reference]]:
        """Return the template object that Mako makes of a source, and its references."""
        options = {**self._lookup.template_args, "uri": source.name, "filename": source.filename}
        try:
            references = list(_references(Lexer(source.text, source.filename).parse(), source.name))
            template = Template(source.text, lookup=self._lookup, **options)
        except MakoException as error:
            cause = error.__context__
            reason = cause.msg if isinstance(cause, SyntaxError) else LOCATION.sub("", str(error))
            raise source.not_compiled(reason, getattr(error, "lineno", None)) from error
        except SyntaxError as error:
            raise source.not_compiled(error.msg) from error
        # Read now: Mako finds it by the name of the template, which another factory can have too.
        metadata = ModuleInfo.get_module_source_metadata(template.code, full_line_map=True)
        template.line_map = metadata["full_line_map"]
        return template, references

    def render(self, template: Any, context: Mapping[str, Any]) -> str:
        """Return the HTML that a template object makes of a context.

        An error has a note with the lines of the templates, and the names that the last of them
        uses and the context does not have (PEP 678).

        :raises TemplateError: when it uses a template that was not loaded
        """
        values = {**self._globals, **context, **self._filters}
        try:
            return str(template.render_unicode(**values))
        except Exception as error:
            self._explain(error)
            raise

    def _explain(self, error: Exception) -> None:
        """Add the lines of the templates and the undefined names to an error."""
        lines, undefined = [], ""
        for frame, line in traceback.walk_tb(error.__traceback__):
            template = self.loaded.get(frame.f_globals.get("_template_uri", ""))
            if template is not None and template.module.__dict__ is frame.f_globals:
                # Mako looks up names at the beginning of its code, at no line of the template.
                number = template.line_map[line - 1]
                lines.append(
                    f'  File "{template.filename}"' + (f", line {number}" if number else "")
                )
                values = frame.f_locals.items()
                undefined = " or ".join(
                    [repr(name) for name, value in values if value is UNDEFINED]
                )
        if error.args == ("Undefined",) and undefined:
            error.args = (f"{undefined} is not defined",)
        elif undefined:
            lines.append(f"The context does not have {undefined}.")
        if lines:
            note = "\n".join(["Lines of the templates:", *dict.fromkeys(lines)])
            vars(error).setdefault("__notes__", []).append(note)


class _Lookup(TemplateLookup):  # type: ignore[misc]  # Mako has no annotations.
    """Let Mako find the templates of a factory that were loaded at construction."""

    def __init__(self, factory: TemplateFactory, **options: Any) -> None:
        super().__init__(**options)
        self._factory = factory

    def adjust_uri(self, uri: str, relativeto: str | None) -> str:
        return resolve_name(uri, relativeto or "")

    def get_template(self, uri: str) -> Any:
        return self._factory.get(resolve_name(uri, ""))

    def has_template(self, uri: str) -> bool:
        return resolve_name(uri, "") in self._factory.loaded


class _LoadingLookup(_Lookup):
    """A lookup that also loads other templates, as one of Mako does."""

    def get_template(self, uri: str) -> Any:
        loaded = self._factory.loaded.get(resolve_name(uri, ""))
        return TemplateLookup.get_template(self, uri) if loaded is None else loaded

    def has_template(self, uri: str) -> bool:
        return bool(TemplateLookup.has_template(self, uri))


def _references(tree: Any, name: str) -> Iterator[Reference]:
    """Yield the references of a template; the tree has the parts of control lines twice."""
    seen = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        waiting += reversed(node.get_children())
        is_reference = isinstance(node, (IncludeTag, InheritTag, NamespaceTag))
        if is_reference and "file" in node.attributes:
            file = EXPRESSION.sub("*", node.attributes["file"])
            yield Reference(node.lineno, [resolve_name(file, name)])
