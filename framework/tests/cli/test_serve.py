"""Test ``clastic serve`` and ``clastic servers``."""

from __future__ import annotations

import errno
import json
import signal
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from clastic.adapters import Adapter, registry
from clastic.testing import serve_process

from .conftest import APP, CommandLine

COOKIE = """\
from clastic import Application
from clastic.middleware.cookie import SignedCookieMiddleware

app = Application([("/", lambda cookie: "")], middlewares=[SignedCookieMiddleware()])
"""

DEBUG = """\
from clastic import Application

app = Application(debug=True)
"""


class Recorder(Adapter):
    """Print the options, and return at once."""

    name = "recorder"
    model = "synchronous"
    install = "pip install recorder"
    options = ("threads",)
    drains = True

    def serve(self, app, options, open_):
        print(options)


class Toy(Recorder):
    name = "toy"
    is_for_production = False


class Absent(Recorder):
    distributions = ("no-such-distribution",)


@pytest.fixture(autouse=True)
def add_adapters(monkeypatch: pytest.MonkeyPatch):
    added = {"recorder": Recorder, "toy": Toy}
    entry_points = [EntryPoint(name, f"{name}:x", registry.GROUP) for name in added]
    monkeypatch.setattr(registry, "entry_points", lambda group: entry_points)
    monkeypatch.setattr(EntryPoint, "load", lambda self: added.get(self.name, Absent))


def test_passes_the_options_to_the_server(cli: CommandLine):
    flags = ["--bind", "[::1]:80", "--threads", "2", "--proxies", "1"]
    assert cli.run("serve", "app.py", "--server", "recorder", *flags) == (
        0,
        " * http://[::1]:80/ (recorder {}.{}.{}, behind 1 proxy)\n"
        "ServerOptions(bind='[::1]:80', workers=None, threads=2, proxies=1)\n".format(
            *sys.version_info
        ),
        "",
    )


def test_flags_override_the_configuration_file(cli: CommandLine):
    text = "[application clastic.Application]\n[server]\nname: recorder\nthreads: 3\nproxies: 1\n"
    cli.write({"site.ini": text})
    assert cli.run("serve", "site.ini", "--set", "server.proxies=2", "--threads", "4").out.endswith(
        "ServerOptions(bind='127.0.0.1:8000', workers=None, threads=4, proxies=2)\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(
            ["--server", "recordr"],
            "There is no server 'recordr'. Did you mean 'recorder'? The servers are: gunicorn, ",
            id="an unknown server",
        ),
        pytest.param(
            ["--server", "toy"],
            "toy is not for production. Use another server, or 'clastic dev' for development\n",
            id="a server for development",
        ),
        pytest.param(
            ["--server", "recorder", "--workers", "2"],
            "recorder takes no workers. Leave the option out, or use another server.\n",
            id="an option that the server does not have",
        ),
        pytest.param(
            ["--bind", "80"],
            "bind is '80'. Write HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000.\n",
            id="an invalid address",
        ),
        pytest.param(
            [],
            "neither gunicorn nor waitress is installed. Install one, or name a server with "
            "--server: 'clastic servers' lists them\n",
            id="no server is installed",
        ),
        pytest.param(
            ["debug.py", "--server", "recorder"],
            "the application has the error handler ContextualErrorHandler, which shows visitors "
            "source code and variables. Construct it without debug=True\n",
            id="debug pages",
        ),
        pytest.param(
            ["cookie.py", "--server", "recorder"],
            "the cookie 'clastic_cookie' is signed with a random key, so a restart makes it "
            "invalid. Pass secret_key= to its middleware\n",
            id="a random key",
        ),
    ],
)
def test_refuses_development_settings(cli: CommandLine, words: list[str], message: str):
    cli.write({"debug.py": DEBUG, "cookie.py": COOKIE})
    result = cli.run("serve", *words)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"clastic serve: {message}")


def test_reports_an_address_that_is_in_use(cli: CommandLine, monkeypatch: pytest.MonkeyPatch):
    def fail(*arguments: object) -> None:
        raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr(Recorder, "serve", fail)
    result = cli.run("serve", "--server", "recorder")
    assert result.code == 1
    message = "clastic serve: cannot listen on 127.0.0.1:8000: Address already in use\n"
    assert result.err == message


def test_servers_lists_versions_and_how_to_install_the_others(cli: CommandLine):
    version = "{}.{}.{}".format(*sys.version_info)
    lines = cli.run("servers").out.splitlines()
    assert lines[0].split() == ["SERVER", "MODEL", "VERSION"]
    assert lines[1].endswith("not installed: pip install recorder")
    assert lines[-1].split() == ["toy", "synchronous", version]


def test_servers_are_listed_as_json(cli: CommandLine):
    assert json.loads(cli.run("servers", "--json").out)[-1] == {
        "name": "toy",
        "model": "synchronous",
        "version": "{}.{}.{}".format(*sys.version_info),
        "install": "pip install recorder",
        "options": ["bind", "threads", "proxies"],
        "drains": True,
        "is_for_production": False,
    }


@pytest.mark.usefixtures("without_coverage")
def test_serves_until_it_is_stopped(tmp_path: Path):
    (tmp_path / "app.py").write_text(APP)
    command = [sys.executable, "-m", "clastic", "serve", "--server", "waitress"]
    with serve_process([*command, "--bind", "127.0.0.1:{port}"], folder=tmp_path) as server:
        assert server.get("/people/1").text == '{"name":"Ann"}'
        assert f" * {server.url}/ (waitress " in server.output
        assert server.stop(signal.SIGTERM) == 0
