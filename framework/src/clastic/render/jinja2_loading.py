"""Compiles Jinja2 templates, and says what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

import jinja2
from jinja2 import nodes

from clastic.render.template_library import (
    Compiled,
    Reference,
    TemplateLibrary,
    not_compiled,
)
from clastic.render.template_lines import code_file
from clastic.render.template_names import OpenName, name_of
from clastic.render.templates import TemplateSource, TemplateText, nearest
from clastic.wiring import Problem

VERBS: Mapping[type[nodes.Node], str] = {
    nodes.Extends: "extends",
    nodes.Include: "includes",
    nodes.Import: "imports",
    nodes.FromImport: "imports",
}
EXISTENCE_TESTS = ("filter", "test")


def make_environment(
    environment: jinja2.Environment | None,
    loader: jinja2.BaseLoader,
    *,
    autoescape: bool | Callable[[str | None], bool],
    filters: Mapping[str, Callable[..., Any]],
    tests: Mapping[str, Callable[..., bool]],
    globals: Mapping[str, Any],
) -> jinja2.Environment:
    """Make an environment that loads by ``loader`` only.

    :param environment: what to take all else from; it is not changed
    """
    model = environment or jinja2.Environment(undefined=jinja2.StrictUndefined)
    made = model.overlay(loader=loader, autoescape=autoescape, cache_size=0, auto_reload=False)
    made.filters = {**model.filters, **filters}
    made.tests = {**model.tests, **tests}
    made.globals = {**model.globals, **globals}
    return made


class Jinja2Library(TemplateLibrary):
    """Jinja2 templates, as the files were at one time.

    :param new_environment: makes the environment for a loader
    """

    def __init__(
        self,
        source: TemplateSource,
        new_environment: Callable[[jinja2.BaseLoader], jinja2.Environment],
    ) -> None:
        super().__init__(source)
        self._templates: dict[str, jinja2.Template] = {}
        self._environment = new_environment(_Loaded(self._templates))

    def compile(self, text: TemplateText) -> Compiled:
        """Compile one text; what is wrong with it is in the problems of what is returned."""
        environment, file = self._environment, code_file(text)
        try:
            tree = environment.parse(text.text, text.name, file)
            references = list(self._references(tree, text.name))
            problems = list(self._unknown_names(tree, text))
            if problems:
                return Compiled(text, None, references, problems)
            members = _members(tree)
            code = environment.compile(tree, text.name, file)
        except jinja2.TemplateSyntaxError as error:
            problem = not_compiled(text, error.message or "", error.lineno)
        except SyntaxError as error:
            problem = not_compiled(text, error.msg)
        else:
            return Compiled(text, code, references, members=members)
        return Compiled(text, problems=[problem])

    def keep(self, name: str, template: Any) -> None:
        """Have a compiled template at hand for rendering."""
        environment = self._environment
        self._templates[name] = environment.template_class.from_code(
            environment, template, environment.make_globals(None)
        )

    def fill(self, name: str, context: Mapping[str, Any]) -> str:
        """Fill a template that was loaded.

        :raises TemplateError: when it uses one that was not
        """
        try:
            return self._templates[name].render(context)
        except jinja2.TemplateNotFound as error:
            raise self.not_loaded(*map(str, error.templates)) from error

    def _references(self, tree: nodes.Template, name: str) -> Iterator[Reference]:
        for node in tree.find_all(tuple(VERBS)):
            members: tuple[str, ...] = ()
            if isinstance(node, nodes.FromImport):
                members = tuple(each if isinstance(each, str) else each[0] for each in node.names)
            is_needed = not getattr(node, "ignore_missing", False)
            for expression in _choices(node.template):  # type: ignore[attr-defined]
                names = tuple(self._names(expression, name))
                yield Reference(node.lineno, VERBS[type(node)], names, is_needed, members)

    def _names(self, expression: nodes.Expr, name: str) -> Iterator[str | OpenName]:
        """Give what an expression names: one template, or several of which the first is used."""
        items = [expression]
        if isinstance(expression, (nodes.List, nodes.Tuple)):
            items = expression.items
        for item in items:
            named = name_of(_parts(item))
            yield self._environment.join_path(named, name) if isinstance(named, str) else named

    def _unknown_names(self, tree: nodes.Template, text: TemplateText) -> Iterator[Problem]:
        known = {nodes.Filter: self._environment.filters, nodes.Test: self._environment.tests}
        for node in _unguarded(tree):
            if isinstance(node, (nodes.Filter, nodes.Test)) and node.name not in known[type(node)]:
                kind = type(node).__name__.lower()
                yield Problem(
                    text.place(node.lineno),
                    f"uses the {kind} '{node.name}', which does not exist",
                    f"Correct the name, or pass the {kind} as {kind}s={{'{node.name}': function}}.",
                    wanted=node.name,
                    available=nearest(node.name, known[type(node)]),
                )


class _Loaded(jinja2.BaseLoader):
    """Gives the templates of a library, and no others."""

    def __init__(self, templates: Mapping[str, jinja2.Template]) -> None:
        self._templates = templates

    def load(
        self,
        environment: jinja2.Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,
    ) -> jinja2.Template:
        if name not in self._templates:
            raise jinja2.TemplateNotFound(name)
        return self._templates[name]


def _choices(expression: nodes.Expr | None) -> Iterator[nodes.Expr]:
    """Give each expression that another one can come to."""
    if isinstance(expression, nodes.CondExpr):
        yield from _choices(expression.expr1)
        yield from _choices(expression.expr2)
    elif isinstance(expression, nodes.Or):
        yield from _choices(expression.left)
        yield from _choices(expression.right)
    elif expression is not None:
        yield expression


def _parts(expression: nodes.Expr) -> list[str | None]:
    """Take a name apart; ``None`` stands for what is made at run time."""
    if isinstance(expression, nodes.Const) and isinstance(expression.value, str):
        return [expression.value]
    if isinstance(expression, nodes.Concat):
        return [part for node in expression.nodes for part in _parts(node)]
    if isinstance(expression, nodes.Add):
        return _parts(expression.left) + _parts(expression.right)
    return [None]


def _unguarded(node: nodes.Node) -> Iterator[nodes.Node]:
    """Give all nodes inside one, but for conditions that ask whether a filter or test exists."""
    for child in node.iter_child_nodes():
        if isinstance(child, (nodes.If, nodes.CondExpr)):
            tests = child.find_all(nodes.Test)
            if any(test.name in EXISTENCE_TESTS for test in tests):
                continue
        yield child
        yield from _unguarded(child)


def _members(tree: nodes.Template) -> frozenset[str] | None:
    """Give all names that can be imported from a template; ``None`` where a parent has more."""
    if tree.find(nodes.Extends):
        return None
    members = {macro.name for macro in tree.find_all(nodes.Macro)}
    members.update(name.name for name in tree.find_all(nodes.Name) if name.ctx == "store")
    return frozenset(members)
