"""Define the options of servers, and the base class of adapters."""

from __future__ import annotations

import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, ClassVar, Literal, NoReturn

from clastic.application import Application
from clastic.errors import LengthRequired
from clastic.middleware import ProxyMiddleware

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

DRAIN_SECONDS = 30
"""The seconds that servers wait for requests in progress after SIGTERM, if configurable."""

Model = Literal["synchronous", "threads", "processes", "event loop", "gateway"]


class AdapterError(Exception):
    """A server cannot run; the message says why and what to do."""


@dataclass(frozen=True)
class ServerOptions:
    """The options of a production server.

    :param bind: the address, ``HOST:PORT``; an IPv6 address is in brackets, ``[::1]:8000``
    :param workers: the number of processes; by default that of the server
    :param threads: the number of threads of each process; by default that of the server
    :param proxies: the number of reverse proxies in front of the server. Their
        ``X-Forwarded-For``, ``-Proto``, ``-Host`` and ``-Prefix`` headers are trusted; without
        proxies these headers are ignored
    :raises AdapterError: if a value is invalid
    """

    bind: str = "127.0.0.1:8000"
    workers: int | None = None
    threads: int | None = None
    proxies: int = 0

    def __post_init__(self) -> None:
        if split_address(self.bind) is None:
            raise AdapterError(
                f"bind is {self.bind!r}. Write HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000."
            )
        for name, least in (("workers", 1), ("threads", 1), ("proxies", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise AdapterError(f"{name} is {value}. The minimum is {least}.")

    @property
    def host(self) -> str:
        """The host name or IP address, without brackets."""
        return self._address[0]

    @property
    def port(self) -> int:
        """The port."""
        return self._address[1]

    @property
    def _address(self) -> tuple[str, int]:
        return split_address(self.bind) or ("", 0)


def split_address(bind: str) -> tuple[str, int] | None:
    """Return the host, without brackets, and the port of ``HOST:PORT``, ``None`` if invalid."""
    name, _, port = bind.rpartition(":")
    host = name.removeprefix("[").removesuffix("]")
    if host and port.isascii() and port.isdigit() and int(port) < 65536:
        return host, int(port)
    return None


class Adapter(ABC):
    """Serve an application with one WSGI server.

    Subclasses set the class variables and define :meth:`serve`. They import the server there, so
    that adapters can be listed when their servers are not installed.

    :cvar name: the name of the server in lower case
    :cvar model: how it handles requests concurrently
    :cvar distributions: the names of the distribution packages that have to be installed, that of
        the server first; none if the server belongs to Python
    :cvar install: how to install it, usually a command
    :cvar options: which of ``workers`` and ``threads`` it takes; all take ``bind`` and ``proxies``
    :cvar drains: whether requests in progress get their whole response when the server gets
        SIGTERM; otherwise they are cut off
    :cvar is_for_production: whether it is suitable for production
    """

    name: ClassVar[str]
    model: ClassVar[Model]
    distributions: ClassVar[tuple[str, ...]] = ()
    install: ClassVar[str] = ""
    options: ClassVar[tuple[str, ...]] = ()
    drains: ClassVar[bool]
    is_for_production: ClassVar[bool] = True

    @property
    def version(self) -> str | None:
        """The version of the installed server, or ``None`` if it is not installed."""
        if not self.distributions:
            return "{}.{}.{}".format(*sys.version_info)
        try:
            first, *_ = map(version, self.distributions)
        except PackageNotFoundError:
            return None
        return first

    def check(self, options: ServerOptions) -> None:
        """Check that the server is installed and takes the options.

        :raises AdapterError: if not
        """
        if self.version is None:
            raise AdapterError(f"{self.name} is not installed. To install it: {self.install}")
        for name in ("workers", "threads"):
            if name not in self.options and (getattr(options, name) or 1) > 1:
                raise AdapterError(
                    f"{self.name} takes no {name}. Leave the option out, or use another server."
                )

    def prepare(self) -> None:  # noqa: B027 (most servers need nothing)
        """Prepare this process for the server, best before the application is imported."""

    def run(self, app: WSGIApplication, options: ServerOptions | None = None) -> None:
        """Serve `app` in this process until it gets SIGINT or SIGTERM.

        The managed resources of an application are opened in each process before its first
        request, and closed after its last. If a resource cannot be opened, the server starts
        anyway: the application tries again.

        :param app: an application of Clastic or any other WSGI application
        :raises AdapterError: if the server is not installed, or does not take the options
        """
        options = options or ServerOptions()
        self.check(options)
        self.prepare()
        served = app
        if options.proxies:
            served = ProxyMiddleware(options.proxies).wsgi_wrapper(app)
        with suppress(KeyboardInterrupt):
            if isinstance(app, Application):
                try:
                    self.serve(served, options, lambda: _open(app))
                finally:
                    app.close()
            else:
                self.serve(served, options, _do_nothing)

    @abstractmethod
    def serve(
        self, app: WSGIApplication, options: ServerOptions, open_: Callable[[], None]
    ) -> None:
        """Serve `app` until the process gets SIGINT or SIGTERM.

        :param open_: opens the managed resources. Call it in each process that handles
            requests, after a fork. They are closed when this method returns or the process ends
        """


def exit_on_sigterm() -> None:
    """Raise SystemExit in the main thread when the process gets SIGTERM, with status 0."""
    signal.signal(signal.SIGTERM, _exit)


def require_length(app: WSGIApplication) -> WSGIApplication:
    """Return an application that responds 411 to a body in chunks, for servers that read none.

    The body would seem to be empty.
    """

    def checked(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if "HTTP_TRANSFER_ENCODING" in environ:
            return LengthRequired("This server does not read bodies in chunks.")(
                environ, start_response
            )
        return app(environ, start_response)

    return checked


def _exit(*arguments: object) -> NoReturn:
    raise SystemExit(0)


def _open(application: Application) -> None:
    with suppress(Exception):  # it was logged, and the application tries again
        application.open()


def _do_nothing() -> None:
    pass
