"""The interface of the modules in this package, and the data that they share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

FILES = Path(__file__).parents[1] / "files"
SECRET = "random text of thirty-two bytes."
TEXT = "Hello, World!"
PLAIN = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"

PAGE = {
    "title": "Links & more",
    "links": [{"url": f"/links/{i}?x=1&y=2", "text": f"Link <{i}>"} for i in range(10)],
}
"""The data of the template `page.html`."""


@dataclass
class Probe:
    """The results of the three middlewares, so that their work can be checked.

    - `request_ids`: the numbers of the requests, from the innermost middleware.
    - `statuses`: the number of responses by status, which is `200` or `"200 OK"`.
    - `seconds`: the total time of the requests, from the outermost middleware.
    """

    request_ids: Iterator[int] = field(default_factory=lambda: count(1))
    statuses: defaultdict[int | str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: float = 0.0


class Framework(Protocol):
    """A module of this package, as `measure.py` uses it."""

    DISTRIBUTION: str | None
    """The name of the installed distribution, or None."""

    HANDLER: str
    """The source of `handler_{i}`, which responds to `/r{i}/<id>` with `{i}:<id>`."""

    def build(self, case: str, probe: Probe) -> WSGIApplication:
        """Make the application for a case of `cases.py`."""

    def routes(self, handlers: Sequence[Any]) -> WSGIApplication:
        """Make an application in which `handlers[i]` handles GET of `/r{i}/<id>`."""


def distinct_handlers(framework: Framework, number: int) -> list[Callable[..., Any]]:
    """Define `number` handlers with separate code objects in the module of `framework`.

    In a real application, handlers do not share a code object either. Closures would, and a
    framework could cache data for it.
    """
    source = "\n".join(framework.HANDLER.replace("{i}", str(i)) for i in range(number))
    namespace = vars(framework)
    exec(compile(source, "<handlers>", "exec"), namespace)
    return [namespace[f"handler_{i}"] for i in range(number)]
