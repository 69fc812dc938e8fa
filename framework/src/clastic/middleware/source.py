"""Check what the source of a middleware's methods passes to ``next``, and that it returns."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from clastic.describe import describe_role
from clastic.signature import read_signature
from clastic.wiring import Problems


def check_source(
    function: Any, attribute: str, provides: tuple[str, ...], problems: Problems
) -> None:
    """Check a method of a middleware as far as its source shows.

    :param function: the bound method
    :param attribute: the attribute that declares what it provides
    :param provides: the value of this attribute
    """
    tree = _read_source(function)
    if tree is not None:
        _check_next_calls(function, tree, attribute, provides, problems)
        _check_return(function, tree, problems)


def may_return_nothing(function: Any) -> bool:
    """Return whether the source shows that a function can end without returning a value."""
    tree = _read_source(function)
    return tree is not None and not (all(_returned(tree)) and _always_ends(tree.body))


def _check_next_calls(
    function: Any,
    tree: ast.FunctionDef,
    attribute: str,
    provides: tuple[str, ...],
    problems: Problems,
) -> None:
    """Check the arguments of the calls of ``next`` that the source shows."""
    for line, call in _next_calls(function, tree):
        given = [*provides[: len(call.args)], *(str(keyword.arg) for keyword in call.keywords)]
        undeclared = [name for name in given if name not in provides]
        missing = [name for name in provides if name not in given]
        twice = [name for name in provides if given.count(name) > 1]
        where = describe_role("Middleware", function)
        calls = f"calls {ast.unparse(call)} on line {line}"
        passed = ", ".join(f"{name}=..." for name in provides)
        own_argument = _own_argument(function, call, provides)
        if own_argument:
            problems.add(
                where,
                f"{calls}, but its own argument '{own_argument}' is not passed on by it",
                f"Write next({passed}). The functions inside take '{own_argument}' by name.",
            )
        elif len(call.args) > len(provides):
            problems.add(
                where,
                f"{calls} with {len(call.args)} positional arguments, "
                f"but declares {len(provides)} in {attribute}",
                f"Declare each value that it passes on in {attribute}, in order.",
            )
        elif undeclared:
            problems.add(
                where,
                f"{calls}, but '{undeclared[0]}' is not in its {attribute}",
                f"Use a declared name, or declare it too: "
                f"{attribute} = {(*provides, *undeclared)!r}.",
                wanted=undeclared[0],
                available=provides,
            )
        elif twice:
            problems.add(
                where,
                f"{calls}, which passes '{twice[0]}' by position and by name",
                "Pass each value once. Positional values are in the declared order.",
            )
        elif missing:
            problems.add(
                where,
                f"{calls} without '{missing[0]}', which it declares in {attribute}",
                f"Call next({passed}).",
            )


def _own_argument(function: Any, call: ast.Call, provides: tuple[str, ...]) -> str | None:
    """Return an argument of a function that it passes to ``next`` without having to."""
    undeclared = [k.value for k in call.keywords if k.arg not in provides]
    extra = [*call.args[len(provides) :], *undeclared]
    taken = [parameter.name for parameter in read_signature(function)]
    names = (each.id for each in extra if isinstance(each, ast.Name))
    return next((name for name in names if name in taken), None)


def _read_source(function: Any) -> ast.FunctionDef | None:
    """Return the syntax tree of a function, for a decorated one that of the wrapper.

    Return ``None`` if the source is not available.
    """
    code = getattr(function, "__code__", None)
    if code is None:
        return None
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(code))).body
    except (OSError, SyntaxError, ValueError):
        return None
    return tree if isinstance(tree, ast.FunctionDef) else None


def _next_calls(function: Any, tree: ast.FunctionDef) -> Iterator[tuple[int, ast.Call]]:
    """Yield the calls of ``next`` whose arguments the source shows, each with its line.

    Yield nothing if the source is not available or binds ``next`` again: then the call itself
    reports what is missing.
    """
    nodes = list(ast.walk(tree))
    bindings = sum(
        (isinstance(node, ast.arg) and node.arg == "next")
        or (isinstance(node, ast.Name) and node.id == "next" and isinstance(node.ctx, ast.Store))
        for node in nodes
    )
    if bindings != 1:
        return
    for node in nodes:
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", None) == "next"):
            continue
        is_explicit = not any(isinstance(argument, ast.Starred) for argument in node.args)
        if is_explicit and all(keyword.arg for keyword in node.keywords):
            yield function.__code__.co_firstlineno + node.lineno - 1, node


def _check_return(function: Any, tree: ast.FunctionDef, problems: Problems) -> None:
    """Report a method that calls ``next`` and has no ``return``."""
    calls = [call for _, call in _next_calls(function, tree)]
    if calls and not isinstance(tree.body[-1], ast.Raise) and not any(_returned(tree)):
        problems.add_likely(
            "missing-return",
            describe_role("Middleware", function),
            f"calls {ast.unparse(calls[-1])}, and returns nothing",
            "Return the result of next(), or another Response.",
        )


def _returned(tree: ast.AST) -> Iterator[bool]:
    """Yield for each ``return`` of a function whether it returns more than ``None``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Return):
            value = node.value
            yield value is not None and not (
                isinstance(value, ast.Constant) and value.value is None
            )
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield from _returned(node)


def _always_ends(body: list[ast.stmt]) -> bool:
    """Return whether statements end with ``return`` or ``raise`` on every way through them."""
    last = body[-1] if body else None
    if isinstance(last, ast.If):
        return _always_ends(last.body) and _always_ends(last.orelse)
    if isinstance(last, ast.Try):
        blocks = [last.orelse or last.body, *(handler.body for handler in last.handlers)]
        return _always_ends(last.finalbody) or all(map(_always_ends, blocks))
    if isinstance(last, ast.With):
        return _always_ends(last.body)
    return isinstance(last, (ast.Return, ast.Raise))
