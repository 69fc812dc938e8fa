"""Flaw: the application that shows why a program failed to start."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import textwrap
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from clastic import flaw

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
FAILED = "The application failed to start"

SYNTAX_ERROR = """\
Traceback (most recent call last):
  File "/home/app.py", line 3, in <module>
    from words import WORD
  File "/home/words.py", line 1
    WORD = "hello
           ^
SyntaxError: unterminated string literal (detected at line 1)
"""

FRAME = 'Traceback (most recent call last):\n  File "app.py", line 1, in f\n'


def client(text: str = SYNTAX_ERROR, files: object = None) -> Client:
    return flaw.create_app(text, files).get_local_client()


def page(text: str = SYNTAX_ERROR, files: object = None) -> str:
    response = client(text, files).get("/", headers={"Accept": BROWSER})
    assert (response.status_code, response.mimetype) == (500, "text/html")
    return response.text


def without_tags(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def shown(text: str, files: object = None) -> list[str]:
    """Return the lines of text that the page shows."""
    return without_tags(page(text, files).partition("<main>")[2]).strip().split("\n")


def source(text: str, files: object = None) -> list[str]:
    """Return the source lines that the page shows, with ``>`` before the current one."""
    (block,) = re.findall('<pre class="source">(.*?)</pre>', page(text, files), re.DOTALL)
    block = block.replace("<mark>", "«").replace("</mark>", "»")
    *lines, end = block.split("</span></span>")
    assert end == ""
    return [
        (">" if 'class="current"' in line else " ")
        + without_tags(line.replace("</span><span>", " "))
        for line in lines
    ]


def traceback_of(folder: Path, **modules: str) -> str:
    """Return what Python prints for a program that fails."""
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text))
    command = [sys.executable, "-X", "utf8", str(folder / "app.py")]
    package = os.fspath(Path(flaw.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": package, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=20, env=environment
    ).stderr


class TestResponses:
    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
    def test_every_request_gets_the_failure(self, method: str) -> None:
        for path in ("/", "/some/where", "/some//where/", "/static/site.css"):
            response = client().open(path, method=method)
            assert (response.status_code, response.headers["Cache-Control"]) == (500, "no-store")
            assert "unterminated string literal" in response.text

    def test_a_path_that_is_not_utf8_gets_the_failure(self) -> None:
        environ = {"PATH_INFO": "/\xff", "REQUEST_METHOD": "GET"}
        response = client().open(environ_overrides=environ)
        assert "unterminated string literal" in response.text

    def test_head_has_no_body(self) -> None:
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
    def test_the_format_is_negotiated(self, accept: str | None, content_type: str) -> None:
        response = client().get("/", headers={"Accept": accept} if accept else {})
        assert response.content_type == content_type
        assert response.headers["Vary"] == "Accept"
        assert response.headers["X-Flaw"]
        assert "unterminated string literal" in response.text

    def test_text_begins_with_the_error_and_ends_with_the_traceback(self) -> None:
        files = ["/home/words.py", os.path.abspath("app.py")]
        assert client(SYNTAX_ERROR, files).get("/").text == (
            "500 Internal Server Error\n"
            "The application failed to start. It restarts when a watched file changes.\n"
            "SyntaxError: unterminated string literal (detected at line 1)\n\n"
            "Watched files:\n  app.py\n  /home/words.py\n\n" + SYNTAX_ERROR
        )

    @pytest.mark.parametrize(
        ("text", "beginning"),
        [
            pytest.param(
                f"{FRAME}clastic.wiring.WiringError: 2 problems:\n\n1. one\n  Fix it.\n\n2. two\n",
                "WiringError: 2 problems:\n\n1. one\n  Fix it.\n\n2. two\n\nTraceback",
                id="a message of several lines",
            ),
            pytest.param(f"{FRAME}KeyError\n", "KeyError\n\nTraceback", id="no message"),
            pytest.param(
                f"{FRAME}KeyError: 1\n\n"
                "During handling of the above exception, another exception occurred:\n\n"
                f"{FRAME}TypeError: 2\n",
                "TypeError: 2\n\nTraceback",
                id="the last of two exceptions",
            ),
            pytest.param(
                f"a warning\n{FRAME}KeyError: 1\n", "KeyError: 1\n\na", id="output before"
            ),
        ],
    )
    def test_the_error_is_at_the_top_of_the_text(self, text: str, beginning: str) -> None:
        detail = client(text).get("/").text.split("\n", 2)[2]
        assert detail.startswith(beginning)
        assert detail.endswith(text)

    def test_text_that_is_no_traceback_is_shown_once(self) -> None:
        assert client("what\nhappened").get("/").text.split("\n", 2)[2] == "what\nhappened\n"
        response = client("what happened").get("/", headers={"Accept": "application/json"})
        assert response.json["detail"] == "what happened"

    def test_the_page_reloads_when_the_failure_changes(self) -> None:
        one, same, other = (
            client(text).get(flaw.STATE_PATH).headers["X-Flaw"] for text in ("a", "a", "b")
        )
        assert one == same != other
        assert f'fetch("{flaw.STATE_PATH}"' in page("a")
        assert f'!== "{one}"' in page("a")

    def test_the_page_does_not_send_a_form_again(self) -> None:
        response = client().post("/", headers={"Accept": BROWSER})
        assert "<script" not in response.text
        assert "Fix the error, then send the request again." in response.text


class TestPage:
    def test_the_page_shows_the_error_and_its_location(self) -> None:
        lines = shown(SYNTAX_ERROR)
        message = "unterminated string literal (detected at line 1)"
        assert lines[:3] == [FAILED, "SyntaxError", message]
        assert "/home/words.py:1" in lines
        assert "<title>SyntaxError: /home/words.py:1</title>" in page()

    def test_the_page_shows_the_traceback(self) -> None:
        assert SYNTAX_ERROR.rstrip() in "\n".join(shown(SYNTAX_ERROR))

    def test_the_page_lists_watched_files_those_of_the_program_first(self) -> None:
        lines = shown(SYNTAX_ERROR, ["/home/words.py", os.path.abspath("app.py")])
        assert [line for line in lines if line][-3:] == [
            *("Watched files (2)", "app.py", "/home/words.py")
        ]
        assert "Watched" not in page(SYNTAX_ERROR)

    def test_everything_is_escaped(self) -> None:
        traceback = f'{FRAME}  File "/<script>", line 1, in <script>\n    <script>\nE: <script>\n'
        for text in ("<script>alert(1)</script>", traceback):
            assert page(text, ["/<script>/app.py"]).count("<script") == 1

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("app ended with the exit code 3", id="one line"),
            pytest.param("one\ntwo", id="several lines"),
            pytest.param("Traceback (most recent call last):", id="the header of a traceback"),
            pytest.param('  File "app.py", line 1', id="half a traceback"),
            pytest.param("", id="nothing"),
            pytest.param("\udc80 \0 \x1b[31m", id="control characters"),
        ],
    )
    def test_text_that_is_no_traceback_is_shown(self, text: str) -> None:
        lines = shown(text)
        assert lines[0] == FAILED
        assert all(line in "\n".join(lines) for line in text.split("\n") if line.isprintable())

    @given(st.text() | st.lists(st.sampled_from(SYNTAX_ERROR.splitlines())).map("\n".join))
    def test_any_text_can_be_shown(self, text: str) -> None:
        page(text)

    def test_secrets_are_masked(self, tmp_path: Path) -> None:
        app = "password = 'canary-7f3a'\nraise ValueError(f'token={password}')\n"
        text = traceback_of(tmp_path, app=app) + "\npostgres://user:canary-7f3a@host/\n"
        assert source(text) == [
            " 1 password = [masked]",
            ">2 raise ValueError(f'token={password}')",
        ]
        for accept in (BROWSER, "text/plain", "application/json"):
            response = client(text).get("/", headers={"Accept": accept})
            assert "token=[masked]" in response.text
            assert "canary" not in response.text

    def test_a_masked_line_is_not_marked(self) -> None:
        assert source(f"{FRAME}    password = 'canary-7f3a' + x\n    ^^^^^^^^^\nNameError\n") == [
            ">1 password = [masked] + x"
        ]

    def test_messages_keep_their_lines(self, tmp_path: Path) -> None:
        text = traceback_of(tmp_path, app="raise ValueError('one\\n\\n  two\\nthree')\n")
        assert shown(text)[2:6] == ["one", "", "  two", "three"]

    def test_an_error_without_a_message_has_none(self, tmp_path: Path) -> None:
        lines = shown(traceback_of(tmp_path, app="raise LookupError\n"))
        assert lines[1] == "LookupError"
        assert "This page reloads when the application starts again after a change." in lines

    def test_the_last_of_several_exceptions_is_shown(self, tmp_path: Path) -> None:
        app = """
            try:
                {}["missing"]
            except KeyError as error:
                raise RuntimeError("no settings") from error
        """
        lines = shown(traceback_of(tmp_path, app=app))
        assert lines[1:3] == ["RuntimeError", "no settings"]
        assert "KeyError: 'missing'" in lines

    @pytest.mark.skipif(sys.version_info < (3, 11), reason="new in Python 3.11")
    def test_an_exception_group_is_shown(self, tmp_path: Path) -> None:
        app = "raise ExceptionGroup('several', [ValueError('one'), TypeError('two')])\n"
        text = traceback_of(tmp_path, app=app)
        lines = shown(text)
        assert lines[1:3] == ["ExceptionGroup", "several (2 sub-exceptions)"]
        assert any(line.endswith("ValueError: one") for line in lines)
        assert source(text)[0].startswith(">1 raise ExceptionGroup(")


class TestSource:
    def test_the_place_of_a_syntax_error_is_marked(self, tmp_path: Path) -> None:
        app = "import os\n\ndef f(x):\n    if x == 'a:\n        return 1\n"
        assert source(traceback_of(tmp_path, app=app)) == [
            " 1 import os",
            " 2 ",
            " 3 def f(x):",
            ">4     if x == «'»a:",
            " 5         return 1",
        ]

    def test_a_mark_after_the_end_of_a_line_is_visible(self) -> None:
        text = "  File \"<string>\", line 1\n    if x\n        ^\nSyntaxError: expected ':'\n"
        assert source(text) == [">1 if x« »"]

    def test_five_lines_above_and_below_are_shown(self, tmp_path: Path) -> None:
        filling = "".join(f"a{number} = 0\n" for number in range(1, 100))
        lines = source(traceback_of(tmp_path, app=filling + "a = 1 / 0\n" + filling))
        assert [line[1:].split()[0] for line in lines] == [str(n) for n in range(95, 106)]
        assert lines[5].startswith(">100 a = ")

    def test_the_place_is_in_the_program_rather_than_in_clastic(self, tmp_path: Path) -> None:
        app = """
            from clastic.application import Application
            def home(databse): ...
            app = Application([("/", home)])
        """
        text = traceback_of(tmp_path, app=app)
        assert any(line.startswith(">4 app = ") for line in source(text))
        assert shown(text)[1] == "WiringError"
        assert "needs 'databse', which nothing provides" in page(text).replace("&#39;", "'")

    def test_the_place_is_in_a_watched_file_rather_than_in_another(self, tmp_path: Path) -> None:
        modules = {"app": "import lib\nlib.fail()\n", "lib": "def fail():\n    1 / 0\n"}
        text = traceback_of(tmp_path, **modules)
        assert source(text)[1].startswith(">2     ")
        assert source(text, [str(tmp_path / "app.py")])[1].startswith(">2 ")
        assert f"{tmp_path}/lib.py:2, in fail" in shown(text)
        assert f"{tmp_path}/app.py:2" in shown(text, [str(tmp_path / "app.py")])

    def test_an_error_inside_clastic_has_no_place(self) -> None:
        file = os.path.join(os.path.dirname(os.path.dirname(flaw.__file__)), "chain.py")
        text = f'Traceback (most recent call last):\n  File "{file}", line 1, in f\nError: x\n'
        assert '<pre class="source">' not in page(text)

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda path: path.write_text("something else\nand more\n"), id="changed"),
            pytest.param(lambda path: path.unlink(), id="deleted"),
            pytest.param(lambda path: path.write_text(""), id="empty"),
            pytest.param(lambda path: path.write_bytes(b"\xff" * 10), id="no text"),
        ],
    )
    def test_a_file_that_has_changed_since_shows_only_the_line(
        self, change: object, tmp_path: Path
    ) -> None:
        text = traceback_of(tmp_path, app="a = 1\nb = a / 0\n")
        change(tmp_path / "app.py")
        (line,) = source(text)
        assert without_marks(line) == ">2 b = a / 0"

    def test_a_file_that_must_not_be_read_shows_only_the_line(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        text = traceback_of(tmp_path, app="a = 1\nb = a / 0\n")

        def refuse(path: str) -> None:
            raise PermissionError(path)

        monkeypatch.setattr(tokenize, "open", refuse)
        (line,) = source(text)
        assert without_marks(line) == ">2 b = a / 0"

    def test_the_working_directory_may_be_deleted(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        text = traceback_of(tmp_path, app="a = 1 / 0\n")
        (tmp_path / "gone").mkdir()
        monkeypatch.chdir(tmp_path / "gone")
        (tmp_path / "gone").rmdir()
        assert f"{tmp_path}/app.py:1" in shown(text, [str(tmp_path / "app.py")])

    def test_line_ends_and_byte_order_marks_are_left_out(self, tmp_path: Path) -> None:
        (tmp_path / "app.py").write_bytes(b"\xef\xbb\xbfa = 1\r\nb = a / 0\r\n")
        lines = source(traceback_of(tmp_path))
        assert lines[0] == " 1 a = 1"
        assert without_marks(lines[1]) == ">2 b = a / 0"

    def test_tabs_are_kept(self, tmp_path: Path) -> None:
        assert ">2 \t\ta = «(»" in source(traceback_of(tmp_path, app="if 1:\n\t\ta = (\n"))

    @pytest.mark.parametrize("file", ["<string>", "/home/\0.py", "relative.py"])
    def test_a_name_that_is_no_file_shows_only_the_line(self, file: str) -> None:
        text = f'  File "{file}", line 1\n    a b\n      ^\nSyntaxError: invalid syntax\n'
        assert source(text) == [">1 a «b»"]


def without_marks(line: str) -> str:
    """Return a source line as in the file: only newer versions of Python mark operators."""
    return re.sub("[«»]", "", line)


class TestFilesNamed:
    def test_absolute_paths_are_found_once(self) -> None:
        assert flaw.files_named(SYNTAX_ERROR * 2) == ["/home/app.py", "/home/words.py"]

    def test_other_names_are_left_out(self) -> None:
        assert flaw.files_named('  File "<string>", line 1\n  File "app.py", line 1\n') == []

    def test_exception_groups_are_read(self) -> None:
        text = '  |   File "/home/app.py", line 1, in <module>\n'
        assert flaw.files_named(text) == ["/home/app.py"]
