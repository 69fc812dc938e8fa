"""Compile the functions that render the errors of an application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from clastic.chain import URL_BUILDER, Chain, ChainCompiler
from clastic.describe import describe_role
from clastic.errors import ErrorHandler, HTTPException
from clastic.http import BaseResponse, copy_response
from clastic.injection import plan_render_error
from clastic.routing.renders import checked_render
from clastic.routing.urls import URLBuilder
from clastic.wiring import Problems

if TYPE_CHECKING:
    from clastic.application import Application


def checked_errors(errors: Mapping[int, Any] | None) -> Mapping[int, Any]:
    """Return the ``errors`` of an application.

    :raises TypeError: if it is not a mapping
    :raises ValueError: if a key is not the status of an error
    """
    if errors is None:
        return {}
    if not isinstance(errors, Mapping):
        raise TypeError(f"errors= is {errors!r}, which is not a mapping. Write {{404: render}}.")
    for code in errors:
        if not isinstance(code, int) or not 400 <= code <= 599:
            raise ValueError(f"errors= has the key {code!r}. Use a status from 400 to 599.")
    return dict(errors)


class ErrorChainCompiler:
    """Compile what renders the errors of one application.

    :param application: the application
    :param compiler: the compiler of its chains
    :param problems: collects what is wrong
    """

    def __init__(
        self, application: Application, compiler: ChainCompiler, problems: Problems
    ) -> None:
        self._application = application
        self._compiler = compiler
        self._problems = problems

    def compile_handler(self, error_handler: ErrorHandler) -> Chain | None:
        """Compile the ``render_error`` of an error handler; return ``None`` for the default."""
        function = error_handler.render_error
        if type(error_handler).render_error is ErrorHandler.render_error:
            return None
        return self._compile(describe_role("Error handler", function), function)

    def compile_pages(self, errors: Mapping[int, Any]) -> Mapping[int, Chain] | None:
        """Compile error pages by their status; return ``None`` if there are none."""
        chains = {}
        for code, render in errors.items():
            where = f"The error page of {code}"
            function = render if callable(render) else self._make_render(where, render)
            chain = function and self._compile(where, function, takes_context=True)
            if chain is not None:
                chains[code] = chain
        return chains or None

    def _make_render(self, where: str, render: object) -> Callable[..., Any] | None:
        factory = self._application.render_factory
        if factory is None:
            self._problems.add(
                where,
                f"is {render!r}, but there is no render factory to turn it into a function",
                "Pass render_factory= to the application, or a function that returns a Response.",
            )
            return None
        # An application without templates does not import what they need.
        from clastic.render.template_base import TemplateError

        try:
            made = factory(render)
        except TemplateError as error:
            self._problems.extend(error.problems)
            return None
        return checked_render(where, render, factory, made, self._problems)

    def _compile(
        self, where: str, function: Callable[..., Any], *, takes_context: bool = False
    ) -> Chain | None:
        application, problems = self._application, self._problems
        step = plan_render_error(
            where, function, application.resources, problems, takes_context=takes_context
        )
        if step is None:
            return None
        names = [parameter.name for parameter in step.arguments]
        resources = application.lifecycle.bind_resources(application.resources, names, problems)
        urls = URLBuilder(application)
        constants = {**resources, "_application": application, URL_BUILDER: urls}
        return self._compiler.compile_render_error(where, step, constants)


def as_error_page(response: BaseResponse, error: HTTPException) -> BaseResponse:
    """Return a copy of the response of an error page, with what the error adds to it.

    It gets the status of the error, unless it has one other than 200, and the header fields of the
    error that it lacks, such as ``Allow``.
    """
    if response is error:
        return error
    page = copy_response(response)
    if page.status_code == 200:
        page.status_code = error.code
    for name, value in error.given_headers:
        page.headers.setdefault(name, value)
    return page
