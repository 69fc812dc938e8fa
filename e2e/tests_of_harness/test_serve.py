"""Test the command of ``make run`` with apps that use only the standard library."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).parents[1] / "serve.py"
APPS = LAUNCHER.parents[1] / "apps"

SERVING = """
    import http.server, sys

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"this is NAME")

    def create_app():
        port = int(sys.argv[sys.argv.index("--port") + 1])
        return http.server.HTTPServer(("127.0.0.1", port), Handler)

    if __name__ == "__main__":
        create_app().serve_forever()
"""
# Like a reloader: the started process only watches the process that serves.
SERVING_IN_A_CHILD = """
    import subprocess, sys

    def create_app():
        return subprocess.call([sys.executable, "../hello/hello.py", *sys.argv[1:]])

    if __name__ == "__main__":
        create_app()
"""
IGNORING_SIGTERM = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
EXITING = "import sys\ndef create_app(): ...\nsys.exit('no database here')\n"
NO_APP = "ALPHABET = 'abc'\n"


class Launcher:
    """A folder with apps, and the process of the launcher that serves them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None

    def write_app(self, name: str, source: str) -> None:
        (self.folder / name).mkdir()
        text = textwrap.dedent(source).replace("NAME", name)
        (self.folder / name / f"{name}.py").write_text(text)

    def start(self, **environment: str) -> subprocess.Popen[str]:
        inherited = {name: os.environ[name] for name in os.environ if name not in ("APP", "PORT")}
        self.process = subprocess.Popen(
            [sys.executable, str(LAUNCHER), str(self.folder)],
            env={**inherited, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self.process

    def start_and_wait(self, **environment: str) -> list[str]:
        """Start the launcher and return the lines it prints until all apps respond."""
        lines = []
        for line in self.start(**environment).stdout or ():
            lines.append(line.rstrip())
            if "Ctrl-C" in line:
                return lines
        raise AssertionError(f"the launcher ended: {self.outcome()}")

    def outcome(self) -> tuple[int, str]:
        """Wait for the launcher to end; return its exit status and standard error."""
        assert self.process is not None
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors

    def press_control_c(self) -> tuple[int, str]:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)
        return self.outcome()


@pytest.fixture
def folder(tmp_path):
    """Return the folder of the apps."""
    return tmp_path


@pytest.fixture
def launcher(folder):
    launcher = Launcher(folder)
    yield launcher
    if launcher.process is not None:
        if launcher.process.poll() is None:
            launcher.process.terminate()
        launcher.process.communicate(timeout=30)


@pytest.fixture
def first_port():
    """Return the first of two consecutive free ports."""
    for _ in range(100):
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                other.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
        return port
    raise AssertionError("no two consecutive ports are free")


def fetch(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as response:
        return response.read().decode()


def is_refused(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


def test_every_app_is_served_on_its_own_port_in_tutorial_order(launcher, first_port):
    launcher.write_app("another", SERVING)
    launcher.write_app("hello", SERVING)
    launcher.write_app("shared", NO_APP)
    lines = launcher.start_and_wait(PORT=str(first_port))
    assert lines == [
        f"hello    http://127.0.0.1:{first_port}/",
        f"another  http://127.0.0.1:{first_port + 1}/",
        "Press Ctrl-C to end.",
    ]
    assert fetch(first_port) == "this is hello"
    assert fetch(first_port + 1) == "this is another"


def test_app_selects_one_app(launcher, first_port):
    launcher.write_app("another", SERVING)
    launcher.write_app("hello", SERVING)
    lines = launcher.start_and_wait(APP="another", PORT=str(first_port))
    assert lines == [f"another  http://127.0.0.1:{first_port}/", "Press Ctrl-C to end."]
    assert fetch(first_port) == "this is another"


def test_control_c_ends_every_process_without_a_traceback(launcher, first_port):
    launcher.write_app("hello", SERVING)
    launcher.write_app("watched", SERVING_IN_A_CHILD)
    launcher.start_and_wait(PORT=str(first_port))
    status, errors = launcher.press_control_c()
    assert status == 0
    assert "Traceback" not in errors
    assert is_refused(first_port)
    assert is_refused(first_port + 1)


def test_sigterm_ends_every_process(launcher, first_port):
    launcher.write_app("hello", SERVING)
    launcher.start_and_wait(PORT=str(first_port))
    launcher.process.terminate()
    status, errors = launcher.outcome()
    assert (status, "Traceback" in errors) == (0, False)
    assert is_refused(first_port)


def test_an_app_that_ignores_sigterm_is_killed(launcher, first_port):
    launcher.write_app("hello", IGNORING_SIGTERM + textwrap.dedent(SERVING))
    launcher.start_and_wait(PORT=str(first_port))
    status, _ = launcher.press_control_c()
    assert status == 0
    assert is_refused(first_port)


def test_an_app_that_cannot_start_is_named_and_the_others_are_stopped(launcher, first_port):
    launcher.write_app("hello", SERVING)
    launcher.write_app("broken", EXITING)
    launcher.start(PORT=str(first_port))
    status, errors = launcher.outcome()
    assert status == 1
    assert errors.endswith("broken exited with code 1. Its last output:\n  no database here\n")
    assert is_refused(first_port)


def test_an_app_that_is_killed_is_named_with_the_signal(launcher, first_port):
    launcher.write_app("another", SERVING)
    launcher.write_app("hello", "import os\nprint(os.getpid())\n" + textwrap.dedent(SERVING))
    launcher.start_and_wait(PORT=str(first_port))
    first_line = launcher.process.stderr.readline()
    os.kill(int(first_line.removeprefix("hello | ")), signal.SIGKILL)
    status, errors = launcher.outcome()
    assert status == 1
    assert "hello was killed by SIGKILL. Its last output:\n" in errors
    assert is_refused(first_port + 1)


def test_a_port_in_use_is_named_with_its_app_and_nothing_starts(launcher, first_port):
    launcher.write_app("another", SERVING)
    launcher.write_app("hello", SERVING)
    with socket.create_server(("127.0.0.1", first_port + 1)):
        launcher.start(PORT=str(first_port))
        status, errors = launcher.outcome()
    example = 7000 if first_port + 1 > 7000 else 8000
    assert status == 1
    assert errors == (
        f"Port {first_port + 1} is in use, so another cannot use it. "
        f"Choose another with PORT=..., for example PORT={example}.\n"
    )


def test_the_error_for_an_unknown_app_lists_the_apps(launcher):
    launcher.write_app("another", SERVING)
    launcher.write_app("hello", SERVING)
    launcher.start(APP="helo")
    assert launcher.outcome() == (
        1,
        "There is no app 'helo'. The apps are: hello, another.\n",
    )


def test_a_folder_without_apps_is_an_error(launcher):
    launcher.start()
    assert launcher.outcome() == (1, f"There are no apps in {launcher.folder}.\n")


@pytest.mark.parametrize(
    "port",
    [
        pytest.param("http", id="a word"),
        pytest.param("80.5", id="a fraction"),
        pytest.param("-1", id="negative"),
        pytest.param("0", id="zero"),
        pytest.param("65536", id="past the last port"),
        pytest.param("65535", id="no room for the second app"),
        pytest.param("٣٠٠٠", id="digits that are not ASCII"),
    ],
)
def test_an_invalid_port_is_refused(launcher, port):
    launcher.write_app("another", SERVING)
    launcher.write_app("hello", SERVING)
    launcher.start(PORT=port)
    assert launcher.outcome() == (
        1,
        f"PORT must be a number from 1 to 65534, not {port!r}.\n",
    )


@pytest.mark.parametrize("folder", [pytest.param(APPS, id="the apps of this repository")])
def test_hello_starts_as_its_readme_shows_and_ends_with_its_reloader(launcher, first_port):
    readme = (launcher.folder / "hello/README.md").read_text()
    lines = launcher.start_and_wait(APP="hello", PORT=str(first_port))
    shown = "\n".join(["$ APP=hello make run", *lines]).replace(str(first_port), "5000")
    assert f"```console\n{shown}\n```" in readme
    assert fetch(first_port) == "Hello, world!\n"
    status, errors = launcher.press_control_c()
    assert (status, "Traceback" in errors) == (0, False)
    assert is_refused(first_port)
