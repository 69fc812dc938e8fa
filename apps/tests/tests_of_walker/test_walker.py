"""Test the walker: it accepts correct pages, and reports location and cause for incorrect ones.

The app of these pages is called ``links``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from harness.chromium import is_installed
from walker import StepError, WalkError, read_page, walk

TESTS = Path(__file__).parents[1]

APP = """\
from clastic import Application, Response


def home():
    return Response("Hello!\\n")


def create_app():
    return Application([("/", home)])


if __name__ == "__main__":
    create_app().serve()
"""
WRITE = f"```python file=links.py\n{APP}```\n"
START = "```console\n$ python links.py\n```\n"
ASK = "```console\n$ curl http://127.0.0.1:5000/\nHello!\n```\n"
CHANGE = """\
```diff file=links.py
 def home():
-    return Response("Hello!\\n")
+    return Response("Bye!\\n")
```
"""

FORM_APP = '''\
from clastic import GET, POST, Application, Response

PAGE = """<!doctype html>
<title>Say</title>
<form method="post" action="say">
  <label for="what">What</label> <input id="what" name="what" value="old">
  <label>When <input type="datetime-local" name="when"></label>
  <label for="who">To</label>
  <select id="who" name="who"><option>Ann<option>Bob</select>
  <button>Say it</button>
