"""Add routes to an application with decorators.

Importing this module constructs one application, :data:`DEFAULT_APP`, which its functions use::

    from clastic.cline import get

    @get("/")
    def home():
        return "Hello!"

The function :func:`run` serves it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from clastic.application import Application
from clastic.render.basic import render_basic
from clastic.routing import Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Unpack

    from clastic.http import Limits
    from clastic.middleware.base import Middleware

__all__ = ["DEFAULT_APP", "Cline", "delete", "get", "head", "patch", "post", "put", "route", "run"]

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class _Options(TypedDict, total=False):
    """The arguments of :class:`~clastic.routing.Route` that a decorator passes on."""

    render_error: Callable[..., Any] | None
    middlewares: Iterable[Middleware] | None
    resources: Mapping[str, Any] | None
    slash_mode: str | None
    limits: Limits | None


class _RenderOptions(_Options, total=False):
    render: Any


class Cline(Application):
    """An application whose routes are added with decorators.

    A decorator adds a route, which is checked then, and returns the function unchanged. The render
    is :func:`~clastic.render.render_basic` by default; the other options are those of
    :class:`~clastic.routing.Route`.
    """

    def route(
        self,
        path: str,
        methods: Iterable[str] | None = None,
        endpoint_func: Endpoint | None = None,
        *,
        render: Any = render_basic,
        **options: Unpack[_Options],
    ) -> Any:
        """Return a decorator that adds a route.

        :param methods: the methods that it serves; ``None`` for all
        :param endpoint_func: the function to add at once, which is then returned in place of the
            decorator
        :raises InvalidPattern: and the other errors of :class:`~clastic.routing.Route`, when the
            route is added
        :raises WiringError: when the route is added, if it has problems
        """

        def add(endpoint: Endpoint) -> Endpoint:
            self.add(Route(path, endpoint, render, methods=methods, **options))
            return endpoint

        return add if endpoint_func is None else add(endpoint_func)

    def get(self, path: str, endpoint: Any = None, **options: Unpack[_RenderOptions]) -> Any:
        """Return a decorator that adds a route for GET and HEAD; see :meth:`route`."""
        return self.route(path, ("GET",), endpoint, **options)

    def post(self, path: str, endpoint: Any = None, **options: Unpack[_RenderOptions]) -> Any:
        """Return a decorator that adds a route for POST; see :meth:`route`."""
        return self.route(path, ("POST",), endpoint, **options)

    def put(self, path: str, endpoint: Any = None, **options: Unpack[_RenderOptions]) -> Any:
        """Return a decorator that adds a route for PUT; see :meth:`route`."""
        return self.route(path, ("PUT",), endpoint, **options)

    def delete(self, path: str, endpoint: Any = None, **options: Unpack[_RenderOptions]) -> Any:
        """Return a decorator that adds a route for DELETE; see :meth:`route`."""
        return self.route(path, ("DELETE",), endpoint, **options)

    def patch(self, path: str, endpoint: Any = None, **options: Unpack[_RenderOptions]) -> Any:
        """Return a decorator that adds a route for PATCH; see :meth:`route`."""
        return self.route(path, ("PATCH",), endpoint, **options)

    def head(self, path: str, endpoint: Any = None, **options: Unpack[_RenderOptions]) -> Any:
        """Return a decorator that adds a route for HEAD; see :meth:`route`."""
        return self.route(path, ("HEAD",), endpoint, **options)

    run = Application.serve


DEFAULT_APP = Cline()
"""The application of the functions of this module."""

route = DEFAULT_APP.route
get = DEFAULT_APP.get
post = DEFAULT_APP.post
put = DEFAULT_APP.put
delete = DEFAULT_APP.delete
patch = DEFAULT_APP.patch
head = DEFAULT_APP.head
run = DEFAULT_APP.run
