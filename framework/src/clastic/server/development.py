"""The development server: listens, says where, serves until it is told to end."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NoReturn

from werkzeug import serving
from werkzeug.debug import DebuggedApplication

from clastic.application import Application
from clastic.server.assembly import assemble
from clastic.server.options import ServerOptions
from clastic.server.program import program_name

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_BACKLOG = 128

# Addresses that stand for every interface, and how a browser on this machine reaches them.
_REACHABLE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}

# What a program that SIGTERM ended is known by.
_TERMINATED = 128 + signal.SIGTERM


def serve(
    application: Application,
    address: str = "127.0.0.1",
    port: int = 5000,
    *,
    use_lint: bool = True,
    use_reloader: bool = True,
    use_debugger: bool | Literal["force"] = True,
    use_static: bool = True,
    static_prefix: str = "static",
    static_path: str | None = None,
    processes: int | None = None,
    arguments: Sequence[str] | None = None,
) -> None:
    """Serve `application` for development, until Ctrl-C or SIGTERM.

    Flags on the command line override: ``--address``, ``--port``, ``--no-reloader``,
    ``--debugger``, ``--no-debugger``, ``--no-static``, ``--no-wsgi-lint``, ``--static-path``,
    ``--static-prefix``, ``--processes``; ``--help`` lists them. Other arguments are left to the
    program. The application itself stays as it is.

    :param address: a name or IP address of this machine; ``0.0.0.0`` or ``::`` for all of its
    :param port: 0 for any that is free; the line that is printed has the real one
    :param use_lint: warn on standard error when WSGI or HTTP is not used as specified
    :param use_reloader: restart when a module that the program has imported changes
    :param use_debugger: show uncaught exceptions in Werkzeug's debugger. Who can reach its console
        can run code here, so it is only used on the loopback interface; ``"force"``, or the flag
        ``--debugger``, uses it elsewhere too
    :param use_static: serve static files, where there are any; a request without a file goes to
        the application
    :param static_prefix: the path below which they are served
    :param static_path: the folder they are in; by default ``static`` beside the program, if it is
        there
    :param processes: the number of processes that serve; by default one, with a thread a request
    :param arguments: the command-line arguments; by default those of the program
    :raises ValueError: an argument that cannot be
    :raises SystemExit: with 1 when the address cannot be listened on, with 2 when a flag has a bad
        value, with 143 on SIGTERM
    """
    options = ServerOptions(
        address=address,
        port=port,
        use_lint=use_lint,
        use_reloader=use_reloader,
        use_debugger=use_debugger,
        use_static=use_static,
        static_prefix=static_prefix,
        static_path=static_path,
        processes=processes,
    ).overridden_by(sys.argv[1:] if arguments is None else arguments)
    try:
        if options.use_reloader:
            _serve_with_reloader(application, options)
        else:
            _serve(application, options)
    except KeyboardInterrupt:
        pass  # Ctrl-C is the usual way to end it


def _serve(application: Application, options: ServerOptions) -> None:
    """Serve in this process."""
    with _listen(options) as listener, _ended_by_sigterm():
        _announce(options, listener)
        server = serving.make_server(
            options.address,
            options.port,
            _assemble(application, options),
            threaded=options.is_threaded,
            processes=options.processes or 1,
            fd=listener.fileno(),
        )
        if isinstance(server, serving.ForkingWSGIServer):
            server.block_on_close = False  # the end does not wait for requests
        try:
            server.serve_forever()
        finally:
            if isinstance(server, serving.ForkingWSGIServer):
                _end_processes(server.active_children or ())


def _serve_with_reloader(application: Application, options: ServerOptions) -> None:
    """Serve in a child process, which Werkzeug starts anew when a file changes.

    Both processes come by here. The parent listens, and does nothing else but watch the child.
    """
    served: WSGIApplication = application
    if serving.is_running_from_reloader():
        served = _assemble(application, options)
    else:
        with _listen(options) as listener:
            _announce(options, listener)
            options = replace(options, port=listener.getsockname()[1])
        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # the rest has been announced
    try:
        serving.run_simple(
            options.address,
            options.port,
            served,
            use_reloader=True,
            threaded=options.is_threaded,
            processes=options.processes or 1,
        )
    except SystemExit as end:
        # Werkzeug ends by 0 on SIGTERM, in the parent and in the child.
        raise SystemExit(end.code or _TERMINATED) from None


def _assemble(application: Application, options: ServerOptions) -> WSGIApplication:
    """Return what to serve, and print what unlocks the debugger."""
    served = assemble(application, options)
    if isinstance(served, DebuggedApplication) and served.evalex and served.pin:
        _say(f" * debugger PIN: {served.pin}")
    return served


def _listen(options: ServerOptions) -> socket.socket:
    """Return a socket that listens where the options say, or end the program with one line."""
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    where = (options.address, options.port)
    try:
        return socket.create_server(where, family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = (
                f"port {options.port} on {options.address} is in use by another program. "
                "Stop that one, or choose another port with --port."
            )
        else:
            reason = error.strerror or error
            problem = f"cannot listen on {options.address}, port {options.port}: {reason}"
        print(f"{program_name()}: {problem}", file=sys.stderr)
        raise SystemExit(1) from None


def _announce(options: ServerOptions, listener: socket.socket) -> None:
    """Print where the server is."""
    host = _REACHABLE.get(options.address, options.address)
    host = f"[{host}]" if ":" in host else host
    elsewhere = ", and all other addresses of this machine"
    _say(
        f" * {program_name()}: http://{host}:{listener.getsockname()[1]}/"
        f"{elsewhere if options.address in _REACHABLE else ''}"
        " (development server, Ctrl-C ends it)"
    )
    if options.use_debugger and not options.may_debug:
        _say(
            f" * no debugger: others can reach {options.address}, and could run code in it. "
            "--debugger uses it all the same."
        )


def _say(line: str) -> None:
    print(line, flush=True)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Make SIGTERM raise SystemExit, so that what is open gets closed (in the main thread)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: object) -> NoReturn:
        raise SystemExit(_TERMINATED)

    previous = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _end_processes(pids: Iterable[int]) -> None:
    """End child processes, whose requests nobody waits for any more."""
    for pid in tuple(pids):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
