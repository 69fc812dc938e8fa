"""Options from keywords and from the command line, and the socket that they describe."""

from __future__ import annotations

import errno
import os
import re
import socket
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from clastic.server.options import ServerOptions, announcement, listen, program_name


@pytest.fixture(autouse=True)
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Makes ``hello.py`` the running program."""
    module = ModuleType("__main__")
    module.__file__ = str(tmp_path / "hello.py")
    monkeypatch.setitem(sys.modules, "__main__", module)
    return tmp_path / "hello.py"


@pytest.mark.parametrize(
    ("arguments", "changes"),
    [
        pytest.param([], {}, id="nothing changes nothing"),
        pytest.param(["--address", "0.0.0.0"], {"address": "0.0.0.0"}, id="an address"),
        pytest.param(["--port", "80"], {"port": 80}, id="a port"),
        pytest.param(["--port=0"], {"port": 0}, id="a port after an equals sign"),
        pytest.param(["--processes", "4"], {"processes": 4}, id="processes"),
        pytest.param(["--static-path", "/"], {"static_path": "/"}, id="a folder"),
        pytest.param(["--static-prefix", "s"], {"static_prefix": "s"}, id="a prefix"),
        pytest.param(["--no-meta"], {"use_meta": False}, id="no meta"),
        pytest.param(["--no-static"], {"use_static": False}, id="no static files"),
        pytest.param(["--no-reloader"], {"use_reloader": False}, id="no reloader"),
        pytest.param(["--no-debugger"], {"use_debugger": False}, id="no debugger"),
        pytest.param(["--debugger"], {"use_debugger": "force"}, id="the debugger by name"),
        pytest.param(["--no-wsgi-lint"], {"use_lint": False}, id="no lint"),
        pytest.param(["--port", "1", "--port", "2"], {"port": 2}, id="the last one counts"),
        pytest.param(
            ["run", "--port", "80", "--verbose", "-p", "7", "--db=x"],
            {"port": 80},
            id="other arguments are left to the program",
        ),
        pytest.param(["--por", "80", "--no-re"], {}, id="there are no abbreviations"),
        pytest.param(["-h"], {}, id="-h is left to the program"),
        pytest.param(["--", "--port", "80"], {}, id="two dashes end the flags"),
    ],
)
def test_flags_override_the_defaults(
    defaults: ServerOptions, arguments: list[str], changes: dict[str, object]
) -> None:
    assert defaults.overridden_by(arguments) == replace(defaults, **changes)


def test_flags_override_the_keywords(defaults: ServerOptions) -> None:
    options = replace(defaults, port=8000, use_reloader=False)
    assert options.overridden_by(["--port", "80"]) == replace(options, port=80)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            ["--port", "http"],
            "argument --port: invalid int value: 'http'",
            id="a port that is not a number",
        ),
        pytest.param(["--port"], "argument --port: expected one argument", id="no port"),
        pytest.param(
            ["--port", "65536"],
            "port 65536 is out of range: use 1 to 65535, or 0 for any free port",
            id="a port that is too high",
        ),
        pytest.param(["--processes", "0"], "processes must be at least 1, not 0", id="processes"),
        pytest.param(
            ["--static-path", "/no/such"], "static path '/no/such' is not a folder", id="folder"
        ),
    ],
)
def test_an_invalid_flag_is_reported(
    defaults: ServerOptions, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        defaults.overridden_by(arguments)
    output = capsys.readouterr()
    assert (ended.value.code, output.out) == (2, "")
    assert output.err.endswith(f"\nhello: error: {message}\n")


def test_an_invalid_keyword_is_a_value_error(defaults: ServerOptions) -> None:
    with pytest.raises(ValueError, match="port 70000 is out of range"):
        replace(defaults, port=70000)


def test_help_lists_the_flags(defaults: ServerOptions, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        defaults.overridden_by(["--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert text.startswith("usage: hello ")
    for flag in (
        *("--address", "--port", "--processes", "--static-path", "--static-prefix", "--no-static"),
        *("--no-meta", "--no-reloader", "--no-wsgi-lint", "--no-debugger", "--debugger"),
    ):
        assert re.search(rf"^  {flag}\b", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("address", "is_loopback"),
    [
        pytest.param("127.0.0.1", True, id="the loopback address"),
        pytest.param("127.9.9.9", True, id="any loopback address"),
        pytest.param("localhost", True, id="localhost"),
        pytest.param("::1", True, id="the loopback address of IPv6"),
        pytest.param("0.0.0.0", False, id="all addresses"),
        pytest.param("::", False, id="all addresses of IPv6"),
        pytest.param("", False, id="an empty address, which means all"),
        pytest.param("192.168.1.2", False, id="an address on the network"),
        pytest.param("127.0.0.1.example.org", False, id="a name that looks like an address"),
    ],
)
def test_other_machines_get_neither_debugger_nor_source(
    defaults: ServerOptions, address: str, is_loopback: bool
) -> None:
    options = replace(defaults, address=address)
    assert options.is_loopback is options.may_debug is options.may_show_source is is_loopback
    forced = replace(options, use_debugger="force")
    assert forced.may_debug
    assert forced.may_show_source


def test_the_debugger_can_be_turned_off(defaults: ServerOptions) -> None:
    options = replace(defaults, use_debugger=False)
    assert not options.may_debug
    assert options.may_show_source


class TestProgramName:
    def test_a_program_is_named_by_its_file(self) -> None:
        assert program_name() == "hello"

    def test_a_program_is_named_by_its_package(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        module = ModuleType("__main__")
        module.__file__ = str(tmp_path / "hello" / "__main__.py")
        monkeypatch.setitem(sys.modules, "__main__", module)
        assert program_name() == "hello"

    @pytest.mark.parametrize("file", [None, "<stdin>"])
    def test_a_program_without_a_file_has_a_general_name(
        self, monkeypatch: pytest.MonkeyPatch, file: str | None
    ) -> None:
        monkeypatch.setattr(sys.modules["__main__"], "__file__", file)
        assert program_name() == "clastic"


class TestListen:
    @pytest.fixture
    def options(self, defaults: ServerOptions) -> ServerOptions:
        return replace(defaults, port=0)

    @pytest.mark.parametrize(
        ("address", "url", "elsewhere"),
        [
            pytest.param("127.0.0.1", "http://127.0.0.1:{}/", "", id="this machine"),
            pytest.param("localhost", "http://localhost:{}/", "", id="this machine by name"),
            pytest.param("::1", "http://[::1]:{}/", "", id="this machine by IPv6"),
            pytest.param(
                "0.0.0.0",
                "http://127.0.0.1:{}/",
                ", and all other addresses of this machine",
                id="all addresses",
            ),
        ],
    )
    def test_the_address_is_announced(
        self, options: ServerOptions, address: str, url: str, elsewhere: str
    ) -> None:
        options = replace(options, address=address, use_debugger=False)
        with listen(options) as listener:
            (line,) = announcement(options, listener)
            url = url.format(listener.getsockname()[1])
        assert line == f" * hello: {url}{elsewhere} (development server, Ctrl-C ends it)"

    @pytest.mark.parametrize(
        ("use_debugger", "has_line"), [(True, True), ("force", False), (False, False)]
    )
    def test_the_refusal_of_the_debugger_is_announced(
        self, options: ServerOptions, use_debugger: Any, has_line: bool
    ) -> None:
        options = replace(options, address="0.0.0.0", use_debugger=use_debugger)
        with listen(options) as listener:
            lines = list(announcement(options, listener))
        refusal = (
            " * no debugger: other machines can reach 0.0.0.0, and could run code in it. "
            "They get no debug pages. Use --debugger to enable both anyway."
        )
        assert (refusal in lines) is has_line

    def test_a_port_in_use_is_reported(self, options: ServerOptions) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(SystemExit) as ended:
                listen(replace(options, port=port))
        assert ended.value.code == (
            f"hello: cannot listen on 127.0.0.1, port {port}: another program uses it. "
            "Stop that program, or choose a port with --port"
        )

    def test_an_address_of_another_machine_is_reported(self, options: ServerOptions) -> None:
        with pytest.raises(SystemExit) as ended:
            listen(replace(options, address="192.0.2.1", port=5000))
        reason = os.strerror(errno.EADDRNOTAVAIL)
        message = f"hello: cannot listen on 192.0.2.1, port 5000: {reason}"
        assert str(ended.value.code).startswith(message)


class TestHosts:
    """Which hosts are served, so that no other site reads the pages (DNS rebinding)."""

    LOOPBACK = ("localhost", "LOCALHOST:5000", "app.localhost", "127.0.0.1:5000", "127.9.9.9")

    @pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::", "", "dev.example"])
    @pytest.mark.parametrize("host", [*LOOPBACK, "[::1]:5000", ""])
    def test_the_loopback_interface_is_always_served(
        self, defaults: ServerOptions, address: str, host: str
    ) -> None:
        assert replace(defaults, address=address).serves_host(host)

    @pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::", "dev.example"])
    @pytest.mark.parametrize(
        "host", [None, "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "a b"]
    )
    def test_other_hosts_are_not_served(
        self, defaults: ServerOptions, address: str, host: str | None
    ) -> None:
        assert not replace(defaults, address=address).serves_host(host)

    @pytest.mark.parametrize(
        ("address", "host", "is_served"),
        [
            ("dev.example", "Dev.Example:5000", True),
            ("192.0.2.1", "192.0.2.1:5000", True),
            ("192.0.2.1", "192.0.2.2:5000", False),
            ("127.0.0.1", "192.0.2.1:5000", False),
            ("0.0.0.0", "192.0.2.1:5000", True),
            ("::", "[2001:db8::1]:5000", True),
            ("2001:db8::1", "[2001:db8::1]:5000", True),
            ("2001:db8::1", "[2001:db8::2]:5000", False),
        ],
    )
    def test_the_host_of_the_address_is_served(
        self, defaults: ServerOptions, address: str, host: str, is_served: bool
    ) -> None:
        assert replace(defaults, address=address).serves_host(host) is is_served

    def test_named_hosts_are_served(self, defaults: ServerOptions) -> None:
        named = defaults.overridden_by(["--host", "a.example", "--host", ".b.example"])
        assert named.hosts == ("a.example", ".b.example")
        for host in ("a.example:5000", "b.example", "c.b.example"):
            assert named.serves_host(host)
        assert not named.serves_host("c.a.example")

    def test_the_flag_adds_hosts_to_the_argument(self, defaults: ServerOptions) -> None:
        named = replace(defaults, hosts=("a.example",)).overridden_by(["--host", "b.example"])
        assert named.hosts == ("a.example", "b.example")

    def test_an_invalid_host_name_is_refused(
        self, defaults: ServerOptions, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            defaults.overridden_by(["--host", "a b"])
        assert "'a b' is not a host name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flag", "meant"),
    [("--prot", "--port"), ("--adress=::1", "--address"), ("--nodebugger", "--no-debugger")],
)
def test_a_misspelt_flag_is_refused_with_the_nearest(
    defaults: ServerOptions, capsys: pytest.CaptureFixture[str], flag: str, meant: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        defaults.overridden_by([flag, "5091"])
    assert caught.value.code == 2
    name = flag.partition("=")[0]
    assert f"error: unknown flag {name}. Did you mean {meant}?" in capsys.readouterr().err


def test_flags_of_the_program_are_left_to_it(defaults: ServerOptions) -> None:
    assert defaults.overridden_by(["--ports", "--verbose", "-p", "--post=1", "--"]) == defaults
