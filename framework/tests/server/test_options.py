"""How to serve: what the program says, and what its command line says."""

import re
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from clastic.server.options import ServerOptions
from clastic.server.program import folder_beside_program, program_name

DEFAULTS = ServerOptions(
    address="127.0.0.1",
    port=5000,
    use_meta=True,
    use_lint=True,
    use_reloader=True,
    use_debugger=True,
    use_static=True,
    static_prefix="static",
    static_path=None,
    processes=None,
)


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Makes ``hello.py`` the program that runs."""
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
            id="the arguments of the program are left alone",
        ),
        pytest.param(["--por", "80", "--no-re"], {}, id="there are no abbreviations"),
        pytest.param(["-h"], {}, id="-h is the program's"),
        pytest.param(["--", "--port", "80"], {}, id="two dashes end the flags"),
    ],
)
def test_flags_override(arguments: list[str], changes: dict[str, object]) -> None:
    assert DEFAULTS.overridden_by(arguments) == replace(DEFAULTS, **changes)


def test_flags_override_what_the_program_says() -> None:
    options = replace(DEFAULTS, port=8000, use_reloader=False)
    assert options.overridden_by(["--port", "80"]) == replace(options, port=80)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        pytest.param(
            ["--port", "http"],
            "argument --port: invalid int value: 'http'",
            id="a port that is no number",
        ),
        pytest.param(["--port"], "argument --port: expected one argument", id="no port"),
        pytest.param(
            ["--port", "65536"],
            "port 65536 does not exist: choose one up to 65535, or 0 for any that is free",
            id="a port beyond the last",
        ),
        pytest.param(
            ["--port=-1"],
            "port -1 does not exist: choose one up to 65535, or 0 for any that is free",
            id="a port below the first",
        ),
        pytest.param(
            ["--processes", "0"],
            "processes cannot be 0: it takes at least 1 to serve",
            id="no processes",
        ),
        pytest.param(
            ["--static-path", "/no/such"], "static path '/no/such' is no folder", id="no folder"
        ),
    ],
)
def test_a_bad_flag_is_one_line(
    program: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        DEFAULTS.overridden_by(arguments)
    output = capsys.readouterr()
    assert (ended.value.code, output.out, output.err) == (2, "", f"hello: {line}\n")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"port": 70000}, "port 70000 does not exist"),
        ({"processes": 0}, "processes cannot be 0"),
        ({"static_path": "/no/such"}, "static path '/no/such' is no folder"),
    ],
)
def test_a_bad_argument_is_an_error(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        replace(DEFAULTS, **changes)


def test_help_lists_the_flags(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        DEFAULTS.overridden_by(["--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert text.startswith("usage: hello ")
    for flag in (
        *("--address", "--port", "--processes", "--static-path", "--static-prefix", "--no-static"),
        "--no-meta",
        *("--no-reloader", "--no-wsgi-lint", "--no-debugger", "--debugger"),
    ):
        assert re.search(rf"^  {flag}\b", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("address", "use_debugger", "may_debug"),
    [
        pytest.param("127.0.0.1", True, True, id="on the loopback address"),
        pytest.param("127.9.9.9", True, True, id="on any loopback address"),
        pytest.param("localhost", True, True, id="on localhost"),
        pytest.param("::1", True, True, id="on the loopback address of IPv6"),
        pytest.param("0.0.0.0", True, False, id="not on all addresses"),
        pytest.param("::", True, False, id="not on all addresses of IPv6"),
        pytest.param("", True, False, id="not on an empty address, which is all of them"),
        pytest.param("192.168.1.2", True, False, id="not on the network"),
        pytest.param("127.0.0.1.example.org", True, False, id="not on a name that looks alike"),
        pytest.param("0.0.0.0", "force", True, id="anywhere by name"),
        pytest.param("127.0.0.1", False, False, id="nowhere if not wanted"),
    ],
)
def test_where_the_debugger_is_used(address: str, use_debugger: bool, may_debug: bool) -> None:
    options = replace(DEFAULTS, address=address, use_debugger=use_debugger)
    assert options.may_debug is may_debug


@pytest.mark.parametrize(
    ("address", "use_debugger", "use_meta", "may_show_meta", "may_show_source"),
    [
        pytest.param("127.0.0.1", True, True, True, True, id="on the loopback address"),
        pytest.param("127.0.0.1", False, False, False, True, id="not wanted"),
        pytest.param("0.0.0.0", True, True, False, False, id="others can reach it"),
        pytest.param("0.0.0.0", "force", True, False, True, id="the debugger by name"),
    ],
)
def test_what_others_may_see(
    address: str,
    use_debugger: bool,
    use_meta: bool,
    may_show_meta: bool,
    may_show_source: bool,
) -> None:
    changes = {"address": address, "use_debugger": use_debugger, "use_meta": use_meta}
    options = replace(DEFAULTS, **changes)
    assert (options.may_show_meta, options.may_show_source) == (may_show_meta, may_show_source)


class TestTheProgram:
    def test_it_is_named_like_its_file(self, program: Path) -> None:
        assert program_name() == "hello"

    def test_a_package_is_named_like_its_folder(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        module = ModuleType("__main__")
        module.__file__ = str(tmp_path / "hello" / "__main__.py")
        monkeypatch.setitem(sys.modules, "__main__", module)
        assert program_name() == "hello"

    def test_there_may_be_no_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        assert program_name() == "clastic"
        assert folder_beside_program("static") is None

    def test_a_folder_beside_it(self, program: Path) -> None:
        assert folder_beside_program("static") is None
        (program.parent / "static").mkdir()
        assert folder_beside_program("static") == str(program.parent / "static")
