"""Serve behind a web server, over CGI, FastCGI or SCGI, or show a response in the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from clastic.adapters.base import Adapter, AdapterError, ServerOptions

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Cgi(Adapter):
    """Adapter to CGI (RFC 3875): the web server runs the program once for each request.

    There is no address to listen on: the request comes from the environment and standard input.
    """

    name = "cgi"
    model = "gateway"
    install = "a web server such as lighttpd or Apache"
    drains = False

    def serve(
        self, app: WSGIApplication, options: ServerOptions, open_: Callable[[], None]
    ) -> None:
        """Handle the request in the environment.

        :raises AdapterError: if there is none
        """
        from wsgiref.handlers import CGIHandler

        if "REQUEST_METHOD" not in os.environ:
            raise AdapterError(
                "cgi needs a web server that runs the program for each request: there is no "
                "REQUEST_METHOD in the environment."
            )
        CGIHandler().run(app)


class _Flup(Adapter):
    """Serve with flup, with a thread for each connection of the web server."""

    model = "gateway"
    distributions = ("flup",)
    install = "pip install flup, and a web server such as nginx or lighttpd"
    drains = True
    module: ClassVar[str]

    def serve(
        self, app: WSGIApplication, options: ServerOptions, open_: Callable[[], None]
    ) -> None:
        """Serve `app` to a web server that connects to the address."""
        server_type = import_module(self.module).WSGIServer
        open_()
        server_type(app, bindAddress=(options.host, options.port)).run()


class FastCgi(_Flup):
    """Adapter to FastCGI, with a thread for each connection of the web server."""

    name = "fastcgi"
    module = "flup.server.fcgi"


class Scgi(_Flup):
    """Adapter to SCGI, with a thread for each connection of the web server."""

    name = "scgi"
    module = "flup.server.scgi"


class Console(Adapter):
    """Show the response to one request in the terminal, without a server.

    The request is ``GET /``, or that of the CGI variables in the environment, such as
    ``PATH_INFO``.
    """

    name = "console"
    model = "synchronous"
    drains = True
    is_for_production = False

    def serve(
        self, app: WSGIApplication, options: ServerOptions, open_: Callable[[], None]
    ) -> None:
        """Write the response to standard output."""
        from wsgiref.handlers import SimpleHandler, read_environ
        from wsgiref.util import setup_testing_defaults

        environ = read_environ()
        environ.setdefault("HTTP_HOST", options.bind)
        setup_testing_defaults(environ)
        handler = SimpleHandler(sys.stdin.buffer, sys.stdout.buffer, sys.stderr, environ)
        handler.http_version = "1.1"
        handler.run(app)
