"""What a callable takes, and which of it is optional.

Injection goes by name, so a signature here is a row of names. Plain functions and methods, the
usual case, are read from their code object; everything else goes through :mod:`inspect`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_VARARGS, CO_VARKEYWORDS
from types import FunctionType, MethodType
from typing import Any, NamedTuple, TypeGuard

from clastic.describe import underlying_function

REFUSED_CODE_FLAGS = CO_ASYNC_GENERATOR | CO_COROUTINE | CO_GENERATOR | CO_VARARGS | CO_VARKEYWORDS

STAND_INS = ("__signature__", "__wrapped__")
"""The attributes by which a callable tells that its signature is another's."""


class UnreadableSignature(TypeError):
    """A callable cannot be called by injection.

    :param reason: what is in the way, as the end of a sentence that begins with the callable
    :param remedy: what to do instead, a whole sentence
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.reason = reason
        self.remedy = remedy


class Parameter(NamedTuple):
    """One named argument of a callable.

    :param name: its name
    :param required: whether it has no default
    :param by_position: whether it may be passed by position
    :param by_keyword: whether it may be passed by keyword
    """

    name: str
    required: bool
    by_position: bool = True
    by_keyword: bool = True


class Signature(NamedTuple):
    """The arguments of a callable, in declared order."""

    parameters: tuple[Parameter, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All argument names, in declared order."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the arguments without a default, in declared order."""
        return tuple(parameter.name for parameter in self.parameters if parameter.required)

    def without_first(self) -> Signature:
        """Give the signature that is left when the first argument is passed already."""
        return Signature(self.parameters[1:])


def read_signature(function: Callable[..., Any], *, pass_over_kwargs: bool = False) -> Signature:
    """Read what a callable takes.

    Arguments that a :class:`functools.partial` has bound are not part of the signature: what was
    bound stays bound.

    :param function: any callable: function, method, class, partial, builtin, callable object
    :param pass_over_kwargs: leave ``**kwargs`` out of the signature instead of refusing it
    :raises UnreadableSignature: for ``*args`` and ``**kwargs``, coroutine functions, generator
        functions, and builtins that do not tell their signature
    """
    if type(function) is MethodType and _is_plain(function.__func__):
        if not function.__func__.__code__.co_argcount:
            raise UnreadableSignature(
                "is a method that does not take self",
                "Give it self as its first argument, or make it a staticmethod.",
            )
        return _read_code(function.__func__).without_first()
    if _is_plain(function):
        return _read_code(function)
    call = type(function).__call__
    if _is_plain(call) and not any(map(partial(hasattr, function), STAND_INS)):
        return _read_code(call).without_first()
    _refuse_deferred(function)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise UnreadableSignature(
            "does not tell which arguments it takes",
            "Wrap it in a function whose arguments have names.",
        ) from error
    return _from_inspect(function, signature, pass_over_kwargs)


def _is_plain(function: object) -> TypeGuard[FunctionType]:
    """Whether the code object of ``function`` tells all: nothing wraps it or stands in for it."""
    if type(function) is not FunctionType or function.__dict__:
        return False
    return not function.__code__.co_flags & REFUSED_CODE_FLAGS


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
    return Signature(tuple(parameters))


def _from_inspect(
    function: Callable[..., Any], signature: inspect.Signature, pass_over_kwargs: bool
) -> Signature:
    # A wrapper that only passes on what it is given may take keywords alone, whatever the
    # function it wraps would take by position.
    passes_on = hasattr(underlying_function(function), "__wrapped__")
    bound = function.keywords if isinstance(function, partial) else {}
    parameters = []
    for parameter in signature.parameters.values():
        if parameter.name in bound:
            continue
        if parameter.kind is parameter.VAR_KEYWORD and pass_over_kwargs:
            continue
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else "**"
            raise UnreadableSignature(
                f"takes {stars}{parameter.name}, and arguments are injected by name",
                "Name each argument it needs; a decorator can keep the names of what it wraps "
                "with functools.wraps or clastic.decorators.clastic_decorator.",
            )
        positional_only = parameter.kind is parameter.POSITIONAL_ONLY
        by_position = parameter.kind is parameter.POSITIONAL_OR_KEYWORD and not passes_on
        required = parameter.default is parameter.empty
        parameters.append(
            Parameter(parameter.name, required, by_position or positional_only, not positional_only)
        )
    return Signature(tuple(parameters))


def _refuse_deferred(function: Callable[..., Any]) -> None:
    target = underlying_function(function)
    if inspect.iscoroutinefunction(target) or inspect.isasyncgenfunction(target):
        raise UnreadableSignature(
            "is an async function, and WSGI calls functions that return",
            "Define it with def; to call async code from it, use asyncio.run().",
        )
    if inspect.isgeneratorfunction(target):
        raise UnreadableSignature(
            "is a generator function, so calling it runs none of its code",
            "Return a value; to stream, return Response(generator()).",
        )
