"""Render functions from Mako templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

from clastic.render.template_base import (
    CompiledTemplate,
    Reference,
    TemplateFactory,
    TemplatePaths,
    TemplateSource,
    check_callable,
    check_reserved,
    engine_package,
    resolve_name,
)
from clastic.wiring import Problem

with engine_package("mako"):
    from mako.codegen import RESERVED_NAMES
    from mako.exceptions import MakoException
    from mako.filters import DEFAULT_ESCAPES
    from mako.lexer import Lexer
    from mako.lookup import TemplateLookup
    from mako.parsetree import Comment, IncludeTag, InheritTag, NamespaceTag, Text
    from mako.template import ModuleInfo, Template

VERBS = {IncludeTag: "includes", InheritTag: "inherits from", NamespaceTag: "imports"}
RESERVED = RESERVED_NAMES.union(
    {"caller", "capture", "local", "next", "parent", "self"},  # namespaces
    {"buffer", "callable_", "pageargs"},  # arguments of functions of Mako
)
MODULES = {"filters", "runtime"}  # of Mako, which compiled templates use by these names
MARKUP = "__M_Markup"
EXPRESSION = re.compile(r"\$\{.*?\}", re.DOTALL)
LOCATION = re.compile(r" in file '.*' at line: \d+ char: \d+$")
UNDEFINED = re.compile(r"""^ *raise NameError\("'(\w+)' is not defined"\)""")


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
    :param strict_undefined: whether it is an error to use a name that the context does not have,
        even in a condition (``context.get('name')`` asks for it), or only to show it
    :param cache_impl: the cache plugin of Mako for the parts of templates that are ``cached``
    :param cache_args: settings for that plugin
    :ivar lookup: the lookup of Mako
    :raises TypeError: when a filter is not callable
    :raises ValueError: when Mako reserves the name of a filter or a global
    """

    def __init__(
        self,
        template_paths: TemplatePaths | None = None,
        *,
        filters: Mapping[str, Callable[[Any], Any]] | None = None,
        globals: Mapping[str, Any] | None = None,
        imports: Iterable[str] = (),
        default_filters: Iterable[str] = ("h",),
        strict_undefined: bool = True,
        cache_impl: str | None = None,
        cache_args: Mapping[str, Any] | None = None,
        debug: bool = False,
        templates: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(template_paths, templates=templates, debug=debug)
        self._filters = dict(filters or {})
        self._globals = dict(globals or {})
        check_callable("filter", self._filters)
        check_reserved(RESERVED, "globals", self._globals)
        check_reserved(RESERVED.union(DEFAULT_ESCAPES), "filters", self._filters)
        self.lookup = _Lookup(
            self,
            default_filters=list(default_filters),
            # The output of a part of a template is HTML already: do not escape it again.
            buffer_filters=[MARKUP],
            imports=[f"from markupsafe import Markup as {MARKUP}", *imports],
            strict_undefined=strict_undefined,
            cache_impl=cache_impl,
            cache_args=dict(cache_args or {}),
        )

    def compile(self, source: TemplateSource) -> CompiledTemplate:
        """Compile a template and find its references."""
        template = None
        try:
            nodes = _nodes(Lexer(source.text, source.filename).parse())
            problems = list(self._problems(nodes, source))
            if not problems:
                template = _Template(source, nodes, self.lookup)
        except MakoException as error:
            cause = error.__context__
            reason = cause.msg if isinstance(cause, SyntaxError) else LOCATION.sub("", str(error))
            raise source.not_compiled(reason, getattr(error, "lineno", None)) from error
        except SyntaxError as error:
            raise source.not_compiled(error.msg) from error
        return CompiledTemplate(source, template, [*_references(nodes, source.name)], problems)

    def render(self, template: Any, context: Mapping[str, Any]) -> str:
        """Return the HTML that a template object makes of a context.

        :raises TemplateError: when it uses a template that was not loaded
        :raises ValueError: when Mako reserves a name in the context
        """
        check_reserved(RESERVED, f"The context of {template.filename}", context)
        values = {**self._globals, **context, **self._filters}
        return str(template.render_unicode(**values))

    def locate(self, frame: FrameType, line: int) -> tuple[str, int] | None:
        """Return file and line of the template that a frame of a traceback belongs to, if any."""
        compiled = self.loaded.get(frame.f_globals.get("_template_uri", ""))
        if compiled is None or compiled.template.module.__dict__ is not frame.f_globals:
            return None
        return compiled.source.filename, compiled.template.lines[line - 1]

    def _problems(self, nodes: Iterable[Any], source: TemplateSource) -> Iterator[Problem]:
        """Yield what Mako compiles, but cannot render."""
        for node in nodes:
            where = source.location(node.lineno)
            names = {*node.undeclared_identifiers(), *node.declared_identifiers()}
            for name in names.intersection(MODULES):
                what = f"uses the name '{name}', which Mako reserves"
                yield Problem(where, what, "Use another name.")
            is_cached = "cached" in getattr(node, "attributes", ())
            if is_cached and self.lookup.template_args["cache_impl"] is None:
                remedy = "Remove it, or pass the name of a cache plugin of Mako as cache_impl=."
                yield Problem(where, "has 'cached', and no cache is configured", remedy)


class _Lookup(TemplateLookup):  # type: ignore[misc]  # Mako has no annotations.
    """Let Mako find the templates of a factory."""

    def __init__(self, factory: TemplateFactory, **options: Any) -> None:
        super().__init__(**options)
        self._factory = factory

    def adjust_uri(self, uri: str, relativeto: str | None) -> str:
        return resolve_name(uri, relativeto or "")

    def get_template(self, uri: str) -> Any:
        return self._factory.get(resolve_name(uri, ""))

    def has_template(self, uri: str) -> bool:
        return resolve_name(uri, "") in self._factory.loaded


class _Template(Template):  # type: ignore[misc]  # Mako has no annotations.
    """A template with the number of its line for each line of the code that Mako makes of it."""

    def __init__(self, source: TemplateSource, nodes: Sequence[Any], lookup: _Lookup) -> None:
        options = {**lookup.template_args, "uri": source.name, "filename": source.filename}
        super().__init__(source.text, lookup=lookup, **options)
        metadata = ModuleInfo.get_module_source_metadata(self.code, full_line_map=True)
        self.lines: list[int] = metadata["full_line_map"]
        # The code looks up all names at its beginning: point to the first use of an undefined one.
        uses = {
            name: node.lineno for node in reversed(nodes) for name in node.undeclared_identifiers()
        }
        for number, code in enumerate(self.code.split("\n")[: len(self.lines)]):
            if undefined := UNDEFINED.search(code):
                self.lines[number] = uses.get(undefined[1], self.lines[number])


def _nodes(tree: Any) -> list[Any]:
    """Return all parts of a template except plain text, once each, in their order."""
    found: dict[int, Any] = {}
    waiting = list(reversed(tree.get_children()))
    while waiting:
        node = waiting.pop()
        if id(node) not in found and not isinstance(node, (Comment, Text)):
            found[id(node)] = node
            waiting += reversed(node.get_children())
    return list(found.values())


def _references(nodes: Iterable[Any], name: str) -> Iterator[Reference]:
    for node in nodes:
        if type(node) in VERBS and "file" in node.attributes:
            file = EXPRESSION.sub("*", node.attributes["file"])
            yield Reference(node.lineno, VERBS[type(node)], [resolve_name(file, name)])