</form>
<p hidden>secret</p>
"""


def home():
    return Response(PAGE, mimetype="text/html")


def say(request):
    words = [request.form[name] for name in ("what", "when", "who")]
    return Response(f"<p>{' '.join(words)}</p><a href='./'>Back</a>", mimetype="text/html")


def create_app():
    return Application([GET("/", home), POST("/say", say)])


if __name__ == "__main__":
    create_app().serve()
'''
FORM = f"```python file=links.py\n{FORM_APP}```\n{START}"

needs_browser = pytest.mark.skipif(not is_installed(), reason="Chromium or chromedriver is missing")


@pytest.fixture
def folder(tmp_path):
    """Return the folder of the app."""
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / "links.py").write_text(APP)
    return folder


@pytest.fixture
def walk_page(folder, tmp_path):
    """Return a function that walks a page with one chapter, whose text begins on line 3."""

    def run(text, **options):
        path = folder / "TUTORIAL.md"
        path.write_text(f"## 1. Links\n\n{text}")
        home = tmp_path / "home"
        home.mkdir()
        walk(read_page(path), home, **options)

    return run


def error_of(walk_page, *arguments, **options):
    """Walk an incorrect page and return the message of the error."""
    with pytest.raises(WalkError) as caught:
        walk_page(*arguments, **options)
    return str(caught.value)


def test_a_correct_page_passes(walk_page, capsys):
    walk_page(WRITE + START + ASK)
    assert capsys.readouterr().out == "links: 1. Links\n"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        pytest.param(
            "```python\nprint()\n```\n", 3, "unknown block 'python'", id="an unknown block"
        ),
        pytest.param("    print()\n", 3, "'without a language'", id="an indented block"),
        pytest.param(
            "```console\nHello!\n```\n", 3, "must begin with '$ '", id="a console without a command"
        ),
        pytest.param(
            "```console\n$ make it so\n```\n",
            4,
            "unknown command 'make it so'",
            id="an unknown command",
        ),
        pytest.param(
            "```browser\n1. see a\n3. see b\n```\n",
            3,
            "'3. see b' must be step 2",
            id="misnumbered steps",
        ),
        pytest.param(
            WRITE + "```diff file=links.py\n-def start():\n+def home():\n```\n",
            19,
            "change links.py: the change does not match: the file has no line 'def start():'",
            id="a change of a missing line",
        ),
        pytest.param(
            WRITE + CHANGE.replace('-    return Response("Hello!', '-    return Response("Hallo!'),
            19,
            "line 5 of the file is '    return Response(\"Hello!\\n\")', "
            "not '    return Response(\"Hallo!\\n\")'",
            id="a change whose second line is missing",
        ),
        pytest.param(
            WRITE + "```diff file=links.py\n \n \n+# a comment\n```\n",
            19,
            "matches at lines 2 and 6 and 10 of the file: add more context",
            id="a change that matches in several places",
        ),
        pytest.param(
            WRITE + "```diff file=links.py\n+# a comment\n```\n",
            19,
            "the change has no context and no '-' line",
            id="a change without context",
        ),
        pytest.param(CHANGE, 4, "there is no file links.py", id="a change of a missing file"),
        pytest.param(
            "```css file=static/style.css\n```\n",
            3,
            "there is no folder static",
            id="a file in a missing folder",
        ),
        pytest.param(
            WRITE + "```python from=links.py\ndef home():\n    return\n```\n",
            18,
            "these lines are not in the file",
            id="a wrong quotation",
        ),
        pytest.param(
            WRITE + START + ASK.replace("Hello!", "Bye!"),
            22,
            "expected output:\nBye!\nactual output:\nHello!\n",
            id="a wrong output",
        ),
        pytest.param(
            WRITE + "```console\n$ python links.py\n * link: ...\n```\n",
            19,
            "expected output:\n * link: ...\nactual output:\n * links: http://127.0.0.1:5000/",
            id="a wrong output of the app",
        ),
        pytest.param(ASK, 4, "Connection refused", id="an app that was not started"),
        pytest.param(
            WRITE.replace("home():", "home(db):") + START,
            19,
            "Route '/' (endpoint home, links.py:4) needs 'db', which nothing provides.",
            id="an app that fails to start",
        ),
        pytest.param(
            WRITE + START + CHANGE + ASK,
            27,
            "actual output:\nBye!",
            id="an outdated output",
        ),
        pytest.param(
            "```console\n$ python -c 'exit(3)'\n```\n",
            4,
            "it exited with code 3",
            id="a program that fails",
        ),
        pytest.param(
            "```console\n$ rm links.db\n```\n", 4, "no file links.db", id="no file to remove"
        ),
        pytest.param(
            "```console\n$ python -m pip install -r requirements.txt\n```\n",
            4,
            "no file requirements.txt",
            id="no requirements",
        ),
        pytest.param(
            "```console\n$ curl --fail http://127.0.0.1:5000/\n```\n",
            4,
            "unrecognized arguments: --fail",
            id="an unknown option of curl",
        ),
        pytest.param(
            WRITE + CHANGE,
            19,
            '+++ links.py of the app\n@@ -4,3 +4,3 @@\n def home():\n-    return Response("Bye!',
            id="a file that differs from the app's",
        ),
        pytest.param(
            WRITE + "```css file=style.css\n```\n",
            18,
            "the page creates style.css, which the app lacks",
            id="a file that the app lacks",
        ),
        pytest.param(
            WRITE + "![The form](screenshots/form.png)\n",
            3,
            "screenshots/form.png is shown, but the file does not exist",
            id="a missing picture",
        ),
        pytest.param(
            WRITE + "```browser\n1. screenshot form.png\n```\n",
            19,
            "screenshots/form.png is taken, but not shown",
            id="a picture that is not shown",
        ),
    ],
)
def test_an_incorrect_page_fails(walk_page, monkeypatch, text, line, reason):
    monkeypatch.setattr("walker.commands.PRINT_SECONDS", 0.3)
    message = error_of(walk_page, text)
    assert message.startswith(f"links/TUTORIAL.md:{line}, in '1. Links': ")
    assert reason in message


def test_a_file_missing_from_the_page_fails(walk_page, folder):
    (folder / "home.html").write_text("<p>Hello!</p>\n")
    message = error_of(walk_page, WRITE)
    assert message.endswith("the app has home.html, which the page does not create")


def test_tests_pages_and_databases_need_not_be_on_the_page(walk_page, folder):
    for name in ("README.md", "links.db", "tests/test_links.py", "__pycache__/links.pyc"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    walk_page(WRITE)


def test_changes_of_one_block_are_applied_in_turn(walk_page, folder):
    (folder / "links.py").write_text(APP.replace("Hello", "Bye").replace("home", "start"))
    walk_page(
        WRITE
        + """\
