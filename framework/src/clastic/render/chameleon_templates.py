"""Render functions from Chameleon templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from types import FrameType
from typing import Any

from clastic.describe import shortest_path
from clastic.render.template_base import (
    CompiledTemplate,
    Reference,
    TemplateError,
    TemplateFactory,
    TemplatePaths,
    TemplateSource,
    check_callable,
    check_reserved,
    engine_package,
    resolve_name,
)
from clastic.wiring import Problem

with engine_package("chameleon"):
    from chameleon import PageTemplate
    from chameleon.exc import LanguageError
    from chameleon.exc import TemplateError as ChameleonError
    from chameleon.tales import ProxyExpr

RESERVED = frozenset({"decode", "econtext", "on_error_handler", "rcontext", "self"})
LOADER = "__loader"
EXPRESSION = re.compile(r"\$(?:\{.*?\}|\w+)")


class ChameleonRenderFactory(TemplateFactory):
    """Make render functions from Chameleon page templates.

    ``${name}`` is escaped for HTML, ``${structure: name}`` is not. A name that the context does not
    have is an error where it is used; ``${name | nothing}`` shows nothing for it.

    One template uses another by ``metal:use-macro="load: base.html"``, which fills the slots of the
    whole other one, or by ``tal:define="parts load: parts.html"`` for the macros of
    ``parts.macros``. The name is relative to the folder of the template that has it or, if nothing
    is there, to the template paths. A name made at run time, ``load: parts/${kind}.html``, loads
    all templates whose name fits.

    The other arguments are those of :class:`~clastic.render.template_base.TemplateFactory`.

    :param globals: name to value, for use in all templates; the context is looked at first
    :param expression_types: name to type of expression, for use as ``${name: value}`` besides those
        of Chameleon
    :param translate: translates what a template has ``i18n:translate`` at; called with the message,
        and by name with ``domain``, ``mapping``, ``context``, ``target_language`` and ``default``
    :param restricted_namespace: refuse attributes with a prefix that was not declared, so that a
        misspelt ``tal:`` is found; ``False`` leaves such as ``v-on:click`` as they are
    :raises TypeError: when a type of expression, or ``translate``, is not callable
    :raises ValueError: when Chameleon reserves the name of a global
    """

    def __init__(
        self,
        template_paths: TemplatePaths | None = None,
        *,
        globals: Mapping[str, Any] | None = None,
        expression_types: Mapping[str, Callable[[str], Any]] | None = None,
        translate: Callable[..., str] | None = None,
        restricted_namespace: bool = True,
        debug: bool = False,
        templates: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(template_paths, templates=templates, debug=debug)
        check_callable("expression type", expression_types or {})
        check_callable("option", {} if translate is None else {"translate": translate})
        check_reserved(RESERVED, "globals", globals or {})
        check_reserved(frozenset({"load"}), "expression_types", expression_types or {})
        self._globals = dict(globals or {})
        self._expression_types = {**PageTemplate.expression_types, **(expression_types or {})}
        self._options = {"restricted_namespace": restricted_namespace, "value_repr": _type_name}
        if translate is not None:
            self._options["translate"] = translate

    def compile(self, source: TemplateSource) -> CompiledTemplate:
        """Compile a template and find its references."""
        references: list[Reference] = []
        load = partial(_load_expression, references, source.name)
        options: dict[str, Any] = {
            "filename": shortest_path(source.filename),
            "expression_types": _ExpressionTypes({**self._expression_types, "load": load}),
            "extra_builtins": {**self._globals, LOADER: partial(self._find, source.name)},
            **self._options,
        }
        try:
            template = PageTemplate(source.text, **options)
        except ChameleonError as error:
            raise source.not_compiled(str(error.args[0]), error.location[0]) from error
        except KeyError as error:
            what = f"does not compile: {str(error.args[0]).rstrip('.')}"
            remedy = "Correct the prefix, or pass restricted_namespace=False to leave it as it is."
            raise TemplateError([Problem(source.location(), what, remedy)]) from error
        except SyntaxError as error:
            raise source.not_compiled(error.msg) from error
        return CompiledTemplate(source, template, references)

    def render(self, template: PageTemplate, context: Mapping[str, Any]) -> str:
        """Return the HTML that a template object makes of a context.

        :raises TemplateError: when it uses a template that was not loaded
        :raises ValueError: when Chameleon reserves a name in the context
        """
        check_reserved(RESERVED, f"The context of {template.filename}", context)
        return str(template.render(**context))

    def locate(self, frame: FrameType, line: int) -> tuple[str, int] | None:
        """Return file and line of the template that a frame of a traceback belongs to, if any.

        Chameleon annotates errors with the lines of templates, but leaves out those of slots. Its
        code has the number of the expression that it evaluates in a variable.
        """
        expressions = frame.f_globals.get("__tokens", {})
        expression = expressions.get(frame.f_locals.get("__token"))
        return (frame.f_globals["__filename"], expression[1]) if expression else None

    def _find(self, referring: str, name: str) -> Any:
        """Return the template object that a ``load:`` expression of another one names."""
        name = name.strip()
        return self.get(*dict.fromkeys([resolve_name(name, referring), resolve_name(name, "")]))


class _ExpressionTypes(dict[str, Any]):
    """Types of expressions by name. An unknown one is a language error, with its location."""

    def __missing__(self, name: str) -> Callable[[Any], Any]:
        def refuse(expression: Any) -> Any:
            raise LanguageError(f"Unknown expression type: '{name}'", expression)

        return refuse


def _load_expression(references: list[Reference], referring: str, expression: Any) -> ProxyExpr:
    """Compile a ``load:`` expression, and note the templates that it names."""
    patterns = [EXPRESSION.sub("*", name.strip()) for name in str(expression).split("|")]
    names = dict.fromkeys(resolve_name(each, near) for each in patterns for near in (referring, ""))
    references.append(Reference(expression.location[0], "loads", [*names]))
    return ProxyExpr(LOADER, expression, ignore_prefix=False)


def _type_name(value: object) -> str:
    """Show a value in an error message by its type only, for it may be a secret."""
    return f"<{type(value).__name__}>"
