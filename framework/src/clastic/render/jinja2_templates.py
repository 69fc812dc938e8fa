"""Render functions from Jinja2 templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from clastic.render.template_factory import TemplateFactory, check_callable, engine_for
from clastic.render.templates import TemplatePaths, TemplateSource

if TYPE_CHECKING:
    import jinja2


class Jinja2RenderFactory(TemplateFactory):
    """Makes a render function of the name of a Jinja2 template.

    What is wrong with a template shows when the application is constructed: a template is compiled
    when its render function is made, and so is each template that it extends, includes or imports.
    After that nothing is read from disk. ``{{ name }}`` is escaped for HTML in every template,
    whatever its extension; ``{{ name|safe }}`` is not. A name that the context does not have is an
    error where it is used (``jinja2.StrictUndefined``); ``{% if name is defined %}`` asks for it.

    A name made at run time, ``{% include "parts/" ~ kind ~ ".html" %}``, can come to any template
    whose name fits, so all of those are compiled. Where the end of the name is not fixed, those fit
    that have the extension of the template that uses them.

    :param template_paths: a directory, or several; the first that has a name wins
    :param environment: an environment to take syntax, extensions, policies, undefined names, and
        all else from that is not given here; it is not changed, and its loader is not used
    :param autoescape: whether to escape, or a function that tells it of the name of a template;
        that of ``environment`` does not count
    :param filters: name to function, for use as ``{{ value|name }}`` besides those of Jinja2
    :param tests: name to function, for use as ``{% if value is name %}`` besides those of Jinja2
    :param globals: name to value, for use in all templates; the context wins over it
    :param debug: look for changed files before each render, and load all anew if there are any
    :param templates: name to text of more templates; these win over files
    :raises ModuleNotFoundError: when Jinja2 is not installed
    :raises TemplateError: when a directory does not exist
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
        with engine_for(type(self).__name__, "jinja2"):
            from clastic.render.jinja2_loading import Jinja2Library, make_environment
        check_callable("filter", filters or {})
        check_callable("test", tests or {})
        source = TemplateSource(template_paths, templates)
        new_environment = partial(
            make_environment,
            environment,
            autoescape=autoescape,
            filters=dict(filters or {}),
            tests=dict(tests or {}),
            globals=dict(globals or {}),
        )
        super().__init__(partial(Jinja2Library, source, new_environment), debug=debug)
