"""Serve an application for development."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from types import MappingProxyType
from typing import Any

from werkzeug.serving import is_running_from_reloader

from clastic.cli.command import FAILURE, Command, add_target
from clastic.cli.targets import Loaded, TargetError, load, print_traceback
from clastic.server import serve
from clastic.server.child import obstacle_to_restart
from clastic.server.options import ServerOptions, add_flags
from clastic.server.serve import serve_failure


def _add_dev_arguments(parser: ArgumentParser) -> None:
    add_target(parser)
    add_flags(parser)


def _serve_for_development(given: Namespace) -> int:
    """Serve until a signal; a program that fails to start is shown until a change fixes it."""
    flags: dict[str, Any] = {**vars(given)}
    target = flags.pop("target")
    try:
        options = ServerOptions(**flags)
    except ValueError as error:
        raise TargetError(str(error)) from error
    try:
        loaded = load(target)
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


COMMANDS = MappingProxyType(
    {"dev": Command("clastic dev app.py --port 8000", _add_dev_arguments, _serve_for_development)}
)
