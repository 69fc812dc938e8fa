"""Record how a request has been dispatched so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clastic.errors import HTTPException
    from clastic.routing.bound import BoundRoute


class DispatchState:
    """The routes and errors that a request has met so far.

    :ivar attempted_routes: the routes whose path matched, in the order tried
    :ivar allowed_methods: the methods of those that do not serve the request's method
    :ivar exceptions: the non-breaking HTTP errors that routes raised or returned, in order
    :ivar request: the request; only set if no route responds to it and something takes it
    """

    request: Any

    __slots__ = ("allowed_methods", "attempted_routes", "exceptions", "request")

    def __init__(self) -> None:
        self.attempted_routes: list[BoundRoute] = []
        self.allowed_methods: set[str] = set()
        self.exceptions: list[HTTPException] = []

    def __repr__(self) -> str:
        return (
            f"<DispatchState attempted_routes={self.attempted_routes!r} "
            f"allowed_methods={sorted(self.allowed_methods)!r} exceptions={self.exceptions!r}>"
        )
