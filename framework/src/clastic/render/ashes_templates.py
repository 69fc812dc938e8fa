"""Render functions from Ashes templates (the Dust language)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import ashes

from ..wiring import Problem
from .ashes_loading import Loading
from .templates import (
    TemplateError,
    TemplatePaths,
    TemplateRender,
    TemplateSource,
    TemplateText,
    stamp_of,
)


class AshesRenderFactory:
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
        for name, function in (filters or {}).items():
            if not callable(function):
                raise TypeError(f"filter '{name}' is {function!r}, which is not callable")
        source = TemplateSource(template_paths, templates)
        self._new_library = partial(_Library, source, keep_whitespace, dict(filters or {}))
        self._library = self._new_library()
        self._debug = debug

    def __call__(self, template_name: str) -> TemplateRender:
        """Make the render function of a template. It takes ``context``, a mapping.

        :param template_name: a path relative to one of the directories, with ``/`` between parts
        :raises TemplateError: when the template or one that it includes does not exist, does not
            compile, or uses a filter or helper that does not exist; and when ``template_name``
            is no text
        """
        if not isinstance(template_name, str):
            raise TemplateError([_no_name(template_name)])
        self._library.load(template_name)
        fill = self._fill_newest if self._debug else self._library.fill
        return TemplateRender(template_name, partial(fill, template_name))

    def _fill_newest(self, name: str, context: Mapping[str, Any]) -> str:
        library = self._library
        if library.is_outdated():
            newer = self._new_library()
            for loaded in library.asked_for:
                newer.load(loaded)
            self._library = library = newer
        return library.fill(name, context)


class _Library:
    """Compiled templates, as the files were at one time."""

    def __init__(
        self, source: TemplateSource, keep_whitespace: bool, filters: Mapping[str, Any]
    ) -> None:
        self._source = source
        self._environment = ashes.AshesEnv(
            keep_whitespace=keep_whitespace,
            filters=filters,
            loaders=[_NothingMore()],
            auto_reload=False,
        )
        self._texts: list[TemplateText] = []
        self.asked_for: list[str] = []

    def load(self, name: str) -> None:
        """Compile a template and all that it includes; none of them if anything is wrong."""
        loading = Loading(self._source, self._environment)
        loading.load(name)
        if loading.problems:
            raise TemplateError(loading.problems)
        for template, text in loading.compiled:
            self._environment.register(template)
            self._texts.append(text)
        self.asked_for.append(name)

    def fill(self, name: str, context: Mapping[str, Any]) -> str:
        return str(self._environment.render(name, context))

    def is_outdated(self) -> bool:
        return any(text.file and stamp_of(text.file) != text.stamp for text in self._texts)


class _NothingMore:
    """The loader that Ashes asks for a template which was not compiled at construction."""

    def load(self, name: str, env: Any) -> None:
        problem = Problem(
            f"Template '{name}'",
            "is included by a name made at run time, and was not there at construction",
            "Correct what the name is made of, or make the template and restart.",
            wanted=name,
            available=tuple(sorted(env.templates)),
        )
        raise TemplateError([problem])


def _no_name(value: object) -> Problem:
    return Problem(
        f"Template {value!r}",
        "is not the name of a template",
        "Give the name as text, or a callable that renders.",
    )
