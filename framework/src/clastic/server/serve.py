"""The development server: listens, says where, serves until it is told to end."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from socket import socket
from typing import TYPE_CHECKING, Literal, NoReturn

from werkzeug.debug import DebuggedApplication

from clastic import flaw
from clastic.application import Application
from clastic.server import child
from clastic.server.assembly import assemble, template_files
from clastic.server.command import Command, this_command
from clastic.server.ending import TERMINATED, Ending
from clastic.server.files import ProgramFiles
from clastic.server.listening import announcement, listen
from clastic.server.options import ServerOptions
from clastic.server.program import say
from clastic.server.supervisor import Supervisor
from clastic.server.workers import Threads, make_worker

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# What others on the network see of a mistake, instead of the source with all that is in it.
_HIDDEN = (
    "The program does not run. The terminal that it was started in says why; this page does not, "
    "because others can reach it. --debugger shows it all the same."
)


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
    arguments: Sequence[str] | None = None,
) -> None:
    """Serve `application` for development, until Ctrl-C or SIGTERM.

    Flags on the command line override: ``--address``, ``--port``, ``--no-reloader``,
    ``--debugger``, ``--no-debugger``, ``--no-meta``, ``--no-static``, ``--no-wsgi-lint``,
    ``--static-path``, ``--static-prefix``, ``--processes``; ``--help`` lists them. Other arguments
    are left to the program. The application itself stays as it is.

    With the reloader, this process watches, and a child process runs the program once more and
    serves. A change of a file that it has imported, or of a template that it has loaded, starts a
    new one. Where the program does not run any more, a page says why, until a save mends it.

    :param address: a name or IP address of this machine; ``0.0.0.0`` or ``::`` for all of its
    :param port: 0 for any that is free; the line that is printed has the real one
    :param use_meta: tell about the application at ``/_meta/``, see
        :class:`~clastic.meta.MetaApplication`; only on the loopback interface, and unless the
        application has routes of its own there
    :param use_lint: warn on standard error when WSGI or HTTP is not used as specified
    :param use_reloader: start the program again when one of its files changes
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
        use_meta=use_meta,
        use_lint=use_lint,
        use_reloader=use_reloader,
        use_debugger=use_debugger,
        use_static=use_static,
        static_prefix=static_prefix,
        static_path=static_path,
        processes=processes,
    ).overridden_by(sys.argv[1:] if arguments is None else arguments)
    try:
        if child.parent is not None:
            _serve_as_child(application, options, child.parent)
        else:
            _serve(application, options)
    except KeyboardInterrupt:
        pass  # Ctrl-C is the usual way to end it


def _serve(application: Application, options: ServerOptions) -> None:
    """Listen, and serve in this process or in a child of it."""
    command = _command_or_obstacle() if options.use_reloader else None
    with listen(options) as listener:
        for line in announcement(options, listener):
            say(line)
        if isinstance(command, Command):
            exit_code = _serve_by_child(application, options, listener, command)
        else:
            if command is not None:
                say(f" * no reloader: {command}")
            exit_code = _serve_here(application, options, listener)
    if exit_code:
        raise SystemExit(exit_code)


def _command_or_obstacle() -> Command | str:
    """Return what runs this program once more, or why that cannot be."""
    if not hasattr(os, "register_at_fork"):
        return "it needs a POSIX system: Linux, macOS, or Windows by its subsystem for Linux"
    if threading.current_thread() is not threading.main_thread():
        return "it needs the main thread, and serve() was called in another"
    return this_command() or "this program has no file to be started from again"


def _serve_here(application: Application, options: ServerOptions, listener: socket) -> int:
    """Serve in this process, and return the exit code."""
    with Ending() as ending:
        worker = make_worker(_assemble(application, options), options, listener)
        worker.serve_until(ending)
        if not ending.is_urgent:
            worker.accept_waiting()
        worker.finish(ending)
    return TERMINATED if ending.number == signal.SIGTERM else 0


def _serve_by_child(
    application: Application, options: ServerOptions, listener: socket, command: Command
) -> int:
    """Serve in a child process, which starts anew when a file changes; return the exit code."""

    def make_flaw(text: str, paths: Sequence[str]) -> Threads:
        if not options.may_show_source:
            text, paths = _HIDDEN, ()
        return Threads(flaw.create_app(text, paths), options.address, listener)

    files = ProgramFiles()
    files.add({*child.module_files(), *template_files(application)}, since=sys.maxsize)
    return Supervisor(command, listener, files, make_flaw).run()


def _serve_as_child(
    application: Application, options: ServerOptions, parent: child.Parent
) -> NoReturn:
    """Serve in this process, which is a child, until the parent asks it to end."""
    with Ending(is_final=True) as ending:
        served = _assemble(application, options, is_new=parent.is_first)
        worker = make_worker(served, options, parent.listener)
        if not options.is_threaded:
            parent.leave_to_caller()  # a process of several threads cannot fork well
        port = parent.listener.getsockname()[1]
        if options.port not in (0, port):
            say(f" * this is still port {port}: start it anew for port {options.port}")
        parent.report_ready(template_files(application))
        worker.serve_until(ending, parent.look)
        worker.finish(ending)
    raise SystemExit(128 + (ending.number or 0))


def _assemble(
    application: Application, options: ServerOptions, is_new: bool = True
) -> WSGIApplication:
    """Return what to serve, and print what unlocks the debugger, unless that is known already."""
    served = assemble(application, options)
    if is_new and isinstance(served, DebuggedApplication) and served.evalex and served.pin:
        say(f" * debugger PIN: {served.pin}")
    return served
