"""Show hints about likely mistakes in requests on the console of the development server."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from werkzeug.datastructures import MultiDict

from clastic.application import Application
from clastic.describe import describe_callable
from clastic.development import logger
from clastic.explanation.attempts import find_attempts
from clastic.http import Request
from clastic.routing import BoundRoute
from clastic.signature import read_signature

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@contextmanager
def hints_on_console() -> Iterator[None]:
    """Show the hints of the framework on the console, unless logging is set up for them."""
    level, handler = logger.level, logging.StreamHandler()
    if level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    if not logger.hasHandlers():
        logger.addHandler(handler)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


def with_hints(served: WSGIApplication, application: Application) -> WSGIApplication:
    """Log each query field that has the name of an argument that nothing provides.

    Such an argument always has its default. Each is logged once.

    :param served: the WSGI application to serve
    :param application: the application in it
    """
    logged: set[str] = set()

    def respond(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("QUERY_STRING"):
            for text in _find_hints(application, Request(environ)):
                if text not in logged:
                    logged.add(text)
                    logger.info("Hint: %s", text)
        return served(environ, start_response)

    return respond


def _find_hints(application: Application, request: Request) -> Iterator[str]:
    query: MultiDict[str, str] = request.args
    for _, route in find_attempts(application, request.path, request.method).running:
        for name, function in _always_default(route):
            if name in query:
                yield (
                    f"the query has '{name}', and {function} takes '{name}', which nothing "
                    f"provides, so it always has its default. Read request.args, or let "
                    f"GetParamMiddleware provide it (in route {route.pattern})"
                )


def _always_default(route: BoundRoute) -> Iterator[tuple[str, str]]:
    """Yield the arguments of a route that always have their defaults, each with its function."""
    for step in route.plan().steps:
        passed = {parameter.name for parameter in step.arguments}
        for parameter in read_signature(step.function):
            if parameter.name not in passed and not parameter.required:
                yield parameter.name, describe_callable(step.function)
