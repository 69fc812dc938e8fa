"""Where the server listens, and what it says about that."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Iterator

from clastic.server.options import ServerOptions
from clastic.server.program import program_name

_BACKLOG = 128

# Addresses that stand for every interface, and how a browser on this machine reaches them.
_REACHABLE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


def listen(options: ServerOptions) -> socket.socket:
    """Return a socket that listens where the options say.

    :raises SystemExit: with 1, after one line that says why, if that cannot be
    """
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


def announcement(options: ServerOptions, listener: socket.socket) -> Iterator[str]:
    """Give the lines that say where the server is."""
    host = _REACHABLE.get(options.address, options.address)
    host = f"[{host}]" if ":" in host else host
    elsewhere = ", and all other addresses of this machine"
    yield (
        f" * {program_name()}: http://{host}:{listener.getsockname()[1]}/"
        f"{elsewhere if options.address in _REACHABLE else ''}"
        " (development server, Ctrl-C ends it)"
    )
    if options.use_debugger and not options.may_debug:
        yield (
            f" * no debugger: others can reach {options.address}, and could run code in it. "
            "--debugger uses it all the same."
        )
