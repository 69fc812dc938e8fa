"""How to serve: what the program says, overridden by what its command line says."""

from __future__ import annotations

import argparse
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NoReturn

from clastic.server.program import program_name

_HIGHEST_PORT = 65535


@dataclass(frozen=True)
class ServerOptions:
    """The options of :func:`clastic.server.serve`, which documents each.

    :raises ValueError: a port, a number of processes or a folder that cannot be
    """

    address: str
    port: int
    use_meta: bool
    use_lint: bool
    use_reloader: bool
    use_debugger: bool | Literal["force"]
    use_static: bool
    static_prefix: str
    static_path: str | None
    processes: int | None

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _HIGHEST_PORT:
            raise ValueError(
                f"port {self.port} does not exist: choose one up to {_HIGHEST_PORT}, "
                "or 0 for any that is free"
            )
        if self.processes is not None and self.processes < 1:
            raise ValueError(f"processes cannot be {self.processes}: it takes at least 1 to serve")
        if self.static_path is not None and not os.path.isdir(self.static_path):
            raise ValueError(f"static path {self.static_path!r} is no folder")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        try:
            return ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return self.address == "localhost"

    @property
    def may_debug(self) -> bool:
        """Whether the debugger is to be used: asked for, and by name if others can reach it."""
        return self.use_debugger == "force" or (self.use_debugger and self.is_loopback)

    @property
    def may_show_meta(self) -> bool:
        """Whether to tell about the application: only to this machine."""
        return self.use_meta and self.is_loopback

    @property
    def may_show_source(self) -> bool:
        """Whether pages may show lines of the program: not to others, unless by name."""
        return self.use_debugger == "force" or self.is_loopback

    @property
    def is_threaded(self) -> bool:
        """Whether one process serves, with a thread a request, and not several."""
        return self.processes in (None, 1)

    def overridden_by(self, arguments: Sequence[str]) -> ServerOptions:
        """Return these options, but for those that have a flag in `arguments`.

        Arguments that are no flags of the server are left to the program. A bad value ends the
        program with one line and the exit code 2.
        """
        parser = _parser(self)
        flags, _ = parser.parse_known_args(list(arguments))
        try:
            return ServerOptions(**vars(flags))
        except ValueError as error:
            parser.error(str(error))


class _OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the list of what there is."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _parser(options: ServerOptions) -> argparse.ArgumentParser:
    parser = _OneLineParser(
        prog=program_name(),
        description="Serve this application for development.",
        allow_abbrev=False,
        add_help=False,
        argument_default=argparse.SUPPRESS,
    )
    # No -h: it may be the program's own, with another meaning.
    parser.add_argument("--help", action="help", help="show this and exit")
    parser.add_argument("--address", metavar="HOST", help="the address to listen on")
    parser.add_argument("--port", type=int, help="the port to listen on, 0 for any that is free")
    parser.add_argument("--processes", type=int, metavar="N", help="serve by up to N processes")
    parser.add_argument("--static-path", metavar="DIR", help="the folder of static files")
    parser.add_argument("--static-prefix", metavar="PREFIX", help="where they are served")
    _add_switch(parser, "--no-meta", "use_meta", False, "do not serve /_meta/, about the program")
    _add_switch(parser, "--no-static", "use_static", False, "serve no static files")
    _add_switch(parser, "--no-reloader", "use_reloader", False, "do not restart on changes")
    _add_switch(parser, "--no-wsgi-lint", "use_lint", False, "do not check the use of WSGI")
    _add_switch(parser, "--no-debugger", "use_debugger", False, "do not use the debugger")
    _add_switch(
        parser, "--debugger", "use_debugger", "force", "use it even where others can reach it"
    )
    parser.set_defaults(**asdict(options))
    return parser


def _add_switch(
    parser: argparse.ArgumentParser, flag: str, name: str, value: Any, explanation: str
) -> None:
    parser.add_argument(flag, dest=name, action="store_const", const=value, help=explanation)
