"""Which of the routes of an application are looked at: those with some words, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from werkzeug.datastructures import MultiDict

from clastic.routing import BoundRoute
from clastic.routing.route import format_route

PAGE_SIZE = 100
LARGEST_PAGE = 1_000
LONGEST_WORDS = 200


class Numbered(NamedTuple):
    """A route, and its place in the order in which routes are tried, from 1."""

    number: int
    route: BoundRoute


@dataclass(frozen=True, slots=True)
class Selection:
    """What a request wants to see of the routes.

    :param words: routes must have all of these words, in any case, in what their ``repr`` tells:
        methods, pattern, endpoint, and its file and line
    :param page: from 1; the last one stands for any after it
    :param size: how many routes there are on a page
    """

    words: str = ""
    page: int = 1
    size: int = PAGE_SIZE

    @classmethod
    def from_query(cls, query: MultiDict[str, str]) -> Selection:
        """Read ``find``, ``page`` and ``size`` of a query; what makes no sense does not count."""
        words = " ".join(query.get("find", "")[:LONGEST_WORDS].split())
        return cls(
            words,
            max(1, query.get("page", 1, int)),
            min(LARGEST_PAGE, max(1, query.get("size", PAGE_SIZE, int))),
        )


class SelectedRoutes(NamedTuple):
    """What there is of a selection.

    :param matching: how many routes have the words
    :param page: the page that this is
    :param pages: how many there are, at least one
    """

    matching: int
    page: int
    pages: int
    routes: Sequence[Numbered]


def select(routes: Sequence[Numbered], selection: Selection) -> SelectedRoutes:
    """Find the routes of one page of a selection."""
    words = selection.words.casefold().split()
    matching = [each for each in routes if _has_all(each.route, words)] if words else routes
    pages = max(1, -(-len(matching) // selection.size))
    page = min(selection.page, pages)
    start = (page - 1) * selection.size
    return SelectedRoutes(len(matching), page, pages, matching[start : start + selection.size])


def _has_all(route: BoundRoute, words: Sequence[str]) -> bool:
    text = format_route(route.pattern, route.route).casefold()
    return all(word in text for word in words)