```diff file=links.py
-def home():
-    return Response("Hello!\\n")
+def start():
+    return Response("Bye!\\n")
@@
 def create_app():
-    return Application([("/", home)])
+    return Application([("/", start)])
```
"""
    )


def test_a_removed_file_is_not_compared_with_the_app(walk_page):
    walk_page(WRITE + "```python file=race.py\n```\n```console\n$ rm race.py\n```\n")


def test_the_setup_commands_of_a_page_create_and_enter_its_folder(walk_page):
    walk_page(
        "```console\n$ python3 -m venv ~/tutorial\n$ . ~/tutorial/bin/activate\n"
        "$ python -m pip install ./framework\n"
        "$ mkdir ~/tutorial/links\n$ cd ~/tutorial/links\n```\n" + WRITE + START + ASK
    )


@pytest.mark.parametrize(
    ("expected", "matches"),
    [
        pytest.param("one\ntwo\nthree\n", True, id="the whole output"),
        pytest.param("one\n...\nthree\n", True, id="lines left out"),
        pytest.param("...\n", True, id="all left out"),
        pytest.param("one\nt...o\nth...\n", True, id="parts of lines left out"),
        pytest.param("one\ntwo\n", False, id="the end missing"),
        pytest.param("...\ntwo\n", False, id="lines left out and the end missing"),
        pytest.param("one\n...\n", True, id="the end left out"),
        pytest.param("one\nt...wo!\nthree\n", False, id="a wrong end of a line"),
    ],
)
def test_the_whole_output_is_compared(walk_page, expected, matches):
    text = f"{WRITE}```console\n$ python -c \\\n  'print(\"one\\ntwo\\nthree\")'\n{expected}```\n"
    if matches:
        walk_page(text)
    else:
        assert "actual output:\none\ntwo\nthree" in error_of(walk_page, text)


def test_curl_keeps_cookies_and_sends_json(walk_page, folder):
    echo = """\
from clastic import GET, POST, Application, render_json
from clastic.middleware.cookie import SignedCookieMiddleware


def count(cookie):
    cookie["visits"] = cookie.get("visits", 0) + 1
    return cookie["visits"]


def double(request):
    return request.get_json()["number"] * 2


def create_app():
    routes = [GET("/", count, render_json), POST("/", double, render_json)]
    return Application(routes, middlewares=[SignedCookieMiddleware(secret_key="a key " * 3)])


if __name__ == "__main__":
    create_app().serve()
"""
    (folder / "links.py").write_text(echo)
    walk_page(
        f"```python file=links.py\n{echo}```\n"
        "```console\n$ python links.py --no-debugger\n * links: http://127.0.0.1:5000/ ...\n"
        "$ curl -c jar -b jar http://127.0.0.1:5000/\n1\n"
        "$ curl -c jar -b jar http://127.0.0.1:5000/\n2\n"
        "$ curl http://127.0.0.1:5000/\n1\n"
        "$ curl --json '{\"number\": 4}' http://127.0.0.1:5000/\n8\n```\n"
    )


def test_a_quoted_argument_may_contain_newlines(walk_page):
    program = "import sys\nprint(len(sys.argv))"
    walk_page(f"{WRITE}```console\n$ python -c '{program}' \\\n  one\n2\n```\n")


def test_a_program_may_fail_if_the_page_shows_its_output(walk_page):
    failing = "$ python -c 'raise SystemExit(\"no links\")'\nno links\n"
    walk_page(f"{WRITE}```console\n{failing}```\n")


def test_the_apps_variables_come_only_from_the_page(walk_page, monkeypatch):
    monkeypatch.setenv("LINKS_HOST", "of the machine")
    program = "'import os; print(os.environ.get(\"LINKS_HOST\"))'"
    walk_page(
        f"{WRITE}```console\n$ python -c {program}\nNone\n"
        f"$ LINKS_HOST=here python -c {program}\nhere\n```\n"
    )


def test_no_process_is_left_running(walk_page):
    printing = "import os\n\nprint('pid', os.getpid())\n\n\ndef create_app"
    write = WRITE.replace("def create_app", printing)
    message = error_of(walk_page, write + START + ASK.replace("Hello!", "Bye!"))
    process = int(message.partition("pid ")[2].split()[0])
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_without_a_browser_its_steps_are_skipped(walk_page):
    walk_page(WRITE + START + "```browser\n1. see what is not there\n```\n")


@needs_browser
def test_the_browser_steps_of_a_page_are_carried_out(walk_page, folder):
    (folder / "links.py").write_text(FORM_APP)
    walk_page(
        FORM
        + """\
