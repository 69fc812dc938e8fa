"""One server that survives one mistake after another: real files, a real process, real requests."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any

import pytest

APP = """\
import os
from pathlib import Path

from clastic.application import Application
from clastic.render import AshesRenderFactory
from package.inner import NUMBER
from words import WORD

TITLE = "title"


def home():
    return {"title": TITLE, "word": WORD, "number": NUMBER, "process": os.getpid()}


def create_app():
    factory = AshesRenderFactory(Path(__file__).parent / "templates")
    return Application([("/", home, "home.html")], render_factory=factory)


create_app().serve()
"""

FILES = {
    "app.py": APP,
    "words.py": 'WORD = "hello"\n',
    "package/__init__.py": "",
    "package/inner.py": "NUMBER = 1\n",
    "templates/home.html": "{title} {word} {number} {process}",
}
SERVED = "title hello 1 "


class Visitors:
    """Somebody who knocks all the time, and notes when nobody listens."""

    def __init__(self, port: int) -> None:
        self.refusals: list[OSError] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._visit, args=(port,))
        self._thread.start()

    def _visit(self, port: int) -> None:
        while not self._is_over.wait(0.05):
            with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
                try:
                    connection.request("GET", "/")
                    connection.getresponse().read()
                except ConnectionRefusedError as error:
                    self.refusals.append(error)
                except (OSError, HTTPException):
                    pass  # some mistakes end the process in the middle of a request

    def leave(self) -> None:
        self._is_over.set()
        self._thread.join(20)


@pytest.fixture(scope="module")
def program(
    tmp_path_factory: pytest.TempPathFactory, start_in: Callable[..., Any]
) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("surviving")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    program = start_in(folder, ["app.py", "--port", "0"])
    program.wait_until_it_serves(SERVED)
    visitors = Visitors(program.port)
    yield program
    visitors.leave()
    program.send(signal.SIGTERM)
    exit_code = program.process.wait(20)
    program.end_by_force()
    assert (visitors.refusals, exit_code) == ([], 143)


@pytest.fixture
def changing(program: Any) -> Iterator[Any]:
    """The program, in whose files a test may change what it likes."""
    program.wait_until_it_serves(SERVED)
    yield program
    for name, text in FILES.items():
        path = program.folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    program.wait_until_it_serves(SERVED)


@pytest.mark.parametrize(
    ("name", "text", "page"),
    [
        pytest.param(
            "app.py", APP.replace('= "title"', '= "other"'), "other hello 1", id="the program"
        ),
        pytest.param("words.py", 'WORD = "bye"\n', "title bye 1", id="a module"),
        pytest.param(
            "package/inner.py", "NUMBER = 2\n", "title hello 2", id="a module of a package"
        ),
        pytest.param("templates/home.html", "new {process}", "new ", id="a template"),
    ],
)
def test_a_change_is_served(changing: Any, name: str, text: str, page: str) -> None:
    changing.write(name, text)
    assert changing.wait_until_it_serves(page).status == 200


WIRING = """\
Route '/' (endpoint home, app.py:12) needs 'databse', which nothing provides.
  Available here: request.
  Add it to resources=, or to the provides of a middleware."""


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        pytest.param("app.py", APP + "def\n", "SyntaxError: ", id="the program is broken"),
        pytest.param("app.py", None, "FileNotFoundError: ", id="the program is deleted"),
        pytest.param(
            "words.py", 'WORD = "hello\n', "SyntaxError: unterminated", id="a module is broken"
        ),
        pytest.param("words.py", None, "No module named 'words'", id="a module is deleted"),
        pytest.param("package/__init__.py", "(\n", "SyntaxError: ", id="a package is broken"),
        pytest.param(
            "package/inner.py",
            "import nothing_like_this\n",
            "ModuleNotFoundError: No module named 'nothing_like_this'",
            id="an import is missing",
        ),
        pytest.param("words.py", "WORD = 1 / 0\n", "ZeroDivisionError: ", id="a module fails"),
        pytest.param(
            "app.py",
            APP.replace("factory =", "raise LookupError('no such thing')\n    factory ="),
            "in create_app\n    raise LookupError('no such thing')",
            id="create_app fails",
        ),
        pytest.param(
            "app.py", APP.replace("home():", "home(databse):"), WIRING, id="a wiring error"
        ),
        pytest.param("templates/home.html", "{#title}", "does not compile", id="a broken template"),
        pytest.param("templates/home.html", None, "does not exist", id="a deleted template"),
        pytest.param(
            "words.py",
            "raise SystemExit('no settings')\n",
            "SystemExit: no settings",
            id="the program ends itself",
        ),
        pytest.param(
            "words.py",
            "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n",
            "app was ended by the signal SIGSEGV",
            id="the process crashes",
        ),
        pytest.param(
            "app.py",
            APP.replace("create_app().serve()", "create_app()"),
            "app ended with the exit code 0 before it served anything: is serve() called?",
            id="nothing is served",
        ),
    ],
)
def test_a_mistake_is_shown_until_it_is_mended(
    changing: Any, name: str, text: str | None, said: str
) -> None:
    if text is None:
        (changing.folder / name).unlink()
    else:
        changing.write(name, text)
    answer = changing.wait_until_it_fails(said)
    assert (answer.status, answer.headers["cache-control"]) == (500, "no-store")
    assert f"\n  {name}\n" in answer.body.partition("Traceback")[0]
    changing.write(name, FILES[name])
    assert changing.wait_until_it_serves(SERVED).status == 200
