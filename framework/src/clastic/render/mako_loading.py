"""Compiles Mako templates, and says what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mako.codegen import RESERVED_NAMES
from mako.exceptions import MakoException
from mako.filters import DEFAULT_ESCAPES

from clastic.render.mako_modules import MakoOptions, make_template
from clastic.render.mako_parsing import ParsedMako
from clastic.render.template_library import Compiled, TemplateLibrary, not_compiled
from clastic.render.template_lines import code_file
from clastic.render.template_names import KeptNames, resolve
from clastic.render.templates import TemplateSource, TemplateText

NAMESPACES = {"caller", "capture", "local", "next", "parent", "self"}
ARGUMENTS = {"buffer", "callable_", "pageargs"}
KEPT = KeptNames("Mako", frozenset(RESERVED_NAMES | NAMESPACES | ARGUMENTS))
KEPT_FILTERS = KeptNames("Mako", KEPT.names.union(DEFAULT_ESCAPES))
PLACE = re.compile(r" in file '.*' at line: \d+ char: \d+$")


class MakoLibrary(TemplateLibrary):
    """Mako templates, as the files were at one time.

    :raises ValueError: when a filter or a global has a name that Mako keeps for itself
    """

    def __init__(self, source: TemplateSource, options: MakoOptions) -> None:
        super().__init__(source)
        KEPT.check("globals", options.globals)
        KEPT_FILTERS.check("filters", options.filters)
        self._options = options
        self._templates: dict[str, Any] = {}
        self._lookup = _Lookup(self, self._templates)

    def compile(self, text: TemplateText) -> Compiled:
        """Compile one text; what is wrong with it is in the problems of what is returned."""
        try:
            parsed = ParsedMako(text)
            problems = list(parsed.problems(self._options.cache_impl is not None))
            template = None
            if not problems:
                template = make_template(parsed, self._options, self._lookup)
        except MakoException as error:
            problem = not_compiled(text, _reason(error), getattr(error, "lineno", None))
        except SyntaxError as error:
            line = error.lineno if error.filename == code_file(text) else None
            problem = not_compiled(text, error.msg, line)
        else:
            return Compiled(text, template, [*parsed.references()], problems, parsed.members())
        return Compiled(text, problems=[problem])

    def keep(self, name: str, template: Any) -> None:
        """Have a compiled template at hand for rendering."""
        self._templates[name] = template

    def fill(self, name: str, context: Mapping[str, Any]) -> str:
        """Fill a template that was loaded.

        :raises TemplateError: when it uses one that was not
        :raises ValueError: when the context has a name that Mako keeps for itself
        """
        KEPT.check(f"The context of template '{name}'", context)
        data = {**self._options.globals, **context, **self._options.filters}
        return str(self._templates[name].render_unicode(**data))


class _Lookup:
    """Gives the templates of a library to Mako, and no others."""

    def __init__(self, library: TemplateLibrary, templates: Mapping[str, Any]) -> None:
        self._library = library
        self._templates = templates

    def adjust_uri(self, uri: str, relativeto: str | None) -> str:
        return "/" + resolve(uri, relativeto or "")

    def has_template(self, uri: str) -> bool:
        return resolve(uri, "") in self._templates

    def get_template(self, uri: str, relativeto: str | None = None) -> Any:
        name = resolve(uri, relativeto or "")
        if name not in self._templates:
            raise self._library.not_loaded(name)
        return self._templates[name]


def _reason(error: MakoException) -> str:
    if isinstance(error.__context__, SyntaxError):
        return error.__context__.msg
    return PLACE.sub("", str(error))
