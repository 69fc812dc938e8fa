"""Render functions from Ashes templates (the Dust language)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from clastic.render.ashes_loading import AshesLibrary
from clastic.render.template_factory import TemplateFactory, check_callable
from clastic.render.templates import TemplatePaths, TemplateSource


class AshesRenderFactory(TemplateFactory):
    """Makes a render function of the name of an Ashes template.

    What is wrong with a template shows when the application is constructed: a template is compiled
    when its render function is made, and so is each template that it includes. After that nothing
    is read from disk. ``{name}`` is escaped for HTML, ``{name|s}`` is not. ``{link.alias}`` looks
    up by key, so inside the context are mappings too.

    An include by a name made at run time, ``{>"{kind}.html"/}``, can come to any template whose
    name fits, so all of those are compiled. Where the end of the name is not fixed, those fit that
    have the extension of the including template.

    :param template_paths: a directory, or several; the first that has a name wins
    :param keep_whitespace: keep line breaks and indentation of the templates as they are
    :param filters: name to function, for use as ``{value|name}`` besides those of Ashes
    :param debug: look for changed files before each render, and load all anew if there are any
    :param templates: name to text of more templates; these win over files
    :raises TemplateError: when a directory does not exist
    :raises TypeError: when a filter is not callable
    """

    def __init__(
        self,
        template_paths: TemplatePaths | None = None,
        *,
        keep_whitespace: bool = True,
        filters: Mapping[str, Callable[[Any], Any]] | None = None,
        debug: bool = False,
        templates: Mapping[str, str] | None = None,
    ) -> None:
        filters = dict(filters or {})
        check_callable("filter", filters)
        source = TemplateSource(template_paths, templates)
        super().__init__(partial(AshesLibrary, source, keep_whitespace, filters), debug=debug)
