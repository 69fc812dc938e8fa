"""Render functions from Chameleon templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from clastic.describe import shortest_path
from clastic.render.template_base import (
    Reference,
    TemplateFactory,
    TemplatePaths,
    TemplateSource,
    engine_package,
    resolve_name,
)

with engine_package("chameleon"):
    from chameleon import PageTemplate
    from chameleon.exc import TemplateError as ChameleonError
    from chameleon.tales import ProxyExpr

LOADER = "__loader"
EXPRESSION = re.compile(r"\$(?:\{.*?\}|\w+)")


class ChameleonRenderFactory(TemplateFactory):
    """Make render functions from Chameleon page templates.

    ``${name}`` is escaped for HTML, ``${structure: name}`` is not. A name that the context does not
    have is an error where it is used; ``${name | nothing}`` shows nothing for it.

    One template uses another by ``metal:use-macro="load: base.html"``, which fills the slots of the
    whole other one, or by ``tal:define="parts load: parts.html"`` for the macros of
    ``parts.macros``. The name is relative to the folder of the template that has it, or begins with
    ``/``. A name made at run time, ``load: parts/${kind}.html``, loads all templates whose name
    fits.

    The other arguments are those of :class:`~clastic.render.template_base.TemplateFactory`.

    :param globals: name to value, for use in all templates; the context is looked at first
    :param expression_types: name to type of expression, for use as ``${name: value}`` besides those
        of Chameleon
    :param translate: translates what a template has ``i18n:translate`` at; called with the message,
        and by name with ``domain``, ``mapping``, ``context``, ``target_language`` and ``default``
    :param restricted_namespace: refuse attributes with a prefix that was not declared, so that a
        misspelt ``tal:`` is found; ``False`` leaves such as ``v-on:click`` as they are
    """

    missing_type = ValueError

    def __init__(
        self,
        template_paths: TemplatePaths | None = None,
        default_mime: str | None = None,
        *,
        globals: Mapping[str, Any] | None = None,
        expression_types: Mapping[str, Callable[[str], Any]] | None = None,
        translate: Callable[..., str] | None = None,
        restricted_namespace: bool = True,
        templates: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(template_paths, default_mime, templates=templates)
        self._globals = dict(globals or {})
        self._expression_types = {**PageTemplate.expression_types, **(expression_types or {})}
        self._options = {"restricted_namespace": restricted_namespace, "value_repr": _type_name}
        if translate is not None:
            self._options["translate"] = translate

    def compile(self, source: TemplateSource) -> tuple[PageTemplate, list[Reference]]:
        """Return the template object that Chameleon makes of a source, and its references."""
        references: list[Reference] = []
        load = partial(_load_expression, references, source.name)
        options: dict[str, Any] = {
            "filename": shortest_path(source.filename),
            "expression_types": {**self._expression_types, "load": load},
            "extra_builtins": {**self._globals, LOADER: partial(self._find, source.name)},
            **self._options,
        }
        try:
            return PageTemplate(source.text, **options), references
        except ChameleonError as error:
            raise source.not_compiled(str(error.args[0]), error.location[0]) from error
        except (LookupError, SyntaxError) as error:
            raise source.not_compiled(str(error.args[0])) from error

    def render(self, template: PageTemplate, context: Mapping[str, Any]) -> str:
        """Return the HTML that a template object makes of a context.

        :raises TemplateError: when it uses a template that was not loaded
        """
        return str(template.render(**context))

    def _find(self, referring: str, name: str) -> Any:
        """Return the template object that a ``load:`` expression of another one names."""
        return self.get(resolve_name(name.strip(), referring))


def _load_expression(references: list[Reference], referring: str, expression: Any) -> ProxyExpr:
    """Compile a ``load:`` expression, and note the templates that it names."""
    patterns = [EXPRESSION.sub("*", name.strip()) for name in str(expression).split("|")]
    names = [resolve_name(pattern, referring) for pattern in patterns]
    references.append(Reference(expression.location[0], names))
    return ProxyExpr(LOADER, expression, ignore_prefix=False)


def _type_name(value: object) -> str:
    """Show a value in an error message by its type only, for it may be a secret."""
    return f"<{type(value).__name__}>"
