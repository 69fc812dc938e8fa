"""Render functions from Jinja2 templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from clastic.render.template_base import (
    Reference,
    TemplateFactory,
    TemplatePaths,
    TemplateSource,
    engine_package,
)

with engine_package("jinja2"):
    import jinja2
    from jinja2 import nodes


class Jinja2RenderFactory(TemplateFactory):
    """Make render functions from Jinja2 templates.

    ``{{ name }}`` is escaped for HTML in every template, whatever its extension; ``{{ name|safe
    }}`` is not. A name that the context does not have is false in a test, as in ``{% if name %}``
    and ``{{ name or "" }}``, and an error where it is shown. An include by a name made at run time,
    ``{% include "parts/" ~ kind ~ ".html" %}``, loads all templates whose name fits.

    The other arguments are those of :class:`~clastic.render.template_base.TemplateFactory`.

    :param environment: take everything that is not an argument here from this environment: syntax,
        extensions, policies, undefined names. It is not changed, and its loader is not used
    :param autoescape: whether to escape, or a function that decides it by the name of a template;
        that of ``environment`` is not used
    :param filters: name to function, for use as ``{{ value|name }}`` besides those of Jinja2
    :param tests: name to function, for use as ``{% if value is name %}`` besides those of Jinja2
    :param globals: name to value, for use in all templates; the context is looked at first
    :ivar env: the environment of Jinja2
    """

    def __init__(
        self,
        template_paths: TemplatePaths | None = None,
        default_mime: str | None = None,
        *,
        environment: jinja2.Environment | None = None,
        autoescape: bool | Callable[[str | None], bool] = True,
        filters: Mapping[str, Callable[..., Any]] | None = None,
        tests: Mapping[str, Callable[..., bool]] | None = None,
        globals: Mapping[str, Any] | None = None,
        templates: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(template_paths, default_mime, templates=templates)
        model = environment or jinja2.Environment(undefined=_FalseUndefined)
        self.env = model.overlay(
            loader=_Loader(self), autoescape=autoescape, cache_size=0, auto_reload=False
        )
        self.env.filters = {**model.filters, **(filters or {})}
        self.env.tests = {**model.tests, **(tests or {})}
        self.env.globals = {**model.globals, **(globals or {})}

    def compile(self, source: TemplateSource) -> tuple[jinja2.Template, list[Reference]]:
        """Return the template object that Jinja2 makes of a source, and its references."""
        try:
            tree = self.env.parse(source.text, source.name, source.filename)
            references = list(self._references(tree, source.name))
            code = self.env.compile(tree, source.name, source.filename)
        except jinja2.TemplateSyntaxError as error:
            raise source.not_compiled(error.message or "", error.lineno) from error
        except SyntaxError as error:
            raise source.not_compiled(error.msg) from error
        values = self.env.make_globals(None)
        return self.env.template_class.from_code(self.env, code, values), references

    def render(self, template: jinja2.Template, context: Mapping[str, Any]) -> str:
        """Return the HTML that a template object makes of a context.

        :raises jinja2.TemplateNotFound: when it uses a template that was not loaded
        """
        return template.render(context)

    def _references(self, tree: nodes.Template, name: str) -> Iterator[Reference]:
        kinds = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
        found: Iterable[Any] = tree.find_all(kinds)
        for node in found:
            is_required = not getattr(node, "ignore_missing", False)
            is_choice = isinstance(node.template, (nodes.List, nodes.Tuple))
            items = node.template.items if is_choice else [node.template]
            names = [self.env.join_path(_text(item), name) for item in items]
            yield Reference(node.lineno, names, is_required)


class _FalseUndefined(jinja2.StrictUndefined):
    """Let a template test an undefined name; raise an error if it shows it or uses its members."""

    __slots__ = ()

    def __bool__(self) -> Any:
        return False

    def __eq__(self, other: object) -> Any:
        return self is other

    def __ne__(self, other: object) -> Any:
        return self is not other

    def __hash__(self) -> Any:
        return id(self)


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


def _text(expression: nodes.Expr) -> str:
    """Return the text of an expression, with ``*`` for what is known only at run time."""
    if isinstance(expression, nodes.Const) and isinstance(expression.value, str):
        return expression.value
    if isinstance(expression, nodes.Concat):
        return "".join(map(_text, expression.nodes))
    if isinstance(expression, nodes.Add):
        return _text(expression.left) + _text(expression.right)
    return "*"
