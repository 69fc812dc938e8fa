"""Where the server listens, and what it says about that."""

from __future__ import annotations

import errno
import os
import socket
from dataclasses import replace
from typing import Any

import pytest

from clastic.server.listening import announcement, listen
from clastic.server.options import ServerOptions

OPTIONS = ServerOptions(
    address="127.0.0.1",
    port=0,
    use_meta=True,
    use_lint=True,
    use_reloader=True,
    use_debugger=True,
    use_static=True,
    static_prefix="static",
    static_path=None,
    processes=None,
)


@pytest.fixture(autouse=True)
def name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clastic.server.listening.program_name", lambda: "hello")


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
def test_it_says_where_it_is(address: str, url: str, elsewhere: str) -> None:
    options = replace(OPTIONS, address=address, use_debugger=False)
    with listen(options) as listener:
        (line,) = announcement(options, listener)
        url = url.format(listener.getsockname()[1])
    assert line == f" * hello: {url}{elsewhere} (development server, Ctrl-C ends it)"


@pytest.mark.parametrize(
    ("use_debugger", "has_line"),
    [
        pytest.param(True, True, id="the debugger is refused with a line"),
        pytest.param("force", False, id="unless it was asked for by name"),
        pytest.param(False, False, id="or was not wanted"),
    ],
)
def test_others_can_reach_it(use_debugger: Any, has_line: bool) -> None:
    options = replace(OPTIONS, address="0.0.0.0", use_debugger=use_debugger)
    with listen(options) as listener:
        lines = list(announcement(options, listener))
    refusal = (
        " * no debugger: others can reach 0.0.0.0, and could run code in it. "
        "--debugger uses it all the same."
    )
    assert (refusal in lines) is has_line


def test_a_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            listen(replace(OPTIONS, port=port))
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        f"hello: port {port} on 127.0.0.1 is in use by another program. "
        "Stop that one, or choose another port with --port.\n"
    )


def test_an_address_of_another_machine(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        listen(replace(OPTIONS, address="192.0.2.1", port=5000))
    reason = os.strerror(errno.EADDRNOTAVAIL)
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith(
        f"hello: cannot listen on 192.0.2.1, port 5000: {reason}"
    )
