"""Declare the interface of the modules of this package, and the constants that they share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import jinja2

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

FILES = Path(__file__).parents[1] / "files"
SECRET = "random text of thirty-two bytes."
TEXT = "Hello, World!"
PLAIN = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"

PAGE = {
    "title": "Links & more",
    "links": [{"url": f"/links/{i}?x=1&y=2", "text": f"Link <{i}>"} for i in range(10)],
}
"""The variables of the template `page.html`."""


@dataclass
class Probe:
    """Records what the three middlewares do, so that their work can be checked.

    - `request_ids`: yields the number of the next request.
    - `statuses`: the number of responses by status, as a code or a status line.
    - `seconds`: the total time of the requests.
    """

    request_ids: Iterator[int] = field(default_factory=lambda: count(1))
    statuses: defaultdict[int | str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: float = 0.0


def templates() -> jinja2.Environment:
    """Create the environment for the template, for the frameworks that do not create one."""
    import jinja2  # not part of the start of a framework

    return jinja2.Environment(loader=jinja2.FileSystemLoader(FILES), autoescape=True)


class Framework(Protocol):
    """A module of this package. A new module is measured at every case that it does not lack."""

    DISTRIBUTION: str | None
    """The name of the installed distribution, or None."""

    LACKS: Collection[str]
    """The names of the cases that the framework has no means for."""

    HANDLER: str
    """Source that defines `handler_{i}`, the handler that responds `{i}:<id>` to `/r{i}/<id>`."""

    def build(self, case: str, probe: Probe) -> WSGIApplication:
        """Create the application for the case of that name in `cases.py`."""

    def routes(self, handlers: Sequence[Any]) -> WSGIApplication:
        """Create an application that routes GET requests for `/r{i}/<id>` to `handlers[i]`."""


def name_of(framework: Framework) -> str:
    """Return the name of a framework: that of its module."""
    return str(vars(framework)["__name__"]).rpartition(".")[2]


def define_handlers(source: str, number: int, namespace: dict[str, Any]) -> list[Any]:
    """Define `handler_0`, `handler_1`, ... in a namespace and return them.

    Each handler has its own code object, as in a real application. A framework could cache what it
    derives from a code object that all handlers share.
    """
    sources = "\n".join(source.replace("{i}", str(i)) for i in range(number))
    exec(compile(sources, "<handlers>", "exec"), namespace)
    return [namespace[f"handler_{i}"] for i in range(number)]
