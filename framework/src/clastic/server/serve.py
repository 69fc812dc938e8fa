"""Serve an application for development: with meta pages, static files, checks and a debugger."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from socket import socket
from typing import TYPE_CHECKING, Any, Literal, NoReturn
from typing import NoReturn as Never  # Python 3.10 has no Never

from werkzeug.datastructures import Headers
from werkzeug.debug import DebuggedApplication
from werkzeug.middleware.lint import LintMiddleware

from clastic.application import Application, SubApplication
from clastic.arguments import refuse_misspelt
from clastic.debug.handler import HIDE_SOURCE
from clastic.explanation.findings import find_unserved_folder, find_unused, format_finding
from clastic.http import BaseResponse
from clastic.http.hosts import is_from_this_machine
from clastic.meta import MetaApplication
from clastic.pattern import S_STRICT
from clastic.server.child import ReloaderLink, obstacle_to_restart
from clastic.server.debugger import with_debugger
from clastic.server.hints import hints_on_console, with_hints
from clastic.server.options import SSL, ServerOptions, announcement, listen, main_path
from clastic.server.reloader import Reloader
from clastic.server.workers import ShutdownSignal, make_worker
from clastic.static import StaticApplication
from clastic.wiring import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

META_PATH = "/_meta/"

# The status codes of static files that do not exist, may not be read, or have an invalid path.
_NO_FILE = (400, 403, 404)


def serve(
    application: Application,
    address: str = "127.0.0.1",
    port: int = 5000,
    *,
    use_meta: bool = True,
    use_lint: bool = True,
    use_reloader: bool = True,
    use_debugger: bool | Literal["force"] = True,
    use_static: bool = True,
    static_prefix: str = "static",
    static_path: str | None = None,
    processes: int | None = None,
    hosts: Sequence[str] = (),
    threaded: bool | None = None,
    extra_files: Iterable[str | os.PathLike[str]] = (),
    reloader_interval: float = 0.1,
    passthrough_errors: bool = False,
    ssl_context: SSL = None,
    use_evalex: bool = True,
    arguments: Sequence[str] | None = None,
    **misspelt: Never,
) -> None:
    """Serve `application` for development, until Ctrl-C or SIGTERM.

    Flags on the command line override the arguments: ``--address``, ``--port``, ``--host``,
    ``--no-reloader``, ``--debugger``, ``--no-debugger``, ``--no-meta``, ``--no-static``,
    ``--no-wsgi-lint``, ``--static-path``, ``--static-prefix``, ``--processes``; ``--help`` lists
    them. Other arguments are left to the program. The application itself is not modified.

    With the reloader, this process only watches files; a child process, which runs the same command
    again, serves. When a file changes that the child has imported, or a template that it has
    loaded, it is replaced by a new child. If the program fails to start, the server responds with a
    page that shows why, until a change fixes it.

    :param address: a host name or IP address of this machine; ``0.0.0.0`` or ``::`` for all
    :param port: 0 for any free port; the printed address contains the actual one
    :param use_meta: serve :class:`~clastic.meta.MetaApplication` at ``/_meta/``. Only on the
        loopback interface, and unless the application has routes of its own there.
    :param use_lint: warn on standard error about violations of WSGI and HTTP
    :param use_reloader: restart when a file of the program changes
    :param use_debugger: show uncaught exceptions in Werkzeug's debugger. Everyone who can reach its
        console can run code on this machine, so it is only used on the loopback interface;
        ``"force"``, or the flag ``--debugger``, enables it elsewhere too.
    :param use_static: serve static files, if there are any. A request that matches no file is
        passed to the application.
    :param static_prefix: the path at which they are served
    :param static_path: the folder that contains them; by default ``static`` beside the program
    :param processes: the number of processes; by default one, with a thread per request
    :param hosts: more host names to serve; ``.example.org`` is the domain and all its subdomains.
        Requests for others than these, the address, and names of the loopback interface get a 400:
        they can come from a site whose name resolves to this machine (DNS rebinding).
    :param threaded: ``False`` serves one request at a time, in the main thread
    :param extra_files: more files whose changes restart the program
    :param reloader_interval: the seconds between two checks for changed files
    :param passthrough_errors: let exceptions that reach the server end it, for a debugger
        around the program
    :param ssl_context: serve HTTPS with an :class:`ssl.SSLContext`, the paths of a certificate and
        its key, or ``"adhoc"``, a new certificate, which needs the package cryptography
    :param use_evalex: provide the console of the debugger
    :param arguments: the command-line arguments; by default those of the program
    :raises ValueError: if an argument is invalid
    :raises SystemExit: with 1 if the server cannot listen on the address, with 2 if a flag is
        invalid, with 143 on SIGTERM
    """
    refuse_misspelt("serve(...)", serve, misspelt)
    options = ServerOptions(
        address=address,
        port=port,
        use_meta=use_meta,
        use_lint=use_lint,
        use_reloader=use_reloader,
        use_debugger=use_debugger,
        use_static=use_static,
        static_prefix=static_prefix,
        static_path=static_path,
        processes=processes,
        hosts=hosts,
        threaded=threaded,
        extra_files=[os.path.abspath(path) for path in extra_files or ()],
        reloader_interval=reloader_interval,
        passthrough_errors=passthrough_errors,
        ssl_context=ssl_context,
        use_evalex=use_evalex,
    ).overridden_by(sys.argv[1:] if arguments is None else arguments)
    link = ReloaderLink.from_environment()
    with suppress(KeyboardInterrupt), hints_on_console():  # Ctrl-C is the usual way to end it
        served = assemble(application, options)
        findings = [f" * {format_finding(each)}" for each in _find_unused(application, options)]
        if link is not None:
            files = {*template_files(application), *options.extra_files}
            _serve_as_child(served, options, link, files, findings, application.close)
        else:
            _serve(served, options, findings, application.close)


def serve_failure(options: ServerOptions) -> int:
    """Serve the reason why the program fails to start, until a change of its files fixes it.

    For a program that failed before it could call :func:`serve`: it runs again in a child process,
    as with the reloader.

    :return: the exit code
    :raises SystemExit: with 1 if the server cannot listen on the address
    """
    with listen(options) as listener:
        print(*announcement(options, listener), sep="\n", flush=True)
        return Reloader(options, listener).run()


def _serve(
    served: WSGIApplication,
    options: ServerOptions,
    findings: Iterable[str],
    close: Callable[[float], object],
) -> None:
    """Listen, and serve in this process or with the reloader."""
    obstacle = obstacle_to_restart() if options.use_reloader else None
    with listen(options) as listener:
        lines = list(announcement(options, listener))
        if isinstance(served, DebuggedApplication) and served.evalex and served.pin:
            lines.append(f" * debugger PIN: {served.pin}")
        if obstacle is not None:
            lines.append(f" * no reloader: {obstacle}")
        is_reloading = options.use_reloader and obstacle is None
        # With the reloader, each of its children prints them.
        print(*lines, *(() if is_reloading else findings), sep="\n", flush=True)
        if is_reloading:
            exit_code = Reloader(options, listener).run()
        else:
            exit_code = _serve_here(served, options, listener, close)
    if exit_code:
        raise SystemExit(exit_code)


def _serve_here(
    served: WSGIApplication,
    options: ServerOptions,
    listener: socket,
    close: Callable[[float], object],
) -> int:
    """Serve in this process, and return the exit code."""
    with ShutdownSignal() as shutdown:
        worker = make_worker(served, options, listener, close)
        worker.serve_until(lambda: shutdown.number)
        worker.drain(shutdown)
    return shutdown.exit_code


def _serve_as_child(
    served: WSGIApplication,
    options: ServerOptions,
    link: ReloaderLink,
    files: set[str],
    findings: Iterable[str],
    close: Callable[[float], object],
) -> NoReturn:
    """Serve in this process, a child of the reloader, until its parent ends it or has ended."""
    with closing(link), ShutdownSignal() as shutdown:

        def is_over() -> bool:
            link.report_imports()
            return shutdown.number is not None or link.is_orphaned()

        worker = make_worker(served, options, link.listener, close)
        for finding in findings:
            print(finding, flush=True)
        link.report_ready(files)
        worker.serve_until(is_over)
        worker.drain(shutdown)
    raise SystemExit(128 + (shutdown.number or 0))


def assemble(application: Application, options: ServerOptions) -> WSGIApplication:
    """Return the WSGI application to serve: `application`, wrapped as the options say."""
    served: WSGIApplication = application
    if options.use_debugger:
        served = with_hints(served, application)
    if options.use_meta and options.is_loopback and not _has_routes_below(application, META_PATH):
        served = with_meta(served, application)
    folder = _static_folder(options)
    if folder is not None:
        served = with_static(served, StaticApplication(folder), options.static_prefix)
    if options.use_lint:
        served = _Lint(served)
    if options.may_debug:
        served = with_debugger(served, options)
    if not options.may_show_source:
        served = with_hidden_source(served)
    return served


def template_files(application: Application) -> set[str]:
    """Return the absolute paths of the templates that `application` has loaded.

    Render factories and render functions list them as ``watched_files``.
    """
    sources: list[Any] = [application.render_factory]
    for route in application.iter_routes():
        sources += [route.render_factory, route.render]
    paths = {path for source in sources for path in getattr(source, "watched_files", ())}
    return {os.path.abspath(path) for path in paths}


def _find_unused(application: Application, options: ServerOptions) -> Iterator[Problem]:
    """Return the findings that construction does not report."""
    yield from find_unused(application)
    folder = _static_folder(options)
    if folder is not None:
        yield from find_unserved_folder(application, folder, options.static_prefix)


def _static_folder(options: ServerOptions) -> str | None:
    """Return the folder whose files are served at the static prefix."""
    if not options.use_static:
        return None
    return options.static_path or _folder_beside_program("static")


def _has_routes_below(application: Application, path: str) -> bool:
    """Return whether a pattern of `application` begins with `path`, which ends with a slash."""
    patterns = (f"{route.path_pattern.text}/" for route in application.iter_routes())
    return any(pattern.startswith(path) for pattern in patterns)


def _folder_beside_program(name: str) -> str | None:
    """Return the path of the folder `name` beside the file of the program, if it exists."""
    path = main_path()
    if path is None or not (path.parent / name).is_dir():
        return None
    return str(path.parent / name)


def with_meta(served: WSGIApplication, application: Application) -> WSGIApplication:
    """Serve the meta pages of `application` at ``/_meta/``, and `served` everywhere else."""
    meta = Application([SubApplication(META_PATH, MetaApplication(application=application))])

    def serve_meta_or_application(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        is_meta = f"{environ.get('PATH_INFO', '')}/".startswith(META_PATH)
        return (meta if is_meta else served)(environ, start_response)

    return serve_meta_or_application


def with_hidden_source(application: WSGIApplication) -> WSGIApplication:
    """Hide the debug pages of `application` from other machines, and from all behind a proxy."""

    def hide_source_or_not(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if not is_from_this_machine(environ):
            environ[HIDE_SOURCE] = True
        return application(environ, start_response)

    return hide_source_or_not


def with_static(
    application: WSGIApplication, static: StaticApplication, prefix: str
) -> WSGIApplication:
    """Serve the files of `static` at the path `prefix`, and `application` everywhere else."""
    path = "/" + prefix.strip("/")
    files = Application([SubApplication(path, static)], slash_mode=S_STRICT)

    def serve_file_or_application(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            response = files.dispatch(static.request_type(environ))
            if not (isinstance(response, BaseResponse) and response.status_code in _NO_FILE):
                return response(environ, start_response)
        return application(environ, start_response)

    return serve_file_or_application


class _Lint(LintMiddleware):
    """Warn about violations of WSGI and HTTP.

    A relative Location and a 204 without a Content-Length are accepted: RFC 9110 allows the first
    and requires the second. Responses to HEAD are not checked: Werkzeug would take their
    Content-Length to be wrong.
    """

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "HEAD":
            return self.app(environ, start_response)
        return super().__call__(environ, start_response)

    def check_start_response(self, status: str, *others: Any) -> tuple[int, Headers]:
        code, headers = super().check_start_response(status, *others)
        if "Content-Length" not in headers and (code == 204 or 100 <= code < 200):
            headers = Headers([*headers, ("Content-Length", "0")])
        return code, headers

    def check_headers(self, headers: Headers) -> None:
        checked = headers.copy()
        checked.remove("Location")
        super().check_headers(checked)
