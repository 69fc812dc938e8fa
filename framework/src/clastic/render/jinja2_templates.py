"""Render functions from Jinja2 templates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from clastic.render.template_base import (
    CompiledTemplate,
    Reference,
    TemplateFactory,
    TemplatePaths,
    TemplateSource,
    check_callable,
    engine_package,
    nearest_names,
)
from clastic.wiring import Problem

with engine_package("jinja2"):
    import jinja2
    from jinja2 import nodes

VERBS: Mapping[type[nodes.Node], str] = {
    nodes.Extends: "extends",
    nodes.Include: "includes",
    nodes.Import: "imports",
    nodes.FromImport: "imports",
}
EXISTENCE_TESTS = ("filter", "test")


class Jinja2RenderFactory(TemplateFactory):
    """Make render functions from Jinja2 templates.

    ``{{ name }}`` is escaped for HTML in every template, whatever its extension; ``{{ name|safe
    }}`` is not. A name that the context does not have is an error where it is used
    (``jinja2.StrictUndefined``); ``{% if name is defined %}`` asks for it. An include by a name
    made at run time, ``{% include "parts/" ~ kind ~ ".html" %}``, loads all templates whose name
    fits.

    The other arguments are those of :class:`~clastic.render.template_base.TemplateFactory`.

    :param environment: take everything that is not an argument here from this environment: syntax,
        extensions, policies, undefined names. It is not changed, and its loader is not used
    :param autoescape: whether to escape, or a function that decides it by the name of a template;
        that of ``environment`` is not used
    :param filters: name to function, for use as ``{{ value|name }}`` besides those of Jinja2
    :param tests: name to function, for use as ``{% if value is name %}`` besides those of Jinja2
    :param globals: name to value, for use in all templates; the context is looked at first
    :ivar env: the environment of Jinja2
    :raises TypeError: when a filter or a test is not callable
    """

    def __init__(
        self,
        template_paths: TemplatePaths | None = None,
        *,
        environment: jinja2.Environment | None = None,
        autoescape: bool | Callable[[str | None], bool] = True,
        filters: Mapping[str, Callable[..., Any]] | None = None,
        tests: Mapping[str, Callable[..., bool]] | None = None,
        globals: Mapping[str, Any] | None = None,
        debug: bool = False,
        templates: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(template_paths, templates=templates, debug=debug)
        check_callable("filter", filters or {})
        check_callable("test", tests or {})
        model = environment or jinja2.Environment(undefined=jinja2.StrictUndefined)
        self.env = model.overlay(
            loader=_Loader(self), autoescape=autoescape, cache_size=0, auto_reload=False
        )
        self.env.filters = {**model.filters, **(filters or {})}
        self.env.tests = {**model.tests, **(tests or {})}
        self.env.globals = {**model.globals, **(globals or {})}

    def compile(self, source: TemplateSource) -> CompiledTemplate:
        """Compile a template and find its references."""
        template = None
        try:
            tree = self.env.parse(source.text, source.name, source.filename)
            references = list(self._references(tree, source.name))
            problems = list(self._unknown_names(tree, source))
            if not problems:
                code = self.env.compile(tree, source.name, source.filename)
                values = self.env.make_globals(None)
                template = self.env.template_class.from_code(self.env, code, values)
        except jinja2.TemplateSyntaxError as error:
            raise source.not_compiled(error.message or "", error.lineno) from error
        except SyntaxError as error:
            raise source.not_compiled(error.msg) from error
        return CompiledTemplate(source, template, references, problems)

    def render(self, template: jinja2.Template, context: Mapping[str, Any]) -> str:
        """Return the HTML that a template object makes of a context.

        :raises TemplateError: when it uses a template that was not loaded
        """
        try:
            return template.render(context)
        except jinja2.TemplateNotFound as error:
            raise self.not_loaded(*map(str, error.templates)) from error

    def _references(self, tree: nodes.Template, name: str) -> Iterator[Reference]:
        for node in tree.find_all(tuple(VERBS)):
            optional = getattr(node, "ignore_missing", False)
            for expression in _choices(node.template):  # type: ignore[attr-defined]
                items = [expression]
                if isinstance(expression, (nodes.List, nodes.Tuple)):
                    items = expression.items
                texts = [_text(item) for item in items]
                names = [text if "*" in text else self.env.join_path(text, name) for text in texts]
                yield Reference(node.lineno, VERBS[type(node)], names, bool(names) and not optional)

    def _unknown_names(self, tree: nodes.Template, source: TemplateSource) -> Iterator[Problem]:
        known = {nodes.Filter: self.env.filters, nodes.Test: self.env.tests}
        for node in _unguarded(tree):
            if isinstance(node, (nodes.Filter, nodes.Test)) and node.name not in known[type(node)]:
                kind = type(node).__name__.lower()
                yield Problem(
                    source.location(node.lineno),
                    f"uses the {kind} '{node.name}', which does not exist",
                    f"Correct the name, or pass the {kind} as {kind}s={{'{node.name}': function}}.",
                    wanted=node.name,
                    available=nearest_names(node.name, known[type(node)]),
                )


class _Loader(jinja2.BaseLoader):
    """Let Jinja2 find the templates of a factory."""

    def __init__(self, factory: TemplateFactory) -> None:
        self._factory = factory

    def load(
        self,
        environment: jinja2.Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,
    ) -> jinja2.Template:
        if name not in self._factory.loaded:
            raise jinja2.TemplateNotFound(name)
        template: jinja2.Template = self._factory.get(name)
        return template


def _choices(expression: nodes.Expr | None) -> Iterator[nodes.Expr]:
    """Yield the expressions of which another one is the value of one: ``a if x else b``."""
    if isinstance(expression, nodes.CondExpr):
        yield from _choices(expression.expr1)
        yield from _choices(expression.expr2)
    elif isinstance(expression, nodes.Or):
        yield from _choices(expression.left)
        yield from _choices(expression.right)
    elif expression is not None:
        yield expression


def _text(expression: nodes.Expr) -> str:
    """Return the text of an expression, with ``*`` for what is known only at run time."""
    if isinstance(expression, nodes.Const) and isinstance(expression.value, str):
        return expression.value
    if isinstance(expression, nodes.Concat):
        return "".join(map(_text, expression.nodes))
    if isinstance(expression, nodes.Add):
        return _text(expression.left) + _text(expression.right)
    return "*"


def _unguarded(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield all nodes inside one, without conditions that ask whether a filter or test exists."""
    for child in node.iter_child_nodes():
        if isinstance(child, (nodes.If, nodes.CondExpr)):
            tests = child.find_all(nodes.Test)
            if any(test.name in EXISTENCE_TESTS for test in tests):
                continue
        yield child
        yield from _unguarded(child)
