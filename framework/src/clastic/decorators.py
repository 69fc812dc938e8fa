"""Lifting a signature through a decorator, so that injection sees what the function takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import update_wrapper, wraps
from typing import Any, TypeVar

from clastic.describe import callable_name

Function = TypeVar("Function", bound=Callable[..., Any])
Decorator = Callable[[Function], Callable[..., Any]]

PASSES_ON = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def clastic_decorator(decorator: Decorator[Any]) -> Decorator[Any]:
    """Make a decorator keep the arguments of the function that it decorates.

    A wrapper that takes ``**kwargs`` hides the names by which arguments are injected. Under this
    decorator the function it gives takes the wrapped function's arguments, and those that the
    wrapper names itself::

        @clastic_decorator
        def logged_in(function):
            def wrapper(request, **kwargs):
                if "user" not in request.cookies:
                    raise Unauthorized()
                return function(**kwargs)
            return wrapper

    A wrapped function that takes ``request`` too gets it from the wrapper, which passes it on.
    A wrapper without ``**kwargs`` is left with the arguments that it names.

    :param decorator: takes a function and gives the function to use in its place
    :raises TypeError: when the decorator gives something that is not callable, at decoration
    """

    @wraps(decorator)
    def lifted(function: Callable[..., Any]) -> Callable[..., Any]:
        wrapper = decorator(function)
        if wrapper is function:
            return function
        if not callable(wrapper):
            raise TypeError(
                f"decorator {callable_name(decorator)} gave {wrapper!r} "
                f"for {callable_name(function)}, which is not callable. "
                "Return the wrapper function at its end."
            )
        own = inspect.signature(wrapper, follow_wrapped=False)
        lifted_signature = _merged(own, inspect.signature(function))
        update_wrapper(wrapper, function)
        wrapper.__signature__ = lifted_signature  # type: ignore[attr-defined]
        return wrapper

    return lifted


def _merged(own: inspect.Signature, wrapped: inspect.Signature) -> inspect.Signature:
    """The arguments a wrapper names itself, then those that it passes on.

    They go by keyword, but for those that the wrapper takes by position only, and the first where
    it can go by position: in a method that is ``self``.
    """
    kinds = {parameter.kind for parameter in own.parameters.values()}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        return own
    named = [parameter for parameter in own.parameters.values() if parameter.kind not in PASSES_ON]
    names = {parameter.name for parameter in named}
    passed_on = [
        parameter for parameter in wrapped.parameters.values() if parameter.name not in names
    ]
    kept = [parameter for parameter in named if parameter.kind is parameter.POSITIONAL_ONLY]
    if named or inspect.Parameter.VAR_POSITIONAL in kinds:
        kept += [*named, *passed_on][:1]
    merged = [
        parameter
        if parameter in kept or parameter.kind in PASSES_ON
        else parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in (*named, *passed_on)
    ]
    return inspect.Signature(sorted(merged, key=lambda parameter: parameter.kind))
