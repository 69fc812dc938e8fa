"""Collect what is wrong with an application while it is constructed, and report it at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_MAX_ROUTES_NAMED = 3


class Problem(NamedTuple):
    """One mistake in how an application was put together.

    :param where: who has the problem, with file and line where they are known
    :param what: what is wrong, as the end of a sentence that begins with ``where``
    :param remedy: one thing to do, as a whole sentence
    :param wanted: the name that was looked up; the closest one in ``available`` is suggested
    :param available: the names that can be used there, in the order to show them
    :param route: the pattern of the route it was found on, unless ``where`` names it already
    """

    where: str
    what: str
    remedy: str
    wanted: str | None = None
    available: tuple[str, ...] | None = None
    route: str | None = None


class Problems:
    """The problems found during one construction.

    Checks take a collector, add what they find, and go on, so that one :class:`WiringError`
    reports everything.
    """

    def __init__(self) -> None:
        self._found: list[Problem] = []
        self._unreliable_names: set[str] = set()

    def add(
        self,
        where: str,
        what: str,
        remedy: str,
        *,
        wanted: str | None = None,
        available: tuple[str, ...] | None = None,
        route: str | None = None,
    ) -> None:
        """Add a problem; the parameters are those of :class:`Problem`."""
        self._found.append(Problem(where, what, remedy, wanted, available, route))

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
            raise WiringError(self._found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class WiringError(NameError):
    """An application could not be constructed.

    :param problems: the problems, in the order found. One that was found on several routes is
        reported once, with the routes
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        distinct: dict[tuple[str, str, str], tuple[Problem, list[str]]] = {}
        for problem in problems:
            key = problem.where, problem.what, problem.remedy
            _, routes = distinct.setdefault(key, (problem, []))
            if problem.route is not None and problem.route not in routes:
                routes.append(problem.route)
        self.problems = tuple(problem for problem, _ in distinct.values())
        super().__init__(_format_report([_format_problem(*item) for item in distinct.values()]))


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


def _format_report(texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    numbered = "\n\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
    return f"{len(texts)} problems in this application:\n\n{numbered}"


def _format_problem(problem: Problem, routes: Sequence[str]) -> str:
    lines = [f"{problem.where} {problem.what}."]
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
