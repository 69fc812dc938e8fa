"""One server that survives one mistake after another, and never closes its port."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.client import HTTPException
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("without_coverage")

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


class Visitor:
    """Send one request after another, and record refused connections."""

    def __init__(self, program: Any) -> None:
        self.refusals: list[OSError] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._visit, args=(program,))
        self._thread.start()

    def _visit(self, program: Any) -> None:
        while not self._is_over.wait(0.05):
            try:
                program.get()
            except ConnectionRefusedError as error:
                self.refusals.append(error)
            except (OSError, HTTPException):
                pass  # some mistakes end the process in the middle of a request

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join(30)


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, start_in: Callable[..., Any]
) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("mistakes")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    program = start_in(folder, ("app.py",))
    program.wait_for_page(SERVED)
    visitor = Visitor(program)
    yield program
    visitor.stop()
    exit_code = program.stop()
    program.close()
    assert (visitor.refusals, exit_code) == ([], 143)


@pytest.fixture
def program(running: Any) -> Iterator[Any]:
    """The program, whose files a test may change."""
    running.wait_for_page(SERVED)
    yield running
    for name, text in FILES.items():
        path = running.folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    running.wait_for_page(SERVED)


@pytest.mark.parametrize(
    ("name", "text", "page"),
    [
        pytest.param("app.py", APP.replace('"title"\n', '"new"\n'), "new hello 1", id="program"),
        pytest.param("words.py", 'WORD = "bye"\n', "title bye 1", id="module"),
        pytest.param("package/inner.py", "NUMBER = 2\n", "title hello 2", id="module of a package"),
        pytest.param("templates/home.html", "new {process}", "new ", id="template"),
    ],
)
def test_a_change_is_served(program: Any, name: str, text: str, page: str) -> None:
    program.write(name, text)
    assert program.wait_for_page(page).status == 200


WIRING = """\
Route '/' (endpoint home, app.py:12) needs 'databse', which nothing provides.
  Available here: request.
  Add it to resources=, or to the provides of a middleware."""


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        pytest.param("app.py", APP + "def\n", "SyntaxError: ", id="the program is broken"),
        pytest.param("app.py", None, "No such file or directory", id="the program is deleted"),
        pytest.param("words.py", None, "No module named 'words'", id="a module is deleted"),
        pytest.param(
            "package/inner.py",
            "import nothing_like_this\n",
            "ModuleNotFoundError: No module named 'nothing_like_this'",
            id="an import is missing",
        ),
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
        pytest.param(
            "words.py",
            "raise SystemExit('no settings')\n",
            "no settings\napp exited with status 1 before it called serve()",
            id="the program ends itself",
        ),
        pytest.param(
            "words.py",
            "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n",
            "app was killed by SIGSEGV before it called serve()",
            id="the process crashes",
        ),
        pytest.param(
            "app.py",
            APP.replace("create_app().serve()", "create_app()"),
            "app exited with status 0 before it called serve()",
            id="nothing is served",
        ),
        pytest.param(
            "app.py",
            APP.replace(".serve()", ".serve(static_path='/no/such')"),
            "ValueError: static path '/no/such' is not a folder",
            id="an option is invalid",
        ),
    ],
)
def test_a_mistake_is_shown_until_it_is_fixed(
    program: Any, name: str, text: str | None, shown: str
) -> None:
    if text is None:
        (program.folder / name).unlink()
    else:
        program.write(name, text)
    received = program.wait_for_flaw(shown)
    assert (received.status, received.headers["Cache-Control"]) == (500, "no-store")
    assert f"\n  {name}\n" in received.text.partition("Traceback")[0]
    program.write(name, FILES[name])
    assert program.wait_for_page(SERVED).status == 200
