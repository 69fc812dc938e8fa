"""Render functions from Chameleon templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from clastic.render.template_factory import TemplateFactory, check_callable, engine_for
from clastic.render.templates import TemplatePaths, TemplateSource


class ChameleonRenderFactory(TemplateFactory):
    """Makes a render function of the name of a Chameleon page template.

    What is wrong with a template shows when the application is constructed: a template is compiled
    when its render function is made, and so is each template that it loads. After that nothing is
    read from disk. ``${name}`` is escaped for HTML, ``${structure: name}`` is not. A name that the
    context does not have is an error where it is used; ``${name | nothing}`` shows nothing for it.

    One template uses another by ``metal:use-macro="load: base.html"``, which fills the slots of the
    whole other one, or by ``tal:define="parts load: parts.html"`` for the macros of
    ``parts.macros``. The name is relative to the directory of the template that has it or, if
    nothing is there, to the template paths. A name made at run time, ``load: parts/${kind}.html``,
    can come to any template whose name fits, so all of those are compiled. Where the end of the
    name is not fixed, those fit that have the extension of the template that uses them.

    :param template_paths: a directory, or several; the first that has a name wins
    :param globals: name to value, for use in all templates; the context wins over it
    :param expression_types: name to type of expression, for use as ``${name: value}`` besides those
        of Chameleon
    :param translate: translates what a template has ``i18n:translate`` at; called with the message,
        and by name with ``domain``, ``mapping``, ``context``, ``target_language`` and ``default``
    :param restricted_namespace: refuse attributes with a prefix that was not declared, so that a
        misspelt ``tal:`` is found; ``False`` leaves such as ``v-on:click`` as they are
    :param debug: look for changed files before each render, and load all anew if there are any
    :param templates: name to text of more templates; these win over files
    :raises ModuleNotFoundError: when Chameleon is not installed
    :raises TemplateError: when a directory does not exist
    :raises TypeError: when a type of expression, or ``translate``, is not callable
    :raises ValueError: when a global has a name that Chameleon keeps for itself
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
        with engine_for(type(self).__name__, "chameleon"):
            from clastic.render.chameleon_loading import ChameleonLibrary
        check_callable("expression type", expression_types or {})
        settings: dict[str, Any] = {"restricted_namespace": restricted_namespace}
        if translate is not None:
            check_callable("option", {"translate": translate})
            settings["translate"] = translate
        library = partial(
            ChameleonLibrary,
            TemplateSource(template_paths, templates),
            dict(globals or {}),
            dict(expression_types or {}),
            settings,
        )
        super().__init__(library, debug=debug)
