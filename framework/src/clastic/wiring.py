"""What is wrong with how an application was put together, where, and how to mend it.

Nothing here decides whether something is wrong: the modules below find the problems, this one
gives every one of them the same four parts and reports all of an application's together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

ROUTES_NAMED = 3


class Problem(NamedTuple):
    """One mistake in how an application was put together.

    :param where: who has the problem, with file and line where they are known
    :param what: what is wrong, as the end of a sentence that begins with ``where``
    :param remedy: one thing to do, a whole sentence
    :param wanted: the name that was looked for, to find the closest one to it
    :param available: the names that could have been used there, in the order to show them
    :param route: the pattern of the route it was found on, where ``where`` does not say it already
    """

    where: str
    what: str
    remedy: str
    wanted: str | None = None
    available: tuple[str, ...] | None = None
    route: str | None = None


class WiringError(NameError):
    """An application could not be constructed: all that is wrong with it, at once.

    :param problems: what was found, in the order it was found; the same problem found on several
        routes is reported once and names the routes
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        distinct: dict[tuple[str, str, str], tuple[Problem, list[str]]] = {}
        for problem in problems:
            said = problem.where, problem.what, problem.remedy
            _, routes = distinct.setdefault(said, (problem, []))
            if problem.route is not None and problem.route not in routes:
                routes.append(problem.route)
        self.problems = tuple(problem for problem, _ in distinct.values())
        super().__init__(_report([_text(*item) for item in distinct.values()]))


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """Give the candidate that ``name`` is most likely a misspelling of, or ``None``."""
    # Imported here, for most applications are put together rightly.
    from difflib import get_close_matches

    matches = get_close_matches(name, list(candidates), n=1)
    return matches[0] if matches else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Give ``Did you mean 'candidate'?`` for the closest candidate, or the empty string."""
    match = closest(name, candidates)
    return f"Did you mean '{match}'?" if match else ""


def _report(texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    numbered = "\n\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
    return f"{len(texts)} problems in this application:\n\n{numbered}"


def _text(problem: Problem, routes: Sequence[str]) -> str:
    lines = [f"{problem.where} {problem.what}."]
    if routes:
        lines.append(_route_line(routes))
    if problem.available:
        suggestion = did_you_mean(problem.wanted, problem.available) if problem.wanted else ""
        lines.append(f"Available here: {', '.join(problem.available)}. {suggestion}".rstrip())
    lines.append(problem.remedy)
    return "\n  ".join(lines)


def _route_line(routes: Sequence[str]) -> str:
    named = ", ".join(f"'{route}'" for route in routes[:ROUTES_NAMED])
    more = len(routes) - ROUTES_NAMED
    suffix = f" and {more} more" if more > 0 else ""
    return f"Found on route{'s' if len(routes) > 1 else ''} {named}{suffix}."