```browser
1. open http://127.0.0.1:5000/
2. find old in What
3. type a <b>word</b> into What
4. type 2026-03-29T02:30 into When
5. choose Bob in To
6. do not see Bob
7. do not see secret
8. screenshot form.png
9. press Say it
10. see a word 2026-03-29T02:30 Bob
11. follow Back
12. find old in What
13. reload
```

![The form](screenshots/form.png)
""",
        uses_browser=True,
        takes_screenshots=True,
    )
    picture = (folder / "screenshots" / "form.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == 800


@pytest.fixture(scope="module")
def browser(serve_app, tmp_path_factory):
    """Yield a browser for the app with the form."""
    script = tmp_path_factory.mktemp("links") / "links.py"
    script.write_text(FORM_APP)
    from walker.browser import BrowserSteps

    browser = BrowserSteps(serve_app(script).port)
    yield browser
    browser.end()


@needs_browser
@pytest.mark.parametrize(
    ("step", "reason"),
    [
        pytest.param("see Bob", "is missing from\nWhat When To Say it", id="a missing text"),
        pytest.param("do not see What", "the text is on the page", id="an unwanted text"),
        pytest.param("find new in What", "the value is 'old'", id="a value"),
        pytest.param("press Send", "0 buttons 'Send'; the buttons are ['Say it']", id="a button"),
        pytest.param("follow Home", "0 links 'Home'; the links are []", id="a link"),
        pytest.param("type a into Who", "0 fields 'Who'; the fields are ['What',", id="a field"),
        pytest.param("choose Cid in To", "'To' has 0 options 'Cid'", id="an option"),
        pytest.param("type now into When", "'When' does not accept 'now'", id="a date"),
        pytest.param("dance", "unknown browser step 'dance'", id="an unknown step"),
    ],
)
def test_a_browser_step_that_fails_raises_an_error(browser, monkeypatch, step, reason):
    monkeypatch.setattr("harness.browser.WAIT_SECONDS", 0.3)
    browser.do("open http://127.0.0.1:5000/")
    with pytest.raises(StepError, match=re.escape(reason)):
        browser.do(step)


@needs_browser
def test_the_error_of_a_browser_step_has_its_location(walk_page):
    text = FORM + "```browser\n1. open http://127.0.0.1:5000/\n2. dance\n```\n"
    message = error_of(walk_page, text, uses_browser=True)
    assert message.startswith("links/TUTORIAL.md:40, in '1. Links': browse dance: unknown browser")


def test_the_command_prints_the_error(folder):
    (folder / "TUTORIAL.md").write_text("## 1. Links\n\n" + WRITE + CHANGE)
    command = [sys.executable, "-m", "walker", "--no-browser", str(folder / "TUTORIAL.md")]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout == "Skipping the browser steps.\nlinks: 1. Links\n"
    assert done.stderr.startswith("links/TUTORIAL.md:19, in '1. Links': the page does not end with")
