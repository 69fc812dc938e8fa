"""What a module of this package offers, and what they share."""

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
"""What the template `page.html` shows."""


@dataclass
class Probe:
    """Where the three middlewares leave their traces, so that their work can be checked.

    - `request_ids`: the numbers that the first one gives to the requests.
    - `statuses`: how often the second one saw each status, in the form in which its framework
      keeps it (`200` or `"200 OK"`).
    - `seconds`: what the third one measured, added up.
    """

    request_ids: Iterator[int] = field(default_factory=lambda: count(1))
    statuses: defaultdict[int | str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: float = 0.0


class Framework(Protocol):
    """A module of this package, as `measure.py` uses it."""

    DISTRIBUTION: str | None
    """The name to look the version up by; None for what is not installed."""

    HANDLER: str
    """Source text that defines `handler_{i}`, which answers `/r{i}/<id>` with `{i}:<id>`."""

    def build(self, case: str, probe: Probe) -> WSGIApplication:
        """Make the application that answers the case named `case` (see `cases.py`)."""

    def routes(self, handlers: Sequence[Any]) -> WSGIApplication:
        """Make an application in which `handlers[i]` answers GET of `/r{i}/<id>`."""


def distinct_handlers(framework: Framework, number: int) -> list[Callable[..., Any]]:
    """Define `number` handlers, each with code of its own, in the module of `framework`.

    Handlers that came from one closure would share one code object, and whatever a framework
    remembers about it; in a real application every handler was written out.
    """
    source = "\n".join(framework.HANDLER.replace("{i}", str(i)) for i in range(number))
    namespace = vars(framework)
    exec(compile(source, "<handlers>", "exec"), namespace)
    return [namespace[f"handler_{i}"] for i in range(number)]
