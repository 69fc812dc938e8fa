"""Collect what is wrong with an application while it is constructed, and report it at once.

A problem that keeps the application from working is reported by a :class:`WiringError`, a likely
mistake by a :class:`WiringWarning`. Each kind of mistake has a code of :data:`WARNING_CODES`.
"""

from __future__ import annotations

import inspect
import os
import re
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeVar

_MAX_ROUTES_NAMED = 3

WARNING_CODES = MappingProxyType(
    {
        "duplicate-route": "an earlier route has the same pattern and methods",
        "unreachable-route": "earlier routes respond to all requests of a route",
        "near-miss": "nothing provides an argument with a default, but a similar name exists",
        "wrong-annotation": "an annotation contradicts the type of a value of the path",
        "misspelt-attribute": "a subclass sets an attribute that is similar to one that is used",
        "missing-return": "a method of a middleware returns nothing",
        "replaced-middleware": "an outer middleware of the same type replaces an inner one",
        # These may be intended: only the development server reports them.
        "unused-value": "no function takes a value that a pattern binds",
        "unused-resource": "no function takes a resource",
        "static-without-route": "only the development server serves a folder of files",
    }
)
"""The codes of likely mistakes, each with its meaning."""

_NO_CODES: frozenset[str] = frozenset()

WarningMode = Literal["warn", "raise", "ignore"]

Error = TypeVar("Error", bound=Exception)


class Problem(NamedTuple):
    """One mistake in how an application was put together.

    :param where: who has the problem, with file and line where they are known
    :param what: what is wrong, as the end of a sentence that begins with ``where``
    :param remedy: one thing to do, as a whole sentence
    :param wanted: the name that was looked up; the closest one in ``available`` is suggested
    :param available: the names that can be used there, in the order to show them
    :param route: the pattern of the route it was found on, unless ``where`` names it already
    :param code: the code of a likely mistake; ``None`` for what cannot work
    :param error_type: a type that the raised error is an instance of, too: Clastic 26 raised it
    """

    where: str
    what: str
    remedy: str
    wanted: str | None = None
    available: tuple[str, ...] | None = None
    route: str | None = None
    code: str | None = None
    error_type: type[Exception] | None = None


class Problems:
    """The problems found during one construction.

    Checks take a collector, add what they find, and go on, so that one :class:`WiringError` or
    :class:`WiringWarning` reports everything. Likely mistakes are not counted by ``len()``.

    :param ignored: the codes of likely mistakes that are not reported
    """

    def __init__(self, ignored: Collection[str] = ()) -> None:
        self._found: list[Problem] = []
        self._ignored = ignored
        self._unreliable_names: set[str] = set()
        self.likely: list[Problem] = []

    def add(
        self,
        where: str,
        what: str,
        remedy: str,
        *,
        wanted: str | None = None,
        available: tuple[str, ...] | None = None,
        route: str | None = None,
        error_type: type[Exception] | None = None,
    ) -> None:
        """Add a problem; the parameters are those of :class:`Problem`."""
        problem = Problem(where, what, remedy, wanted, available, route, error_type=error_type)
        self._found.append(problem)

    def add_likely(
        self,
        code: str,
        where: str,
        what: str,
        remedy: str,
        *,
        wanted: str | None = None,
        available: tuple[str, ...] | None = None,
        route: str | None = None,
        ignored: Collection[str] = (),
    ) -> None:
        """Add a likely mistake; the parameters are those of :class:`Problem`.

        :param ignored: the codes that the route ignores, in addition to those of the application
        """
        if code not in self._ignored and code not in ignored:
            self.likely.append(Problem(where, what, remedy, wanted, available, route, code))

    def extend(self, problems: Iterable[Problem]) -> None:
        """Add problems that were found elsewhere."""
        self._found.extend(problems)

    def expect_missing(self, names: Iterable[str]) -> None:
        """Mark names as missing only because of a problem that is reported already."""
        self._unreliable_names.update(names)

    def is_expected(self, name: str) -> bool:
        """Return whether a missing name follows from a problem that is reported already."""
        return name in self._unreliable_names

    def raise_if_any(self) -> None:
        """Raise a :class:`WiringError` if a problem was found."""
        if self._found:
            raise error_class(WiringError, self._found)(self._found)

    def report(self, mode: WarningMode) -> None:
        """Raise a :class:`WiringError` if a problem was found, else report the likely mistakes.

        :param mode: ``warn`` issues one :class:`WiringWarning` at the line of the first caller
            outside of the framework, ``raise`` makes likely mistakes problems, too
        """
        if mode == "raise":
            self._found += self.likely
        self.raise_if_any()
        if self.likely and mode == "warn":
            warnings.warn(WiringWarning(self.likely), stacklevel=_level_of_caller())

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class WiringError(NameError):
    """An application could not be constructed.

    :param problems: the problems, in the order found. One that was found on several routes is
        reported once, with the routes
    :param subject: what has the problems
    """

    def __init__(self, problems: Iterable[Problem], subject: str = "this application") -> None:
        self.problems, texts = _summarize(problems)
        super().__init__(_format_report(texts, f"problems in {subject}"))


def error_class(base: type[Error], problems: Iterable[Problem]) -> type[Error]:
    """Return a class of errors that has the ``error_type`` of each problem as a base, too.

    Types that cannot be combined with the others, such as :exc:`OSError`, are left out.
    """
    result = base
    for error_type in dict.fromkeys(problem.error_type for problem in problems):
        if error_type is not None and not issubclass(result, error_type):
            names = {"__module__": base.__module__, "__str__": base.__str__}
            with suppress(TypeError):
                result = type(base.__name__, (result, error_type), names)
    return result


