"""The walker passes a page that holds, and fails each that does not, with the place and the reason.

The app of these pages is called ``links``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from walker import StepError, WalkError, read_page, walk
from walker.browser import Browser, find_browser

WALKER = Path(__file__).parent

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

needs_browser = pytest.mark.skipif(
    find_browser() is None, reason="Chromium, chromedriver or selenium is missing"
)


@pytest.fixture
def folder(tmp_path):
    """Where the app is."""
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / "links.py").write_text(APP)
    return folder


@pytest.fixture
def walk_page(folder, tmp_path):
    """Walks a page with some text under one chapter, that begins on line 3; without a browser."""

    def run(text, programs=None, **options):
        path = folder / "TUTORIAL.md"
        path.write_text(f"## 1. Links\n\n{text}")
        home = tmp_path / "home"
        home.mkdir()
        walk(read_page(path), home, programs, **options)

    return run


def message_of(walk_page, *arguments, **options):
    """What the walker says about a page that does not hold."""
    with pytest.raises(WalkError) as caught:
        walk_page(*arguments, **options)
    return str(caught.value)


def test_a_page_that_holds_passes(walk_page, capsys):
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
            "```console\nHello!\n```\n", 3, "begins with '$ '", id="a console without a command"
        ),
        pytest.param(
            "```console\n$ make it so\n```\n",
            4,
            "'make it so' is no command that the walker knows",
            id="an unknown command",
        ),
        pytest.param(
            "```browser\n1. see a\n3. see b\n```\n",
            3,
            "'3. see b' has to be step 2",
            id="steps that are misnumbered",
        ),
        pytest.param(
            WRITE + "```diff file=links.py\n-def start():\n+def home():\n```\n",
            19,
            "change links.py: the change does not fit: the file has no line 'def start():'",
            id="a change of a line that is not there",
        ),
        pytest.param(
            WRITE + CHANGE.replace('-    return Response("Hello!', '-    return Response("Hallo!'),
            19,
            "line 5 of the file is '    return Response(\"Hello!\\n\")', "
            "not '    return Response(\"Hallo!\\n\")'",
            id="a change whose second line is not there",
        ),
        pytest.param(
            WRITE + "```diff file=links.py\n \n \n+# a comment\n```\n",
            19,
            "fits at lines 2 and 6 and 10 of the file: it needs more context",
            id="a change that fits in several places",
        ),
        pytest.param(
            WRITE + "```diff file=links.py\n+# a comment\n```\n",
            19,
            "no line to find its place by",
            id="a change without context",
        ),
        pytest.param(
            CHANGE, 4, "there is no file links.py", id="a change of a file that is not there"
        ),
        pytest.param(
            "```css file=static/style.css\n```\n",
            3,
            "there is no folder for it",
            id="a file in a folder that is not there",
        ),
        pytest.param(
            WRITE + "```python from=links.py\ndef home():\n    return\n```\n",
            18,
            "these lines are not in the file",
            id="a quotation that is none",
        ),
        pytest.param(
            WRITE + START + ASK.replace("Hello!", "Bye!"),
            22,
            "it should print\nBye!\nand it prints\nHello!\n",
            id="another output",
        ),
        pytest.param(
            WRITE + "```console\n$ python links.py\n * link: ...\n```\n",
            19,
            "it should print\n * link: ...\nand it prints\n * links: http://127.0.0.1:5000/",
            id="another output of the app",
        ),
        pytest.param(ASK, 4, "Connection refused", id="an app that nobody has started"),
        pytest.param(
            WRITE.replace("home():", "home(db):") + START,
            19,
            "Route '/' (endpoint home, links.py:4) needs 'db', which nothing provides.",
            id="an app that does not start",
        ),
        pytest.param(
            WRITE + START + CHANGE + ASK,
            27,
            "and it prints\nBye!",
            id="an output of before a change",
        ),
        pytest.param(
            "```console\n$ python -c 'exit(3)'\n```\n",
            4,
            "it ended with exit code 3",
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
            id="an option of curl that the walker does not know",
        ),
        pytest.param(
            WRITE + CHANGE,
            19,
            '+++ links.py of the app\n@@ -4,3 +4,3 @@\n def home():\n-    return Response("Bye!',
            id="another file than the one of the app",
        ),
        pytest.param(
            WRITE + "```css file=style.css\n```\n",
            18,
            "style.css is made by the page, and not in the app",
            id="a file that the app does not have",
        ),
        pytest.param(
            WRITE + "![The form](screenshots/form.png)\n",
            3,
            "screenshots/form.png is shown, and there is no such file",
            id="a picture that is not there",
        ),
        pytest.param(
            WRITE + "```browser\n1. screenshot form.png\n```\n",
            19,
            "screenshots/form.png is taken, and not shown",
            id="a picture that is not shown",
        ),
    ],
)
def test_a_page_that_does_not_hold_fails(walk_page, text, line, reason):
    message = message_of(walk_page, text)
    assert message.startswith(f"links/TUTORIAL.md:{line}, in '1. Links': ")
    assert reason in message


def test_a_file_missing_from_the_page_fails(walk_page, folder):
    (folder / "home.html").write_text("<p>Hello!</p>\n")
    message = message_of(walk_page, WRITE)
    assert message.endswith("home.html is in the app, and not made by the page")


def test_what_is_not_typed_need_not_be_on_the_page(walk_page, folder):
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


def test_a_file_that_is_removed_is_no_longer_the_apps(walk_page):
    walk_page(WRITE + "```python file=race.py\n```\n```console\n$ rm race.py\n```\n")


def test_the_preparations_of_a_page_lead_into_its_folder(walk_page):
    walk_page(
        "```console\n$ python3 -m venv ~/tutorial\n$ . ~/tutorial/bin/activate\n"
        "$ python -m pip install ./framework\n"
        "$ mkdir ~/tutorial/links\n$ cd ~/tutorial/links\n```\n" + WRITE + START + ASK
    )


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        pytest.param("one\ntwo\nthree\n", True, id="all of it"),
        pytest.param("one\n...\nthree\n", True, id="lines left out"),
        pytest.param("...\n", True, id="all left out"),
        pytest.param("one\nt...o\nth...\n", True, id="parts of lines left out"),
        pytest.param("one\ntwo\n", False, id="the end missing"),
        pytest.param("...\ntwo\n", False, id="lines left out before what is not the end"),
        pytest.param("one\n...\n", True, id="the end left out"),
        pytest.param("one\nt...wo!\nthree\n", False, id="something else after what is left out"),
    ],
)
def test_an_output_is_compared_as_a_whole(walk_page, said, holds):
    text = f"{WRITE}```console\n$ python -c \\\n  'print(\"one\\ntwo\\nthree\")'\n{said}```\n"
    if holds:
        walk_page(text)
    else:
        assert "and it prints\none\ntwo\nthree" in message_of(walk_page, text)


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


def test_a_quotation_goes_on_in_the_next_line(walk_page):
    program = "import sys\nprint(len(sys.argv))"
    walk_page(f"{WRITE}```console\n$ python -c '{program}' \\\n  one\n2\n```\n")


def test_a_program_may_fail_as_the_page_says(walk_page):
    failing = "$ python -c 'raise SystemExit(\"no links\")'\nno links\n"
    walk_page(f"{WRITE}```console\n{failing}```\n")


def test_the_environment_is_the_one_of_the_page(walk_page, monkeypatch):
    monkeypatch.setenv("LINKS_HOST", "of the machine")
    program = "'import os; print(os.environ.get(\"LINKS_HOST\"))'"
    walk_page(
        f"{WRITE}```console\n$ python -c {program}\nNone\n"
        f"$ LINKS_HOST=here python -c {program}\nhere\n```\n"
    )


def test_no_process_is_left(walk_page):
    printing = "import os\n\nprint('pid', os.getpid())\n\n\ndef create_app"
    write = WRITE.replace("def create_app", printing)
    message = message_of(walk_page, write + START + ASK.replace("Hello!", "Bye!"))
    process = int(message.partition("pid ")[2].split()[0])
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_without_a_browser_its_steps_are_left_out(walk_page):
    walk_page(WRITE + START + "```browser\n1. see what is not there\n```\n")


@needs_browser
def test_a_browser_does_what_the_page_says(walk_page, folder):
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
        find_browser(),
        takes_screenshots=True,
    )
    picture = (folder / "screenshots" / "form.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == 800


@pytest.fixture(scope="module")
def browser(serve_app, tmp_path_factory):
    """A browser that has opened the form."""
    script = tmp_path_factory.mktemp("links") / "links.py"
    script.write_text(FORM_APP)
    browser = Browser(find_browser(), urlsplit(serve_app(script)).port)
    yield browser
    browser.end()


@needs_browser
@pytest.mark.parametrize(
    ("step", "reason"),
    [
        pytest.param("see Bob", "it is not there; there is\nWhat When To Say it", id="a text"),
        pytest.param("do not see What", "it is there", id="a text that is there"),
        pytest.param("find new in What", "it has 'old'", id="a value"),
        pytest.param("press Send", "0 'Send' among each button: ['Say it']", id="a button"),
        pytest.param("follow Home", "0 'Home' among each link: []", id="a link"),
        pytest.param("type a into Who", "0 'Who' among each field: ['What', 'When'", id="a field"),
        pytest.param("choose Cid in To", "'To' has 0 options 'Cid'", id="an option"),
        pytest.param("type now into When", "'When' does not take 'now'", id="a date"),
        pytest.param("dance", "'dance' is no step that the walker knows", id="an unknown step"),
    ],
)
def test_what_a_browser_does_not_find_fails(browser, monkeypatch, step, reason):
    monkeypatch.setattr("walker.browser.WAIT_SECONDS", 0.3)
    browser.do("open http://127.0.0.1:5000/")
    with pytest.raises(StepError, match=re.escape(reason)):
        browser.do(step)


@needs_browser
def test_a_step_in_the_browser_that_does_not_hold_fails(walk_page):
    text = FORM + "```browser\n1. open http://127.0.0.1:5000/\n2. dance\n```\n"
    message = message_of(walk_page, text, find_browser())
    assert message.startswith("links/TUTORIAL.md:40, in '1. Links': browse dance: 'dance' is no")


def test_the_command_says_what_does_not_hold(folder):
    (folder / "TUTORIAL.md").write_text("## 1. Links\n\n" + WRITE + CHANGE)
    command = [sys.executable, "-m", "walker", "--no-browser", str(folder / "TUTORIAL.md")]
    done = subprocess.run(command, cwd=WALKER, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout == "Without a browser.\nlinks: 1. Links\n"
    assert done.stderr.startswith("links/TUTORIAL.md:19, in '1. Links': at its end the page")
