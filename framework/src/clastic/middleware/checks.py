"""Check a middleware by itself: its type, what it provides, its methods."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from keyword import iskeyword
from typing import Any
from unicodedata import normalize

from clastic.arguments import check_attributes
from clastic.describe import describe_role
from clastic.middleware.base import RESERVED_ARGS, SIDES, Middleware
from clastic.middleware.source import check_source
from clastic.signature import UnreadableSignature, read_signature
from clastic.wiring import Problems, did_you_mean

_ATTRIBUTES = (
    *(name for side in SIDES for name in side),
    "unique",
    "reorderable",
    "wsgi_wrapper",
    "finish",
)


def check_middleware(middleware: object, problems: Problems) -> bool:
    """Add what is wrong with a middleware to ``problems``; return whether nothing is.

    The names that a faulty one declares are expected to be missing elsewhere.
    """
    before = len(problems)
    if isinstance(middleware, Middleware):
        _check_sides(middleware, problems)
        _check_unused_methods(middleware, problems)
        _check_finish(middleware, problems)
        check_attributes(middleware, Middleware, _ATTRIBUTES, problems)
        if middleware.wsgi_wrapper is not None and not callable(middleware.wsgi_wrapper):
            problems.add(
                f"Middleware {middleware.name}",
                f"has a wsgi_wrapper that is not callable: {middleware.wsgi_wrapper!r}",
                "Use a callable that takes a WSGI application and returns one.",
                error_type=TypeError,
            )
    else:
        _report_other_object(middleware, problems)
    is_valid = len(problems) == before
    if not is_valid:
        problems.expect_missing(_declared_names(middleware))
    return is_valid


def report_reserved(problems: Problems, where: str, what: str) -> None:
    """Report the use of a name of :data:`~clastic.middleware.base.RESERVED_ARGS`."""
    problems.add(
        where,
        f"{what} a name reserved for the framework",
        f"Rename it. The reserved names are {', '.join(RESERVED_ARGS)}.",
    )


def check_resource_names(where: str, names: Iterable[str], problems: Problems) -> None:
    """Report resources whose names are reserved.

    :param where: who has the resources
    """
    for name in names:
        if name in RESERVED_ARGS:
            report_reserved(problems, where, f"has a resource '{name}',")


def _declared_names(middleware: object) -> set[str]:
    """Return the names that a middleware declares to provide, also where that is faulty."""
    declared: set[str] = set()
    for _, attribute in SIDES:
        provides = getattr(middleware, attribute, ())
        names = provides if isinstance(provides, (tuple, list)) else (provides,)
        declared.update(name for name in names if isinstance(name, str))
    return declared


def _report_other_object(middleware: object, problems: Problems) -> None:
    if isinstance(middleware, type) and issubclass(middleware, Middleware):
        name = middleware.__name__
        problems.add(
            f"Middleware {name}",
            "is a class, not an instance",
            f"Write {name}(...) in middlewares=.",
        )
        return
    if isinstance(middleware, (list, tuple)):
        problems.add(
            f"Middleware {middleware!r}",
            f"is a {type(middleware).__name__} in the list of middlewares",
            "Unpack it with *: middlewares=[..., *names].",
        )
        return
    problems.add(
        f"Middleware {middleware!r}",
        "is not a Middleware",
        "Make its class a subclass of clastic.Middleware.",
    )


def _check_sides(middleware: Middleware, problems: Problems) -> None:
    declared: dict[str, str] = {}
    for side, attribute in SIDES:
        before = len(problems)
        provides = getattr(middleware, attribute)
        function = getattr(middleware, side)
        _check_provides(middleware, attribute, provides, declared, problems)
        if function is not None:
            _check_method(function, side, problems)
            if len(problems) == before:
                check_source(function, attribute, tuple(provides), problems)
        elif provides:
            problems.add(
                f"Middleware {middleware.name}",
                f"declares {attribute} = {provides!r}, but has no {side} method to pass them on",
                f"Define {side}(self, next, ...), or remove {attribute}.",
            )


def _check_provides(
    middleware: Middleware,
    attribute: str,
    provides: object,
    declared: dict[str, str],
    problems: Problems,
) -> None:
    """Check one declaration; ``declared`` has the attribute by each name that was declared."""
    where = f"Middleware {middleware.name}"
    if isinstance(provides, str) or not isinstance(provides, (tuple, list)):
        is_text = isinstance(provides, str)
        problems.add(
            where,
            f"has {attribute} = {provides!r}, which is not a tuple of names",
            f"Write {attribute} = " + (f"({str(provides)!r},)." if is_text else "('name', ...)."),
        )
        return
    for name in provides:
        if not isinstance(name, str) or not _is_argument_name(name):
            problems.add(
                where,
                f"declares {name!r} in {attribute}, which cannot be an argument's name",
                "Use a Python identifier that is not a keyword.",
            )
        elif normalize("NFKC", name) != name:
            problems.add(
                where,
                f"declares {name!a} in {attribute}, a name that Python reads as "
                f"{normalize('NFKC', name)!a}",
                "Declare the name in that form.",
            )
        elif name in RESERVED_ARGS:
            report_reserved(problems, where, f"declares '{name}' in {attribute},")
        elif name in declared:
            both = attribute if declared[name] == attribute else f"{declared[name]} and {attribute}"
            problems.add(where, f"declares '{name}' twice, in {both}", "Keep one of the two.")
        else:
            declared[name] = attribute


def _is_argument_name(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name) and name != "__debug__"


def _check_method(function: Callable[..., Any], side: str, problems: Problems) -> None:
    try:
        parameters = read_signature(function)
    except UnreadableSignature as error:
        role = describe_role("Middleware", function)
        problems.add(role, error.reason, error.remedy, error_type=TypeError)
        return
    if not parameters or parameters[0].name != "next":
        first = f"takes '{parameters[0].name}' first" if parameters else "takes no argument"
        what = f"{first}, but its first argument must be next"
    elif not parameters[0].by_position and not hasattr(function, "__wrapped__"):
        what = "takes 'next' by keyword only"
    else:
        return
    problems.add(
        describe_role("Middleware", function),
        what,
        f"Define it as {side}(self, next, ...).",
        error_type=TypeError,
    )


def _check_unused_methods(middleware: Middleware, problems: Problems) -> None:
    """Report a method that takes ``next`` under another name, where no other is defined."""
    if any(getattr(middleware, side) is not None for side, _ in SIDES):
        return
    for name, function in vars(type(middleware)).items():
        if inspect.isfunction(function) and "next" in function.__code__.co_varnames[1:2]:
            problems.add(
                describe_role("Middleware", getattr(middleware, name)),
                "takes 'next', but only the methods request, endpoint and render are called",
                f"Rename it. {did_you_mean(name.lower(), [side for side, _ in SIDES])}".rstrip(),
            )


def _check_finish(middleware: Middleware, problems: Problems) -> None:
    if middleware.finish is None:
        return
    try:
        inspect.signature(middleware.finish).bind(None, None, None)
    except ValueError:  # a builtin that does not tell its signature
        return
    except TypeError:
        problems.add(
            describe_role("Middleware", middleware.finish),
            "cannot be called with a response, an environ and a route",
            "Define it as finish(self, response, environ, route).",
        )
