"""Compiles Chameleon templates, and says what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from chameleon import PageTemplate
from chameleon.exc import LanguageError
from chameleon.exc import TemplateError as ChameleonError
from chameleon.tales import ProxyExpr

from clastic.render.chameleon_modules import ChameleonModules
from clastic.render.template_library import (
    Compiled,
    Reference,
    TemplateLibrary,
    not_compiled,
)
from clastic.render.template_lines import code_file
from clastic.render.template_names import KeptNames, name_of, parts_of, resolve
from clastic.render.templates import TemplateSource, TemplateText, shown_path
from clastic.wiring import Problem

KEPT = KeptNames(
    "Chameleon", frozenset({"decode", "econtext", "on_error_handler", "rcontext", "self"})
)

KEPT_TYPES = KeptNames("Chameleon", frozenset({"load"}))
LOADER = "__loader"
EXPRESSION = re.compile(r"\$(?:\{.*?\}|\w+)")


class ChameleonLibrary(TemplateLibrary):
    """Chameleon templates, as the files were at one time.

    :param settings: more arguments for ``chameleon.PageTemplate``
    :raises ValueError: when a global has a name that Chameleon keeps for itself
    """

    def __init__(
        self,
        source: TemplateSource,
        globals: Mapping[str, Any],
        expression_types: Mapping[str, Callable[[str], Any]],
        settings: Mapping[str, Any],
    ) -> None:
        super().__init__(source)
        KEPT.check("globals", globals)
        KEPT_TYPES.check("expression_types", expression_types)
        self._globals = globals
        self._expression_types = expression_types
        self._settings = settings
        self._templates: dict[str, PageTemplate] = {}

    def compile(self, text: TemplateText) -> Compiled:
        """Compile one text; what is wrong with it is in the problems of what is returned."""
        references: list[Reference] = []
        file = code_file(text)
        try:
            template = self._page_template(text, file, references)
        except ChameleonError as error:
            problem = not_compiled(text, str(error.args[0]), error.location[0])
        except KeyError as error:
            problem = Problem(
                text.place(),
                f"does not compile: {str(error.args[0]).rstrip('.')}",
                "Correct the prefix, or pass restricted_namespace=False to leave it as it is.",
            )
        except SyntaxError as error:
            line = error.lineno if error.filename == file else None
            problem = not_compiled(text, error.msg, line)
        else:
            return Compiled(text, template, references)
        return Compiled(text, None, references, [problem])

    def keep(self, name: str, template: Any) -> None:
        """Have a compiled template at hand for rendering."""
        self._templates[name] = template

    def fill(self, name: str, context: Mapping[str, Any]) -> str:
        """Fill a template that was loaded.

        :raises TemplateError: when it uses one that was not
        :raises ValueError: when the context has a name that Chameleon keeps for itself
        """
        KEPT.check(f"The context of template '{name}'", context)
        return str(self._templates[name].render(**context))

    def _page_template(
        self, text: TemplateText, file: str, references: list[Reference]
    ) -> PageTemplate:
        config: dict[str, Any] = {
            "filename": shown_path(text.file) if text.file else file,
            "loader": ChameleonModules(file),
            "expression_types": _ExpressionTypes(
                {
                    **PageTemplate.expression_types,
                    **self._expression_types,
                    "load": partial(_note_reference, references, text.name),
                }
            ),
            "extra_builtins": {**self._globals, LOADER: partial(self._get, text.name)},
            "value_repr": _type_name,
            **self._settings,
        }
        return PageTemplate(text.text, **config)

    def _get(self, beside: str, name: str) -> PageTemplate:
        """Give a template that was loaded; the template ``beside`` asks for it."""
        name = name.strip()
        names = list(dict.fromkeys([resolve(name, beside), resolve(name, "")]))
        found = next((each for each in names if each in self._templates), None)
        if found is None:
            raise self.not_loaded(*names)
        return self._templates[found]


class _ExpressionTypes(dict[str, Any]):
    """Types of expressions by name; it is an error to write an expression of another one."""

    def __missing__(self, name: str) -> Callable[[Any], Any]:
        def refuse(expression: Any) -> Any:
            raise LanguageError(f"Unknown expression type: '{name}'", expression)

        return refuse


def _note_reference(references: list[Reference], beside: str, expression: Any) -> ProxyExpr:
    """Note what a ``load:`` names; the first of several between bars that exists is used."""
    alternatives = [parts_of(name.strip(), EXPRESSION) for name in str(expression).split("|")]
    names = dict.fromkeys(name_of(parts, near) for parts in alternatives for near in (beside, ""))
    references.append(Reference(expression.location[0], "loads", tuple(names)))
    return ProxyExpr(LOADER, expression, ignore_prefix=False)


def _type_name(value: object) -> str:
    """Show a value in an error without telling what it is: it may be a secret."""
    return f"<{type(value).__name__}>"
