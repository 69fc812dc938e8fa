"""Render functions from Mako templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from clastic.render.template_factory import TemplateFactory, check_callable, engine_for
from clastic.render.templates import TemplatePaths, TemplateSource


class MakoRenderFactory(TemplateFactory):
    """Makes a render function of the name of a Mako template.

    What is wrong with a template shows when the application is constructed: a template is compiled
    when its render function is made, and so is each template that it inherits from, includes or
    has as a namespace. After that nothing is read from disk. ``${name}`` is escaped for HTML,
    ``${name | n}`` is not; what a ``%def`` gives is HTML already, but for ``${capture(part) | n}``.
    Mako escapes before it applies the filters that an expression names.

    As Mako has it, names in a template are relative to its directory, or begin with ``/``. A name
    made at run time, ``<%include file="/parts/${kind}.html"/>``, can come to any template whose
    name fits, so all of those are compiled. Where the end of the name is not fixed, those fit that
    have the extension of the template that uses them.

    :param template_paths: a directory, or several; the first that has a name wins
    :param filters: name to function, for use as ``${value | name}`` besides those of Mako
    :param globals: name to value, for use in all templates; the context wins over it
    :param imports: lines of Python for the beginning of each template, such as ``import math``
    :param default_filters: the names of the filters for each expression; without ``h`` nothing is
        escaped
    :param strict_undefined: whether it is an error to use a name that the context does not have,
        even in a condition (``context.get('name')`` asks for it), or only to show it
    :param cache_impl: the cache plugin of Mako to use for what a template has ``cached``
    :param cache_args: settings for that plugin
    :param debug: look for changed files before each render, and load all anew if there are any
    :param templates: name to text of more templates; these win over files
    :raises ModuleNotFoundError: when Mako is not installed
    :raises TemplateError: when a directory does not exist
    :raises TypeError: when a filter is not callable
    :raises ValueError: when a filter or a global has a name that Mako keeps for itself
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
        with engine_for(type(self).__name__, "mako"):
            from clastic.render.mako_loading import MakoLibrary
            from clastic.render.mako_modules import MakoOptions
        check_callable("filter", filters or {})
        options = MakoOptions(
            filters=dict(filters or {}),
            globals=dict(globals or {}),
            imports=tuple(imports),
            default_filters=tuple(default_filters),
            strict_undefined=strict_undefined,
            cache_impl=cache_impl,
            cache_args=dict(cache_args or {}),
        )
        source = TemplateSource(template_paths, templates)
        super().__init__(partial(MakoLibrary, source, options), debug=debug)
