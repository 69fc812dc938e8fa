"""What is served in development: the application, and what is put around it for the developer."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers
from werkzeug.debug import DebuggedApplication
from werkzeug.middleware.lint import LintMiddleware

from clastic.application import Application, SubApplication
from clastic.dispatch import THROW_ERRORS
from clastic.errors import HTTPException
from clastic.http import Request, Response
from clastic.meta import MetaApplication
from clastic.pattern import split_path
from clastic.server.options import ServerOptions
from clastic.server.program import folder_beside_program
from clastic.static import StaticApplication

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

META_PATH = "/_meta/"


def assemble(application: Application, options: ServerOptions) -> WSGIApplication:
    """Return what to serve for `application`, which itself is left as it is."""
    served: WSGIApplication = application
    if options.may_show_meta and not has_routes_below(application, META_PATH):
        served = with_meta(served, application)
    folder = options.static_path or folder_beside_program("static")
    if options.use_static and folder is not None:
        served = with_static(served, StaticApplication(folder), options.static_prefix)
    if options.use_lint:
        served = with_lint(served)
    if options.may_debug:
        served = with_debugger(served, options)
    return served


def has_routes_below(application: Application, path: str) -> bool:
    """Whether a pattern of `application` begins with `path`, which ends with a slash."""
    patterns = (f"{route.path_pattern.text}/" for route in application.iter_routes())
    return any(pattern.startswith(path) for pattern in patterns)


def with_meta(served: WSGIApplication, application: Application) -> WSGIApplication:
    """Return an application that tells about `application` at ``/_meta/``, and `served` besides."""
    meta = Application([SubApplication(META_PATH, _MetaOf(application))])

    def tell_or_serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        is_meta = f"{environ.get('PATH_INFO', '')}/".startswith(META_PATH)
        return (meta if is_meta else served)(environ, start_response)

    return tell_or_serve


class _MetaOf(MetaApplication):
    """Tells about an application that it is not embedded in."""

    def __init__(self, application: Application) -> None:
        self._told = application
        super().__init__()

    def get_page(self, request: Request, _application: Application) -> Response:
        return super().get_page(request, self._told)

    def get_json(self, request: Request, _application: Application) -> Response:
        return super().get_json(request, self._told)


def template_files(application: Application) -> set[str]:
    """Return the absolute paths of the templates that `application` has loaded once and for all.

    Render factories, and render functions, have them as ``watched_files``.
    """
    sources: list[Any] = [application.render_factory]
    for route in application.iter_routes():
        sources += [route.render_factory, route.render]
    paths = {path for source in sources for path in getattr(source, "watched_files", ())}
    return {os.path.abspath(path) for path in paths}


def with_static(
    application: WSGIApplication, static: StaticApplication, prefix: str
) -> WSGIApplication:
    """Return an application that serves the files of `static`, and `application` besides.

    :param prefix: a path to serve the files below, with or without slashes around it
    """
    names = [name for name in prefix.split("/") if name]

    def serve_file_or_application(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        response = _file_response(static, names, environ)
        return (response or application)(environ, start_response)

    return serve_file_or_application


def _file_response(
    static: StaticApplication, prefix: list[str], environ: WSGIEnvironment
) -> WSGIApplication | None:
    """Return the response with the file asked for, or ``None`` if it is not for `static`."""
    try:
        path = environ.get("PATH_INFO", "").encode("latin-1").decode()
    except UnicodeError:
        return None
    segments, ends_with_slash, has_repeated_slashes = split_path(path)
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or ends_with_slash or has_repeated_slashes:
        return None
    if segments[: len(prefix)] != prefix:
        return None
    try:
        return static.get_file_response(segments[len(prefix) :], static.request_type(environ))
    except HTTPException as error:
        return error if error.is_breaking else None


class Lint(LintMiddleware):
    """Werkzeug's checks, less the one that refuses a relative Location: RFC 9110 allows it."""

    def check_headers(self, headers: Headers) -> None:
        checked = headers.copy()
        checked.remove("Location")
        super().check_headers(checked)


def with_lint(application: WSGIApplication) -> WSGIApplication:
    """Return an application that warns when `application` does not keep to WSGI and HTTP.

    Responses to HEAD are left out: Werkzeug's checks take their Content-Length for wrong.
    """
    linted = Lint(application)

    def check_unless_head(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        served = application if environ["REQUEST_METHOD"] == "HEAD" else linted
        return served(environ, start_response)

    return check_unless_head


def with_thrown_errors(application: WSGIApplication) -> WSGIApplication:
    """Return an application that lets the server see the exceptions that are not caught."""

    def throw_errors(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[THROW_ERRORS] = True
        return application(environ, start_response)

    return throw_errors


def with_debugger(application: WSGIApplication, options: ServerOptions) -> DebuggedApplication:
    """Return `application` inside Werkzeug's debugger.

    Its console needs the process that the exception was raised in: with several, it only shows.
    """
    throwing = with_thrown_errors(application)
    debugged = DebuggedApplication(throwing, evalex=options.is_threaded, pin_logging=False)
    # The debugger talks to these hosts only, so that no page elsewhere can use the console by DNS.
    debugged.trusted_hosts.append(options.address)
    return debugged
