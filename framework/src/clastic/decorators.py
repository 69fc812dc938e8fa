"""Keep the signature of a function through a decorator, so that injection sees its arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import update_wrapper, wraps
from inspect import Parameter
from typing import Any, TypeVar

from clastic.describe import callable_name

Function = TypeVar("Function", bound=Callable[..., Any])
Decorator = Callable[[Function], Callable[..., Any]]

_STARS = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def clastic_decorator(decorator: Decorator[Any]) -> Decorator[Any]:
    """Make a decorator keep the arguments of the function that it decorates.

    A wrapper that takes ``**kwargs`` hides the names by which arguments are injected. With this
    decorator it takes the arguments that it names itself and those of the wrapped function::

        @clastic_decorator
        def logged_in(function):
            def wrapper(request, **kwargs):
                if "user" not in request.cookies:
                    raise Unauthorized()
                return function(**kwargs)
            return wrapper

    A wrapped function that takes ``request`` too gets it only if the wrapper passes it on. A
    wrapper without ``**kwargs`` takes only the arguments that it names.

    :param decorator: takes a function and returns its replacement
    :raises TypeError: at decoration, if the decorator returns something that is not callable
    """

    @wraps(decorator)
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        wrapper = decorator(function)
        if wrapper is function:
            return function
        if not callable(wrapper):
            raise TypeError(
                f"decorator {callable_name(decorator)} returned {wrapper!r} for "
                f"{callable_name(function)}, which is not callable. "
                "Return the wrapper function at its end."
            )
        own = inspect.signature(wrapper, follow_wrapped=False)
        signature = _merge_signatures(own, inspect.signature(function))
        update_wrapper(wrapper, function)
        wrapper.__signature__ = signature  # type: ignore[attr-defined]
        return wrapper

    return decorate


def _merge_signatures(own: inspect.Signature, wrapped: inspect.Signature) -> inspect.Signature:
    """Return the arguments that a wrapper names itself, then those that it passes on.

    They are keyword-only, except those that the wrapper takes by position only, and the first if
    the wrapper can take it by position: in a method it is ``self``.
    """
    kinds = {parameter.kind for parameter in own.parameters.values()}
    if Parameter.VAR_KEYWORD not in kinds:
        return own
    named = {name: each for name, each in own.parameters.items() if each.kind not in _STARS}
    merged = [*named.values(), *(p for name, p in wrapped.parameters.items() if name not in named)]
    by_position = merged[:1] if named or Parameter.VAR_POSITIONAL in kinds else []
    by_position += [each for each in named.values() if each.kind is Parameter.POSITIONAL_ONLY]
    parameters = [
        each
        if each in by_position or each.kind in _STARS
        else each.replace(kind=Parameter.KEYWORD_ONLY)
        for each in merged
    ]
    return inspect.Signature(sorted(parameters, key=lambda parameter: parameter.kind))
