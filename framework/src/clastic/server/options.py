"""Read the options of the development server, and open the socket that they describe."""

from __future__ import annotations

import argparse
import errno
import ipaddress
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from clastic.http.hosts import TrustedHosts, is_loopback_name, split_host
from clastic.wiring import misspelling

if TYPE_CHECKING:
    from ssl import SSLContext

SSL: TypeAlias = "SSLContext | tuple[str, str | None] | Literal['adhoc'] | None"
"""A context, the files of a certificate and its key, or ``"adhoc"`` for a certificate of its own"""

_HIGHEST_PORT = 65535
_ALL_ADDRESSES = ("", "0.0.0.0", "::")

_SWITCHES = (
    ("--no-meta", "use_meta", False, "do not serve /_meta/"),
    ("--no-static", "use_static", False, "do not serve static files"),
    ("--no-reloader", "use_reloader", False, "do not restart on changes"),
    ("--no-wsgi-lint", "use_lint", False, "do not check the use of WSGI"),
    ("--no-debugger", "use_debugger", False, "do not use the debugger"),
    ("--debugger", "use_debugger", "force", "use it even if other machines can reach it"),
)

_FLAGS = (
    *("--help", "--address", "--host", "--port", "--processes", "--static-path", "--static-prefix"),
    *(switch[0] for switch in _SWITCHES),
)


@dataclass(frozen=True)
class ServerOptions:
    """The options of :func:`clastic.server.serve`, which documents each.

    :raises ValueError: if the port, the number of processes, the static folder or a host is invalid
    """

    address: str = "127.0.0.1"
    port: int = 5000
    use_meta: bool = True
    use_lint: bool = True
    use_reloader: bool = True
    use_debugger: bool | Literal["force"] = True
    use_static: bool = True
    static_prefix: str = "static"
    static_path: str | None = None
    processes: int | None = None
    hosts: Sequence[str] = ()
    threaded: bool | None = None
    extra_files: Sequence[str] = ()
    reloader_interval: float = 0.1
    passthrough_errors: bool = False
    ssl_context: SSL = None
    use_evalex: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _HIGHEST_PORT:
            raise ValueError(
                f"port {self.port} is out of range: use 1 to {_HIGHEST_PORT}, "
                "or 0 for any free port"
            )
        if self.processes is not None and self.processes < 1:
            raise ValueError(f"processes must be at least 1, not {self.processes}")
        if self.processes not in (None, 1) and self.ssl_context is not None:
            raise ValueError("ssl_context needs threads: leave out processes")
        if not self.reloader_interval > 0:
            raise ValueError(f"reloader_interval must be above 0, not {self.reloader_interval}")
        if self.static_path is not None and not os.path.isdir(self.static_path):
            raise ValueError(f"static path {self.static_path!r} is not a folder")
        if self.hosts:
            TrustedHosts(self.hosts)  # checks them

    def serves_host(self, host: str | None) -> bool:
        """Return whether to serve requests for a host: the value of ``Host``, `None` if malformed.

        A site of someone else can make its own name resolve to this machine (DNS rebinding), and
        then read the responses in a browser. So names other than the given ones are only those of
        the loopback interface, and IP addresses only those that the server listens on.
        """
        split = split_host(host) if host else None
        if split is None:
            return host == ""  # a socket file, or HTTP/1.0 without the header
        if is_loopback_name(split[0]):
            return True
        name = split[0].strip("[]")
        if name == self.address.lower() or (self.hosts and host in TrustedHosts(self.hosts)):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return self.address in _ALL_ADDRESSES

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        try:
            return ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return self.address == "localhost"

    @property
    def may_show_source(self) -> bool:
        """Whether pages may show source code. Off the loopback interface it takes ``"force"``."""
        return self.use_debugger == "force" or self.is_loopback

    @property
    def may_debug(self) -> bool:
        """Whether to use the debugger: only where pages may show source code."""
        return bool(self.use_debugger) and self.may_show_source

    @property
    def has_one_process(self) -> bool:
        """Whether one process serves all requests."""
        return self.processes in (None, 1)

    def overridden_by(self, arguments: Sequence[str]) -> ServerOptions:
        """Return these options, overridden by the flags in `arguments`.

        Unknown arguments are ignored: they belong to the program. A flag that is misspelt or has an
        invalid value ends the program with a message on standard error and the exit code 2.
        """
        parser = _make_parser(self)
        flags, others = parser.parse_known_args(list(arguments))
        for text in takewhile("--".__ne__, others):
            name = text.partition("=")[0]
            if name.startswith("--") and (flag := misspelling(name, _FLAGS)) is not None:
                parser.error(f"unknown flag {name}. Did you mean {flag}?")
        try:
            return ServerOptions(**{**vars(flags), "hosts": tuple(flags.hosts)})
        except ValueError as error:
            parser.error(str(error))


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the development server to a parser, each for a field of the options."""
    parser.add_argument("--address", metavar="HOST", help="the address to listen on")
    parser.add_argument(
        "--host",
        dest="hosts",
        metavar="NAME",
        action="append",
        help="also serve requests for this host name; can be repeated",
    )
    parser.add_argument("--port", type=int, help="the port to listen on, 0 for any free port")
    parser.add_argument("--processes", type=int, metavar="N", help="serve with up to N processes")
    parser.add_argument("--static-path", metavar="DIR", help="the folder of static files")
    parser.add_argument("--static-prefix", metavar="PREFIX", help="the path to serve them at")
    for flag, name, value, explanation in _SWITCHES:
        parser.add_argument(flag, dest=name, action="store_const", const=value, help=explanation)


def _make_parser(options: ServerOptions) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program_name(),
        description="Serve this application for development.",
        allow_abbrev=False,
        add_help=False,
    )
    # No -h: the program may use it for something else.
    parser.add_argument("--help", action="help", help="show this and exit")
    add_flags(parser)
    parser.set_defaults(**{**vars(options), "hosts": list(options.hosts)})
    return parser


def main_path() -> Path | None:
    """Return the absolute path of the file that runs as ``__main__``, if there is one."""
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    return None if path in (None, "<stdin>") else Path(os.path.abspath(path))


def program_name() -> str:
    """Return the name of the program: ``hello`` for ``hello.py`` and for ``python -m hello``."""
    path = main_path()
    if path is None:
        return "clastic"
    return path.parent.name if path.stem == "__main__" else path.stem


def listen(options: ServerOptions) -> socket.socket:
    """Return a socket that listens on the address and port of the options.

    :raises SystemExit: with 1, after one line that says why, if that is not possible
    """
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    try:
        return socket.create_server((options.address, options.port), family=family, backlog=128)
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno == errno.EADDRINUSE:
            reason = "another program uses it. Stop that program, or choose a port with --port"
        where = f"{options.address}, port {options.port}"
        raise SystemExit(f"{program_name()}: cannot listen on {where}: {reason}") from None


def announcement(options: ServerOptions, listener: socket.socket) -> Iterator[str]:
    """Yield the lines to print when the server starts."""
    address = options.address
    # A browser needs an address of one interface.
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
    elsewhere = "" if host == address else ", and all other addresses of this machine"
    scheme = "http" if options.ssl_context is None else "https"
    url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/"
    yield f" * {program_name()}: {url}{elsewhere} (development server, Ctrl-C ends it)"
    if options.use_debugger and not options.may_debug:
        yield (
            f" * no debugger: other machines can reach {address}, and could run code in it. "
            "They get no debug pages. Use --debugger to enable both anyway."
        )
