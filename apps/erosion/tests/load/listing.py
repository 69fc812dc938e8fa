"""Read the links from erosion's pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from .client import Request, send_all


@dataclass(frozen=True)
class ListedLink:
    """A link on a page."""

    alias: str
    target_url: str
    click_count: int


class Listing(HTMLParser):
    """The links of one page, and the query of the page with older links (or None).

    A link is a list item with three texts: its URL, its target, and its state, which begins with
    the number of clicks.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[ListedLink] = []
        self.older: str | None = None
        self._texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "li":
            self._texts = []
        older = re.search(r"\?before=[0-9]+$", dict(attributes).get("href") or "")
        if older:
            self.older = older[0]

    def handle_data(self, data: str) -> None:
        self._texts += [data.strip()] if data.strip() else []

    def handle_endtag(self, tag: str) -> None:
        if tag == "li" and len(self._texts) > 2:
            address, target_url, state = self._texts[:3]
            alias = address.rpartition("/")[2]
            self.links.append(ListedLink(alias, target_url, int(state.partition(" ")[0])))


def read_links(base_url: str) -> dict[str, ListedLink]:
    """Return the links of all pages, by alias."""
    links: dict[str, ListedLink] = {}
    query: str | None = "?"
    while query is not None:
        (page,) = send_all(base_url, [Request(f"/{query}")])
        if page.status != 200:
            raise RuntimeError(f"Cannot read the links: {base_url} responded {page.status}.")
        listing = Listing(page.text)
        links |= {link.alias: link for link in listing.links}
        query = listing.older
    return links
