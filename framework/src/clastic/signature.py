"""Read which arguments a callable takes, for injection by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_VARARGS, CO_VARKEYWORDS
from types import FunctionType, MethodType
from typing import Any, NamedTuple

from clastic.describe import underlying_function

_SPECIAL = CO_ASYNC_GENERATOR | CO_COROUTINE | CO_GENERATOR | CO_VARARGS | CO_VARKEYWORDS


class UnreadableSignature(TypeError):
    """A callable cannot be called by injection.

    :param reason: the rest of a sentence that begins with the name of the callable
    :param remedy: a sentence that says what to do instead
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.reason = reason
        self.remedy = remedy


class Parameter(NamedTuple):
    """An argument that a callable takes.

    :param name: its name
    :param required: whether it has no default
    :param by_position: whether it can be passed by position
    :param by_keyword: whether it can be passed by keyword
    """

    name: str
    required: bool
    by_position: bool = True
    by_keyword: bool = True


Signature = tuple[Parameter, ...]
"""The arguments that a callable takes, in declared order."""


def required_names(signature: Signature) -> tuple[str, ...]:
    """Return the names of the arguments without a default."""
    return tuple(parameter.name for parameter in signature if parameter.required)


def read_signature(function: Callable[..., Any], *, ignore_kwargs: bool = False) -> Signature:
    """Return which arguments a callable takes, without those that a ``partial`` has bound.

    :param function: any callable: function, method, class, partial, builtin, callable object
    :param ignore_kwargs: leave ``**kwargs`` out instead of refusing it
    :raises UnreadableSignature: for ``*args`` and ``**kwargs``, async functions, generator
        functions, and builtins without a readable signature
    """
    # Plain functions are read from their code object, in a fifth of the time that
    # inspect.signature() takes: an application can have thousands of them.
    plain = _plain_function(function)
    if plain is function:
        return _read_code(plain)
    if plain is not None:
        if not plain.__code__.co_argcount:
            raise UnreadableSignature(
                "is a method that does not take self",
                "Add self as its first argument, or make it a staticmethod.",
            )
        return _read_code(plain)[1:]
    _refuse_deferred(function)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise UnreadableSignature(
            "has no readable signature",
            "Wrap it in a function with named arguments.",
        ) from error
    return _from_inspect(function, signature, ignore_kwargs)


def takes_kwargs(function: Callable[..., Any]) -> bool:
    """Return whether a callable whose signature is readable takes ``**kwargs``."""
    parameters = inspect.signature(function).parameters.values()
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)


def _plain_function(function: Callable[..., Any]) -> FunctionType | None:
    """Return the function behind a callable if its code object determines the signature."""
    plain: object = function
    if type(function) is MethodType:
        plain = function.__func__
    elif type(function) is not FunctionType:
        if hasattr(function, "__signature__") or hasattr(function, "__wrapped__"):
            return None
        plain = type(function).__call__
    if type(plain) is not FunctionType or plain.__dict__ or plain.__code__.co_flags & _SPECIAL:
        return None
    return plain


def _read_code(function: FunctionType) -> Signature:
    code = function.__code__
    positional = code.co_argcount
    first_default = positional - len(function.__defaults__ or ())
    keyword_defaults = function.__kwdefaults__ or {}
    names = code.co_varnames
    parameters = [
        Parameter(name, index < first_default, True, index >= code.co_posonlyargcount)
        for index, name in enumerate(names[:positional])
    ]
    parameters += [
        Parameter(name, name not in keyword_defaults, False, True)
        for name in names[positional : positional + code.co_kwonlyargcount]
    ]
    return tuple(parameters)


def _from_inspect(
    function: Callable[..., Any], signature: inspect.Signature, ignore_kwargs: bool
) -> Signature:
    # A wrapper may take only keyword arguments, even if the function it wraps takes positions.
    is_wrapper = hasattr(underlying_function(function), "__wrapped__")
    bound = function.keywords if isinstance(function, partial) else {}
    parameters = []
    for name, parameter in signature.parameters.items():
        kind = parameter.kind
        if name in bound or (ignore_kwargs and kind is parameter.VAR_KEYWORD):
            continue
        if kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            stars = "*" if kind is parameter.VAR_POSITIONAL else "**"
            raise UnreadableSignature(
                f"takes {stars}{name}, but arguments are injected by name",
                "Name each argument. A decorator can keep the arguments of the decorated function "
                "with functools.wraps or clastic.decorators.clastic_decorator.",
            )
        required = parameter.default is parameter.empty
        by_keyword = kind is not parameter.POSITIONAL_ONLY
        by_position = not by_keyword or (kind is parameter.POSITIONAL_OR_KEYWORD and not is_wrapper)
        parameters.append(Parameter(name, required, by_position, by_keyword))
    return tuple(parameters)


def _refuse_deferred(function: Callable[..., Any]) -> None:
    """Raise an error if calling the function does not run its code."""
    target = underlying_function(function)
    if inspect.iscoroutinefunction(target) or inspect.isasyncgenfunction(target):
        raise UnreadableSignature(
            "is an async function, which WSGI does not support",
            "Define it with def. To call async code from it, use asyncio.run().",
        )
    if inspect.isgeneratorfunction(target):
        raise UnreadableSignature(
            "is a generator function, so calling it runs none of its code",
            "Return a value. To stream, return Response(generator()).",
        )
