"""Whether a middleware keeps its own word, before any route is looked at."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator
from keyword import iskeyword
from typing import Any
from unicodedata import normalize

from clastic.describe import describe_role
from clastic.middleware.base import RESERVED_ARGS, SIDES, Middleware, immovable_repeats
from clastic.signature import UnreadableSignature, read_signature
from clastic.wiring import Problem, did_you_mean


def middleware_problems(middleware: object) -> Iterator[Problem]:
    """Find what is wrong with a middleware by itself: its kind, its provides, its functions."""
    if not isinstance(middleware, Middleware):
        yield _not_a_middleware(middleware)
        return
    declared: dict[str, str] = {}
    for side, attribute in SIDES:
        provides = getattr(middleware, attribute)
        function = getattr(middleware, side)
        problems = [
            *_provides_problems(middleware, attribute, provides, declared),
            *_function_problems(middleware, side, attribute, function),
        ]
        yield from problems
        if function is not None and not problems:
            yield from _next_call_problems(function, attribute, tuple(provides))
    yield from _idle_problems(middleware)
    if middleware.wsgi_wrapper is not None and not callable(middleware.wsgi_wrapper):
        yield Problem(
            f"Middleware {middleware.name}",
            f"has a wsgi_wrapper that is not callable: {middleware.wsgi_wrapper!r}",
            "Give it a callable that takes a WSGI application and returns one.",
        )


def declared_names(middleware: object) -> set[str]:
    """Give the names that a middleware declares to provide, on any side and however wrongly."""
    declared: set[str] = set()
    for _, attribute in SIDES:
        provides = getattr(middleware, attribute, ())
        names = provides if isinstance(provides, (tuple, list)) else (provides,)
        declared.update(name for name in names if isinstance(name, str))
    return declared


def repeat_problems(
    outer: Iterable[Middleware], inner: Iterable[Middleware], pattern: str | None = None
) -> Iterator[Problem]:
    """Find the middlewares that merging two lists would leave out, and that must not move.

    :param pattern: the route that they are merged for, to report it by
    """
    for middleware in immovable_repeats(outer, inner):
        yield Problem(
            f"Middleware {middleware.name}",
            "is included twice, and is not reorderable, so neither can be left out",
            "Remove one of the two.",
            route=pattern,
        )


def reserved(where: str, what: str) -> Problem:
    """Say that something has a name of :data:`~clastic.middleware.base.RESERVED_ARGS`."""
    return Problem(
        where,
        f"{what} a name reserved for the framework",
        f"Give it another name; reserved are {', '.join(RESERVED_ARGS)}.",
    )


def _not_a_middleware(middleware: object) -> Problem:
    if isinstance(middleware, type) and issubclass(middleware, Middleware):
        name = middleware.__name__
        return Problem(
            f"Middleware {name}",
            "is given as a class, and middlewares are instances",
            f"Write {name}(...) with its configuration in middlewares=.",
        )
    return Problem(
        f"Middleware {middleware!r}",
        "is not a Middleware",
        "Make its class a subclass of clastic.Middleware.",
    )


def _provides_problems(
    middleware: Middleware, attribute: str, provides: object, declared: dict[str, str]
) -> Iterator[Problem]:
    where = f"Middleware {middleware.name}"
    if isinstance(provides, str) or not isinstance(provides, (tuple, list)):
        yield Problem(
            where,
            f"has {attribute} = {provides!r}, which is not a tuple of names",
            f"Write {attribute} = ({str(provides)!r},)."
            if isinstance(provides, str)
            else f"Write {attribute} = ('name', ...).",
        )
        return
    for name in provides:
        if not isinstance(name, str) or not _names_an_argument(name):
            yield Problem(
                where,
                f"declares {name!r} in {attribute}, which cannot be an argument's name",
                "Use a Python identifier that is no keyword.",
            )
        elif normalize("NFKC", name) != name:
            yield Problem(
                where,
                f"declares {name!a} in {attribute}, a name that Python reads as "
                f"{normalize('NFKC', name)!a}",
                "Declare it as Python reads it.",
            )
        elif name in RESERVED_ARGS:
            yield reserved(where, f"declares '{name}' in {attribute},")
        elif name in declared:
            both = attribute if declared[name] == attribute else f"{declared[name]} and {attribute}"
            yield Problem(
                where,
                f"declares '{name}' twice, in {both}",
                "Keep one of the two.",
            )
        else:
            declared[name] = attribute


def _idle_problems(middleware: Middleware) -> Iterator[Problem]:
    """A middleware without functions is idle on purpose, unless one of another name takes next."""
    if any(getattr(middleware, side) is not None for side, _ in SIDES):
        return
    for name, function in vars(type(middleware)).items():
        if inspect.isfunction(function) and "next" in function.__code__.co_varnames[1:2]:
            yield Problem(
                describe_role("Middleware", getattr(middleware, name)),
                "takes 'next', but of its functions only request, endpoint and render are called",
                f"Rename it. {did_you_mean(name.lower(), [side for side, _ in SIDES])}".rstrip(),
            )


def _names_an_argument(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name) and name != "__debug__"


def _function_problems(
    middleware: Middleware, side: str, attribute: str, function: Callable[..., Any] | None
) -> Iterator[Problem]:
    if function is None:
        if getattr(middleware, attribute):
            yield Problem(
                f"Middleware {middleware.name}",
                f"declares {attribute} = {getattr(middleware, attribute)!r}, "
                f"but has no {side} function to pass them on",
                f"Define {side}(self, next, ...), or remove {attribute}.",
            )
        return
    try:
        parameters = read_signature(function).parameters
    except UnreadableSignature as error:
        yield Problem(describe_role("Middleware", function), error.reason, error.remedy)
        return
    if not parameters or parameters[0].name != "next":
        first = f"takes '{parameters[0].name}' first" if parameters else "takes no argument"
        what = f"{first}, where 'next' has to stand"
    elif not parameters[0].by_position and not hasattr(function, "__wrapped__"):
        what = "takes 'next' by keyword only"
    else:
        return
    yield Problem(
        describe_role("Middleware", function), what, f"Define it as {side}(self, next, ...)."
    )


def _next_call_problems(
    function: Callable[..., Any], attribute: str, provides: tuple[str, ...]
) -> Iterator[Problem]:
    for line, call in _next_calls(function):
        given = [*provides[: len(call.args)], *(str(keyword.arg) for keyword in call.keywords)]
        undeclared = [name for name in given if name not in provides]
        missing = [name for name in provides if name not in given]
        twice = [name for name in provides if given.count(name) > 1]
        where = describe_role("Middleware", function)
        calls = f"calls {ast.unparse(call)} on line {line}"
        if len(call.args) > len(provides):
            yield Problem(
                where,
                f"{calls} with {len(call.args)} by position, "
                f"but its {attribute} declares {len(provides)}",
                f"Declare each value that it passes on in {attribute}, in order.",
            )
        elif undeclared:
            yield Problem(
                where,
                f"{calls}, but '{undeclared[0]}' is not in its {attribute}",
                f"Use a declared name, or declare it too: "
                f"{attribute} = {(*provides, *undeclared)!r}.",
                wanted=undeclared[0],
                available=provides,
            )
        elif twice:
            yield Problem(
                where,
                f"{calls}, which passes '{twice[0]}' by position and by name",
                "Pass each value once; what goes by position goes in the order declared.",
            )
        elif missing:
            passed = ", ".join(f"{name}=..." for name in provides)
            yield Problem(
                where,
                f"{calls}, without '{missing[0]}' of its {attribute}",
                f"Call next({passed}).",
            )


def _next_calls(function: Callable[..., Any]) -> Iterator[tuple[int, ast.Call]]:
    """The calls of ``next`` whose arguments the source shows, each with its line in the file.

    Nothing where the source cannot be had or gives ``next`` another meaning somewhere: then the
    call itself reports what is missing. Of a decorated function that is the wrapper's source.
    """
    code = getattr(function, "__code__", None)
    if code is None:
        return
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
    except (OSError, SyntaxError):
        return
    nodes = list(ast.walk(tree))
    bound_again = sum(
        (isinstance(node, ast.arg) and node.arg == "next")
        or (isinstance(node, ast.Name) and node.id == "next" and isinstance(node.ctx, ast.Store))
        for node in nodes
    )
    if bound_again != 1:
        return
    for node in nodes:
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", None) == "next"):
            continue
        shown = not any(isinstance(argument, ast.Starred) for argument in node.args)
        if shown and all(keyword.arg for keyword in node.keywords):
            yield code.co_firstlineno + node.lineno - 1, node
