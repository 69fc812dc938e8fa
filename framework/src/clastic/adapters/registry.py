"""Find the adapters of Clastic and of other packages."""

from __future__ import annotations

import logging
from importlib.metadata import EntryPoint, entry_points

from clastic.adapters.base import Adapter, AdapterError
from clastic.wiring import closest

logger = logging.getLogger("clastic")

GROUP = "clastic.adapters"
"""The group of entry points by which other packages add adapters: subclasses of Adapter."""

_ADAPTERS = (
    ("gunicorn", "clastic.adapters.gunicorn:Gunicorn"),
    ("gunicorn-gevent", "clastic.adapters.gunicorn:GunicornGevent"),
    ("uwsgi", "clastic.adapters.uwsgi:Uwsgi"),
    ("granian", "clastic.adapters.granian:Granian"),
    ("waitress", "clastic.adapters.waitress:Waitress"),
    ("cheroot", "clastic.adapters.cheroot:Cheroot"),
    ("hypercorn", "clastic.adapters.asgi:Hypercorn"),
    ("uvicorn", "clastic.adapters.asgi:Uvicorn"),
    ("gevent", "clastic.adapters.gevent:Gevent"),
    ("bjoern", "clastic.adapters.bjoern:Bjoern"),
    ("fastcgi", "clastic.adapters.gateways:FastCgi"),
    ("scgi", "clastic.adapters.gateways:Scgi"),
    ("cgi", "clastic.adapters.gateways:Cgi"),
    ("wsgiref", "clastic.adapters.local:Wsgiref"),
    ("werkzeug", "clastic.adapters.local:Werkzeug"),
    ("console", "clastic.adapters.gateways:Console"),
)


def adapters() -> dict[str, Adapter]:
    """Return all adapters by name, those of Clastic first.

    An adapter of another package that cannot be imported is logged and left out.
    """
    found = {}
    for name, entry_point in _entry_points().items():
        try:
            found[name] = _load(entry_point)
        except Exception:
            logger.exception("The adapter '%s' (%s) cannot be used.", name, entry_point.value)
    return found


def get_adapter(name: str) -> Adapter:
    """Return an adapter by its name.

    :raises AdapterError: if there is none; the message has the nearest name
    """
    known = _entry_points()
    if name not in known:
        nearest = closest(name, known)
        hint = f" Did you mean '{nearest}'?" if nearest else ""
        raise AdapterError(
            f"There is no server '{name}'.{hint} The servers are: {', '.join(known)}."
        )
    return _load(known[name])


def _entry_points() -> dict[str, EntryPoint]:
    own = {name: EntryPoint(name, value, GROUP) for name, value in _ADAPTERS}
    others = {each.name: each for each in entry_points(group=GROUP) if each.name not in own}
    return {**own, **others}


def _load(entry_point: EntryPoint) -> Adapter:
    adapter: Adapter = entry_point.load()()
    return adapter