class WiringWarning(UserWarning):
    """An application was constructed, but probably contains a mistake.

    :param problems: the likely mistakes, as in :class:`WiringError`, each with its code
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems, texts = _summarize(problems)
        remedy = f"pass ignore=[{self.problems[0].code!r}] to the route or the application."
        what = "\n  If it is intended" if len(texts) == 1 else "\n\nIf one is intended"
        report = _format_report(texts, "likely mistakes in this application")
        super().__init__(f"{report}{what}, {remedy}")


def checked_codes(where: str, codes: Iterable[str]) -> frozenset[str]:
    """Return the codes of likely mistakes to ignore.

    :param where: who ignores them
    :raises ValueError: if one is not a code
    """
    given = (codes,) if isinstance(codes, str) else tuple(codes)
    if not given:
        return _NO_CODES  # shared by thousands of routes
    for code in given:
        if code not in WARNING_CODES:
            suggestion = did_you_mean(str(code), WARNING_CODES)
            raise ValueError(
                f"{where} has ignore={list(given)!r}, and {code!r} is not the code of a warning. "
                + (suggestion or f"The codes are {', '.join(WARNING_CODES)}.")
            )
    return frozenset(given)


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that ``name`` is most likely a misspelling of, or ``None``.

    Messages about patterns, methods, middlewares and paths use it too.
    """
    from difflib import get_close_matches  # most applications have no problem to report

    matches = get_close_matches(name, list(candidates), n=1)
    return matches[0] if matches else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Return ``Did you mean 'candidate'?`` for the closest candidate, or an empty string."""
    match = closest(name, candidates)
    return f"Did you mean '{match}'?" if match else ""


def misspelling(name: str, names: Iterable[str], *, plurals: bool = False) -> str | None:
    """Return the name of which another one is almost certainly a misspelling, or ``None``.

    That is stricter than :func:`closest`: one letter is missing, added or replaced, two neighbours
    are swapped, or only case, dashes and underscores differ. Short names may be different words.

    :param plurals: whether a plural can be a misspelling of the singular, and the reverse
    """
    return next((each for each in names if _is_misspelt(name, each, plurals=plurals)), None)


def _is_misspelt(name: str, other: str, *, plurals: bool) -> bool:
    name, other = (re.sub("[_-]", "", text).lower() for text in (name, other))
    if name == other:
        return True
    shorter = min(len(name), len(other))
    start = _common_length(name, other)
    end = _common_length(name[start:][::-1], other[start:][::-1])
    changes = sorted([name[start : len(name) - end], other[start : len(other) - end]], key=len)
    if [*map(len, changes)] == [2, 2]:
        return shorter >= 4 and changes[0] == changes[1][::-1]
    if [*map(len, changes)] == [1, 1]:
        return shorter >= 6 and "".join(changes).isalpha()
    if [*map(len, changes)] != [0, 1]:
        return False
    if end:
        return shorter >= 3 and start > 0
    return plurals if changes[1] == "s" else shorter >= 6


def _common_length(first: str, second: str) -> int:
    """Return how many characters two texts begin with alike."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(first), len(second)))


def _level_of_caller() -> int:
    """Return the ``stacklevel`` for a warning of the function that calls this one."""
    package = os.path.dirname(__file__) + os.sep
    frame = inspect.currentframe()
    level = 0
    while frame is not None and frame.f_code.co_filename.startswith(package):
        frame = frame.f_back
        level += 1
    return level


def _summarize(problems: Iterable[Problem]) -> tuple[tuple[Problem, ...], list[str]]:
    """Return the distinct problems, and the text of each with all routes it was found on."""
    distinct: dict[tuple[str, str, str], tuple[Problem, list[str]]] = {}
    for problem in problems:
        key = problem.where, problem.what, problem.remedy
        _, routes = distinct.setdefault(key, (problem, []))
        if problem.route is not None and problem.route not in routes:
            routes.append(problem.route)
    texts = [_format_problem(*item) for item in distinct.values()]
    return tuple(problem for problem, _ in distinct.values()), texts


def _format_report(texts: Sequence[str], title: str) -> str:
    if len(texts) == 1:
        return texts[0]
    numbered = "\n\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
    return f"{len(texts)} {title}:\n\n{numbered}"


def _format_problem(problem: Problem, routes: Sequence[str]) -> str:
    code = f" [{problem.code}]" if problem.code else ""
    lines = [f"{problem.where} {problem.what}.{code}"]
    if routes:
        lines.append(_format_routes(routes))
    if problem.available:
        suggestion = did_you_mean(problem.wanted, problem.available) if problem.wanted else ""
        lines.append(f"Available here: {', '.join(problem.available)}. {suggestion}".rstrip())
    lines.append(problem.remedy)
    return "\n  ".join(lines)


def _format_routes(routes: Sequence[str]) -> str:
    named = ", ".join(f"'{route}'" for route in routes[:_MAX_ROUTES_NAMED])
    more = len(routes) - _MAX_ROUTES_NAMED
    suffix = f" and {more} more" if more > 0 else ""
    return f"Found on route{'s' if len(routes) > 1 else ''} {named}{suffix}."
