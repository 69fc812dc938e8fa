"""Flaw: what answers, and says what is wrong, while there is no application to answer."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
import textwrap
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from clastic import flaw

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

SYNTAX_ERROR = """\
Traceback (most recent call last):
  File "/home/app.py", line 3, in <module>
    from words import WORD
  File "/home/words.py", line 1
    WORD = "hello
           ^
SyntaxError: unterminated string literal (detected at line 1)
"""


def client(text: str = SYNTAX_ERROR, files: object = None) -> Client:
    return flaw.create_app(text, files).get_local_client()


def page(text: str = SYNTAX_ERROR, files: object = None) -> str:
    response = client(text, files).get("/", headers={"Accept": BROWSER})
    assert response.content_type == "text/html; charset=utf-8"
    return response.text


def shown(text: str, files: object = None) -> str:
    """What a page says: its text, without the head and the tags."""
    body = page(text, files).partition("<main>")[2]
    return html.unescape(re.sub(r"<[^>]*>", "", body))


class TestAnswers:
    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
    @pytest.mark.parametrize("path", ["/", "/some/where", "/some//where/", "/static/site.css"])
    def test_every_request_gets_it(self, method: str, path: str) -> None:
        response = client().open(path, method=method)
        assert (response.status_code, response.headers["Cache-Control"]) == (500, "no-store")
        assert "unterminated string literal" in response.text

    def test_a_path_that_is_not_utf8_too(self) -> None:
        environ = {"PATH_INFO": "/\xff", "REQUEST_METHOD": "GET"}
        response = client().open(environ_overrides=environ)
        assert "unterminated string literal" in response.text

    def test_the_head_of_it(self) -> None:
        response = client().head("/", headers={"Accept": BROWSER})
        assert (response.status_code, response.data) == (500, b"")

    @pytest.mark.parametrize(
        ("accept", "content_type"),
        [
            (None, "text/plain; charset=utf-8"),
            ("*/*", "text/plain; charset=utf-8"),
            (BROWSER, "text/html; charset=utf-8"),
            ("application/json", "application/json"),
            ("application/problem+json", "application/problem+json"),
            ("application/xml", "application/xml; charset=utf-8"),
        ],
    )
    def test_clients_get_what_they_accept(self, accept: str | None, content_type: str) -> None:
        response = client().get("/", headers={"Accept": accept} if accept else {})
        assert response.content_type == content_type
        assert response.headers["Vary"] == "Accept"
        assert response.headers["X-Flaw"]
        assert "unterminated string literal" in response.text

    def test_the_text_begins_with_what_is_wrong_and_ends_as_in_a_terminal(self) -> None:
        files = ["/home/words.py", os.path.abspath("app.py")]
        assert client(SYNTAX_ERROR, files).get("/").text == (
            "500 Internal Server Error\n"
            "The program does not run. A save that mends it brings it back.\n"
            "SyntaxError: unterminated string literal (detected at line 1)\n\n"
            "Watched files:\n  app.py\n  /home/words.py\n\n" + SYNTAX_ERROR
        )

    @pytest.mark.parametrize(
        ("text", "beginning"),
        [
            pytest.param(
                'Traceback (most recent call last):\n  File "app.py", line 1, in f\n'
                "clastic.wiring.WiringError: 2 problems:\n\n1. one\n  Mend it.\n\n2. two\n",
                "WiringError: 2 problems:\n\n1. one\n  Mend it.\n\n2. two\n\nTraceback",
                id="a message of several lines",
            ),
            pytest.param(
                'Traceback (most recent call last):\n  File "app.py", line 1, in f\nKeyError\n',
                "KeyError\n\nTraceback",
                id="no message",
            ),
            pytest.param(
                'Traceback (most recent call last):\n  File "app.py", line 1, in f\nKeyError: 1\n'
                "\nDuring handling of the above exception, another exception occurred:\n\n"
                'Traceback (most recent call last):\n  File "app.py", line 2, in f\nTypeError: 2\n',
                "TypeError: 2\n\nTraceback",
                id="the error that counts, of several",
            ),
        ],
    )
    def test_what_is_wrong_is_on_top_of_the_text(self, text: str, beginning: str) -> None:
        detail = client(text).get("/").text.split("\n", 2)[2]
        assert detail.startswith(beginning)
        assert detail.endswith(text)

    def test_a_text_that_is_no_traceback_is_said_once(self) -> None:
        assert client("what\nhappened").get("/").text.split("\n", 2)[2] == "what\nhappened\n"

    def test_the_data(self) -> None:
        response = client("what happened").get("/", headers={"Accept": "application/json"})
        assert json.loads(response.data)["detail"] == "what happened"

    def test_it_is_told_from_other_flaws(self) -> None:
        one, same, other = (
            client(text).get(flaw.STATE_PATH).headers["X-Flaw"] for text in ("a", "a", "b")
        )
        assert one == same != other

    def test_the_page_asks_for_news_by_itself(self) -> None:
        response = client().get("/", headers={"Accept": BROWSER})
        assert f'fetch("{flaw.STATE_PATH}"' in response.text
        assert response.headers["X-Flaw"] in response.text

    def test_but_not_if_it_would_send_something_again(self) -> None:
        response = client().post("/", headers={"Accept": BROWSER})
        assert "<script" not in response.text
        assert "Send the request again" in response.text


class TestPage:
    def test_it_says_what_is_wrong_and_where(self) -> None:
        text = shown(SYNTAX_ERROR)
        assert text.split("\n")[:4] == [
            "",
            "The program does not run",
            "SyntaxError",
            "unterminated string literal (detected at line 1)",
        ]
        assert "/home/words.py, line 1\n" in text

    def test_the_title_says_it_in_short(self) -> None:
        assert "<title>SyntaxError: /home/words.py, line 1</title>" in page()

    def test_watched_files_are_listed_those_of_the_program_first(self) -> None:
        text = shown(SYNTAX_ERROR, ["/home/words.py", os.path.abspath("app.py")])
        assert text.rstrip().endswith("Watched files (2)\n\napp.py\n/home/words.py")

    def test_nothing_is_said_of_files_where_none_are_known(self) -> None:
        assert "Watched" not in shown(SYNTAX_ERROR)

    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>",
            "Traceback (most recent call last):\n"
            '  File "/<script>", line 1, in <script>\n    <script>\nError: <script>\n',
        ],
    )
    def test_everything_is_escaped(self, text: str) -> None:
        document = page(text, ["/<script>/app.py"])
        assert document.count("<script") == 1

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("app ended with the exit code 3", id="one line"),
            pytest.param("one\ntwo", id="several lines"),
            pytest.param("Traceback (most recent call last):", id="the beginning of a traceback"),
            pytest.param('  File "app.py", line 1', id="half a traceback"),
            pytest.param("", id="nothing"),
            pytest.param("\udc80 \0 \x1b[31m", id="what no page can have"),
        ],
    )
    def test_a_text_that_is_no_traceback(self, text: str) -> None:
        said = shown(text)
        assert said.split("\n")[1] == "The program does not run"
        assert all(line in said for line in text.split("\n") if line.isprintable())

    @given(st.text() | st.lists(st.sampled_from(SYNTAX_ERROR.splitlines())).map("\n".join))
    def test_any_text(self, text: str) -> None:
        assert client(text).get("/", headers={"Accept": BROWSER}).status_code == 500


def run(folder: Path, **modules: str) -> str:
    """What Python says of a program that fails."""
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text))
    command = [sys.executable, "-X", "utf8", str(folder / "app.py")]
    source = os.fspath(Path(flaw.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=20, env=environment
    ).stderr


class TestSource:
    def source(self, text: str, files: object = None) -> list[str]:
        """The lines of source that the page shows."""
        (block,) = re.findall("<pre tabindex.*?</pre>", page(text, files), re.DOTALL)
        lines = re.sub("</span>(?=<span(?: class=.here.*)?>)", "\n", block)
        return html.unescape(re.sub("<[^>]*>", "", lines)).split("\n")

    def test_a_syntax_error_has_a_caret(self, tmp_path: Path) -> None:
        text = run(tmp_path, app="import os\n\ndef f(x):\n    if x == 'a:\n        return 1\n")
        assert self.source(text) == [
            "  1  import os",
            "  2  ",
            "  3  def f(x):",
            "> 4      if x == 'a:",
            "                 ^",
            "  5          return 1",
        ]

    def test_the_context_is_limited(self, tmp_path: Path) -> None:
        filling = "".join(f"a{number} = 0\n" for number in range(1, 100))
        lines = self.source(run(tmp_path, app=filling + "a = 1 / 0\n" + filling))
        numbers = [line[1:5].strip() for line in lines if line[1:5].strip()]
        assert numbers == [str(number) for number in range(95, 106)]
        assert lines[5].startswith("> 100  a = 1 / 0")

    def test_the_place_is_in_the_program_rather_than_in_clastic(self, tmp_path: Path) -> None:
        app = """
            from clastic.application import Application
            def home(databse): ...
            app = Application([("/", home)])
        """
        text = run(tmp_path, app=app)
        assert "> 4  app = Application(" in "\n".join(self.source(text))
        said = shown(text)
        assert "WiringError" in said.split("\n")[2]
        assert (
            "app.py:3) needs 'databse', which nothing provides."
            "  Available here: request."
            "  Add it to resources=, or to the provides of a middleware."
        ) in said.replace("\n", "")

    def test_the_place_is_in_a_watched_file_rather_than_in_another(self, tmp_path: Path) -> None:
        text = run(tmp_path, app="import lib\nlib.fail()\n", lib="def fail():\n    1 / 0\n")
        assert [line for line in self.source(text) if line.startswith(">")] == ["> 2      1 / 0"]
        watched = self.source(text, [str(tmp_path / "app.py")])
        assert [line for line in watched if line.startswith(">")] == ["> 2  lib.fail()"]

    def test_an_error_inside_of_clastic_has_a_place_in_the_stack(self) -> None:
        file = os.path.join(os.path.dirname(os.path.dirname(flaw.__file__)), "chain.py")
        text = f'Traceback (most recent call last):\n  File "{file}", line 1, in f\nError: x\n'
        assert "<pre tabindex" not in page(text)

    def test_a_file_that_has_changed_since_shows_only_the_line(self, tmp_path: Path) -> None:
        text = run(tmp_path, app="a = 1\nb = a / 0\n")
        (tmp_path / "app.py").write_text("something else\nand more\n")
        assert self.source(text)[0] == "> 2  b = a / 0"

    @pytest.mark.parametrize(
        "damage",
        [
            pytest.param(lambda path: path.unlink(), id="deleted"),
            pytest.param(lambda path: path.write_text(""), id="empty"),
            pytest.param(lambda path: path.write_bytes(b"\xff" * 10), id="no text"),
            pytest.param(lambda path: os.truncate(path, 3_000_000), id="far too large"),
        ],
    )
    def test_a_file_that_cannot_be_shown(
        self, tmp_path: Path, damage: Callable[[Path], object]
    ) -> None:
        text = run(tmp_path, app="a = 1\nb = a / 0\n")
        damage(tmp_path / "app.py")
        assert self.source(text)[0] == "> 2  b = a / 0"

    def test_a_file_that_may_not_be_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        text = run(tmp_path, app="a = 1\nb = a / 0\n")

        def refuse(path: str) -> int:
            raise PermissionError(path)

        monkeypatch.setattr(os.path, "getsize", refuse)
        assert self.source(text)[0] == "> 2  b = a / 0"

    def test_the_working_directory_may_have_gone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        text = run(tmp_path, app="a = 1 / 0\n")
        (tmp_path / "gone").mkdir()
        monkeypatch.chdir(tmp_path / "gone")
        (tmp_path / "gone").rmdir()
        assert f"{tmp_path}/app.py, line 1" in shown(text, [str(tmp_path / "app.py")])

    def test_lines_end_in_any_way(self, tmp_path: Path) -> None:
        (tmp_path / "app.py").write_bytes(b"\xef\xbb\xbfa = 1\r\nb = a / 0\r\n")
        text = run(tmp_path)
        assert self.source(text)[:2] == ["  1  a = 1", "> 2  b = a / 0"]

    def test_tabs_stay_what_they_are(self, tmp_path: Path) -> None:
        text = run(tmp_path, app="if 1:\n\t\ta = (\n")
        assert "> 2  \t\ta = (" in self.source(text)
        assert "     \t\t    ^" in self.source(text)

    @pytest.mark.parametrize("file", ["<string>", "/home/\0.py", "relative.py"])
    def test_a_file_that_is_none(self, file: str) -> None:
        text = f'  File "{file}", line 1\n    a b\n      ^\nSyntaxError: invalid syntax\n'
        assert self.source(text) == ["> 1  a b", "       ^"]


class TestStack:
    def test_it_is_in_the_order_of_python(self, tmp_path: Path) -> None:
        text = run(tmp_path, app="import lib\nlib.fail()\n", lib="def fail():\n    1 / 0\n")
        stack = shown(text).partition("Stack, innermost last\n\n")[2]
        assert stack.split("\n")[:2] == [
            f"{tmp_path}/app.py, line 2lib.fail()",
            f"{tmp_path}/lib.py, line 2, in fail1 / 0",
        ]

    def test_a_stack_of_one_is_not_repeated(self, tmp_path: Path) -> None:
        assert "Stack" not in shown(run(tmp_path, app="1 / 0\n"))

    def test_the_cause_of_an_error(self, tmp_path: Path) -> None:
        app = """
            try:
                {}["missing"]
            except KeyError as error:
                raise RuntimeError("no settings") from error
        """
        said = shown(run(tmp_path, app=app))
        assert said.split("\n")[2:4] == ["RuntimeError", "no settings"]
        assert "Caused by KeyError: 'missing'" in said

    def test_an_error_while_another_is_handled(self, tmp_path: Path) -> None:
        said = shown(run(tmp_path, app="try:\n    1 / 0\nexcept ZeroDivisionError:\n    missing\n"))
        assert said.split("\n")[2] == "NameError"
        assert "While handling ZeroDivisionError: division by zero" in said

    def test_an_error_without_a_message(self, tmp_path: Path) -> None:
        lines = shown(run(tmp_path, app="raise LookupError\n")).split("\n")
        assert lines[2] == "LookupError"
        assert lines[3].startswith("This page loads again")

    def test_what_is_printed_before_is_left_out(self, tmp_path: Path) -> None:
        text = run(tmp_path, app="1 / 0\n")
        assert shown(f"a warning\n{text}") == shown(text)

    def test_a_message_of_several_lines(self, tmp_path: Path) -> None:
        said = shown(run(tmp_path, app="raise ValueError('one\\n\\n  two\\nthree')\n"))
        assert "one  twothree" in said.replace("\n", "")

    @pytest.mark.skipif(sys.version_info < (3, 11), reason="new in Python 3.11")
    def test_a_group_of_errors(self, tmp_path: Path) -> None:
        app = "raise ExceptionGroup('several', [ValueError('one'), TypeError('two')])\n"
        said = shown(run(tmp_path, app=app))
        assert said.split("\n")[2] == "ExceptionGroup"
        assert "several (2 sub-exceptions)" in said
        assert "ValueError: one" in said
        assert "> 1  raise ExceptionGroup(" in said

    def test_an_error_that_cannot_be_shown(self) -> None:
        class Bad(Exception):
            def __str__(self) -> str:
                raise ValueError

        try:
            raise Bad
        except Bad:
            text = traceback.format_exc()
        assert "Bad" in shown(text)


class TestFiles:
    def test_the_files_of_a_traceback(self) -> None:
        assert flaw.files_named(SYNTAX_ERROR * 2) == ["/home/app.py", "/home/words.py"]

    def test_what_is_no_file(self) -> None:
        assert flaw.files_named('  File "<string>", line 1\n  File "app.py", line 1\n') == []

    def test_those_of_a_group(self) -> None:
        text = '  |   File "/home/app.py", line 1, in <module>\n'
        assert flaw.files_named(text) == ["/home/app.py"]
