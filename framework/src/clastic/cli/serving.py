"""Serve an application, for development or in production, and list the servers."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from errno import EACCES, EADDRINUSE, EADDRNOTAVAIL
from types import MappingProxyType
from typing import Any

from werkzeug.serving import is_running_from_reloader

from clastic.adapters import Adapter, AdapterError, adapters, get_adapter
from clastic.adapters import ServerOptions as ProductionOptions
from clastic.application import Application
from clastic.cli.command import (
    FAILURE,
    Command,
    add_json,
    add_target,
    format_columns,
    format_json,
)
from clastic.cli.targets import (
    Loaded,
    TargetError,
    find_configuration,
    load,
    load_configuration,
    print_traceback,
)
from clastic.debug.handler import ContextualErrorHandler
from clastic.errors import REPLErrorHandler
from clastic.middleware.cookie import SignedCookieMiddleware
from clastic.server import serve
from clastic.server.child import obstacle_to_restart
from clastic.server.options import ServerOptions, add_flags
from clastic.server.serve import serve_failure


def _add_dev_arguments(parser: ArgumentParser) -> None:
    add_target(parser)
    add_flags(parser)


def _serve_for_development(given: Namespace) -> int:
    """Serve until a signal. If the program fails to start, show why until a change fixes it."""
    flags: dict[str, Any] = {**vars(given)}
    target, overrides = flags.pop("target"), flags.pop("overrides")
    configuration = find_configuration(target)
    flags["extra_files"] = [] if configuration is None else [configuration]
    try:
        options = ServerOptions(**flags)
    except ValueError as error:
        raise TargetError(str(error)) from error
    try:
        loaded = load(target, overrides)
    except TargetError:
        raise
    except Exception as error:
        can_restart = options.use_reloader and obstacle_to_restart() is None
        if is_running_from_reloader() or not can_restart:
            print_traceback(error)
            return FAILURE
        return serve_failure(options)
    serve(loaded.application, arguments=(), **{**_static(loaded, options), **flags})
    return 0


def _static(loaded: Loaded, options: ServerOptions) -> dict[str, Any]:
    """Return which static files to serve: by default those beside the application."""
    if options.static_path is not None:
        return {}
    folder = loaded.static_folder
    return {"use_static": False} if folder is None else {"static_path": folder}


def _add_serve_arguments(parser: ArgumentParser) -> None:
    add_target(parser)
    parser.add_argument(
        "--server", dest="name", metavar="NAME", help="the server, see 'clastic servers'"
    )
    parser.add_argument(
        "--bind", metavar="HOST:PORT", help="the address; 127.0.0.1:8000 by default"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="the number of processes")
    parser.add_argument("--threads", type=int, metavar="N", help="the threads of each process")
    parser.add_argument(
        "--proxies",
        type=int,
        metavar="N",
        help="the reverse proxies in front, whose X-Forwarded headers are trusted; 0 by default",
    )


def _serve_in_production(given: Namespace) -> int:
    """Serve by an adapter until a signal. Refuse settings that are not for production."""
    flags: dict[str, Any] = {**vars(given)}
    target, overrides = flags.pop("target"), flags.pop("overrides")
    configuration = load_configuration(target, overrides)
    written = {} if configuration is None else asdict(configuration.server)
    settings = {key: value for key, value in {**written, **flags}.items() if value is not None}
    name = settings.pop("name", None)
    try:
        options = ProductionOptions(**settings)
        adapter = _choose_adapter() if name is None else get_adapter(name)
        if not adapter.is_for_production:
            raise TargetError(
                f"{adapter.name} is not for production. Use another server, "
                "or 'clastic dev' for development"
            )
        adapter.check(options)
        adapter.prepare()
        application = load(target, overrides).application
        _refuse_development(application)
        if adapter.name != "cgi":  # it writes the response to standard output
            print(_announcement(adapter, options), flush=True)
        return _run(adapter, application, options)
    except AdapterError as error:
        raise TargetError(str(error)) from error


def _run(adapter: Adapter, application: Application, options: ProductionOptions) -> int:
    try:
        adapter.run(application, options)
    except OSError as error:
        if error.errno not in (EADDRINUSE, EADDRNOTAVAIL, EACCES):
            raise
        print(f"clastic serve: cannot listen on {options.bind}: {error.strerror}", file=sys.stderr)
        return FAILURE
    return 0


def _choose_adapter() -> Adapter:
    """Return the first of the usual adapters whose server is installed."""
    for name in ("gunicorn", "waitress"):
        adapter = get_adapter(name)
        if adapter.version is not None and not (name == "gunicorn" and sys.platform == "win32"):
            return adapter
    raise TargetError(
        "neither gunicorn nor waitress is installed. Install one, or name a server with --server: "
        "'clastic servers' lists them"
    )


def _refuse_development(application: Application) -> None:
    """Refuse an application with settings that must not be used in production.

    :raises TargetError: if it has such settings
    """
    if isinstance(application.error_handler, (ContextualErrorHandler, REPLErrorHandler)):
        raise TargetError(
            f"the application has the error handler {type(application.error_handler).__name__}, "
            "which shows visitors source code and variables. Construct it without debug=True"
        )
    for route in application.iter_routes():
        for middleware in route.middlewares:
            if isinstance(middleware, SignedCookieMiddleware) and middleware.has_random_key:
                raise TargetError(
                    f"the cookie '{middleware.cookie_name}' is signed with a random key, so a "
                    "restart makes it invalid. Pass secret_key= to its middleware"
                )


def _announcement(adapter: Adapter, options: ProductionOptions) -> str:
    count = options.proxies
    proxies = f"behind {count} {'proxy' if count == 1 else 'proxies'}"
    trust = proxies if count else "X-Forwarded headers are ignored"
    scheme = adapter.name if adapter.model == "gateway" else "http"
    return f" * {scheme}://{options.bind}/ ({adapter.name} {adapter.version}, {trust})"


def _add_servers_arguments(parser: ArgumentParser) -> None:
    add_json(parser)


def _list_servers(given: Namespace) -> int:
    found = adapters().values()
    if given.json:
        print(format_json([_describe(adapter) for adapter in found]))
        return 0
    rows = [
        (each.name, each.model, each.version or f"not installed: {each.install}") for each in found
    ]
    print(format_columns([("SERVER", "MODEL", "VERSION"), *rows]))
    return 0


def _describe(adapter: Adapter) -> dict[str, Any]:
    return {
        "name": adapter.name,
        "model": adapter.model,
        "version": adapter.version,
        "install": adapter.install or None,
        "options": ["bind", *adapter.options, "proxies"],
        "drains": adapter.drains,
        "is_for_production": adapter.is_for_production,
    }


COMMANDS = MappingProxyType(
    {
        "dev": Command(
            "clastic dev app.py --port 8000", _add_dev_arguments, _serve_for_development
        ),
        "serve": Command(
            "clastic serve app.py --bind 0.0.0.0:8000 --workers 4",
            _add_serve_arguments,
            _serve_in_production,
        ),
        "servers": Command("clastic servers --json", _add_servers_arguments, _list_servers),
    }
)
