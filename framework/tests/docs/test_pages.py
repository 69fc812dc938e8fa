"""Execute all code on the pages of the documentation; ``docs/README.md`` describes the blocks."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from transcripts import Block, TranscriptError, pattern_of, read_blocks, read_commands

pytestmark = pytest.mark.usefixtures("without_coverage")

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
LANGUAGES = ("python", "text", "console")

FILE_NAME = re.compile(r"# (\w+\.py)\n")
INCLUDED = re.compile(r"^:::\{literalinclude\} (\S+)$", re.MULTILINE)

# The time of all files of a page, in seconds since 1970, so that their ETags do not change.
FILE_TIME = 1_767_225_600


def page_id(page: Path) -> str:
    return page.relative_to(DOCS).as_posix() if DOCS in page.parents else page.name


class Reader:
    """Execute the blocks of a page in order.

    :param folder: the folder for the files of the page
    :param make_commands: creates the Commands of the page
    """

    def __init__(self, folder: Path, make_commands: Callable[..., Any]) -> None:
        self.folder = folder
        self.module = ModuleType("app")
        self.commands = make_commands(folder, lambda: self.module.app)
        self.file = folder / "app.py"
        self.unread: str | None = None
        self.raised: Exception | None = None
        self.last = "nothing"

    def read_page(self, page: Path) -> None:
        """Execute all blocks of a page."""
        self.copy_files(page)
        for block in read_blocks(page):
            self.read(block, f"docs/{page_id(page)}:{block.line}")
        self.end()

    def copy_files(self, page: Path) -> None:
        """Copy the example files of a page."""
        examples = DOCS / "examples" / page.stem
        if examples.is_dir():
            shutil.copytree(examples, self.folder, dirs_exist_ok=True)
        for path in self.folder.rglob("*"):
            os.utime(path, (FILE_TIME, FILE_TIME))

    def read(self, block: Block, place: str) -> None:
        """Execute a block and check the output."""
        if block.info == "text":
            assert self.unread is not None, f"{place}: there is no Python before this text"
            assert block.text == self.unread, f"{place}: this is not the output of the code"
            self.unread = None
            return
        self.end()
        self.last = place
        if block.info == "python":
            self.run_python(block)
        else:
            self.run_commands(block)

    def end(self) -> None:
        """Check that the page has shown the output of the previous block."""
        if self.unread:
            message = f"{self.last}: the page does not show the output:\n{self.unread}"
            raise AssertionError(message) from self.raised

    def run_python(self, block: Block) -> None:
        """Run Python; keep its output and the message of its exception, which must follow."""
        text = self.written(block)
        self.raised = None
        with redirect_stdout(StringIO()) as printed:
            try:
                exec(compile(text, self.file, "exec"), vars(self.module))
            except Exception as error:
                self.raised = error
                printed.write(f"{error}\n")
        self.unread = printed.getvalue()

    def written(self, block: Block) -> str:
        """Write Python to its file; return it with empty lines up to its place in the file."""
        named = FILE_NAME.match(block.text)
        if named or not self.file.exists():
            self.file = self.folder / (named[1] if named else "app.py")
            self.file.write_text(block.text, "utf-8")
            return block.text
        before = self.file.read_text("utf-8")
        self.file.write_text(f"{before}\n\n{block.text}", "utf-8")
        return "\n" * (before.count("\n") + 2) + block.text

    def run_commands(self, block: Block) -> None:
        """Run the commands of a block, and compare what they print."""
        for command in read_commands(block.text):
            printed = self.commands.run(command)
            assert pattern_of(command.output).fullmatch(printed), (
                f"{self.last}: {command.text}\n"
                f"expected output:\n{command.output}\nactual output:\n{printed}"
            )


@pytest.fixture
def reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commands: Callable[..., Any]
) -> Iterator[Reader]:
    """Yield a reader with its own folder."""
    folder = tmp_path / "page"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(secrets, "token_hex", lambda size=32: "5eed" * (size // 2))
    reader = Reader(folder, commands)
    monkeypatch.setitem(sys.modules, "app", reader.module)
    known = set(sys.modules)
    yield reader
    for name in set(sys.modules) - known:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def test_every_block_has_a_known_language():
    assert [
        f"docs/{page_id(page)}:{block.line}: {block.info or 'no language'}"
        for page in PAGES
        for block in read_blocks(page)
        if block.info not in LANGUAGES
    ] == []


def test_every_included_file_is_used_by_the_page():
    for page in PAGES:
        code = "".join(block.text for block in read_blocks(page) if block.info != "text")
        for name in INCLUDED.findall(page.read_text("utf-8")):
            assert (page.parent / name).is_file(), page
            assert name.startswith(f"examples/{page.stem}/"), page
            assert Path(name).name in code, page


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_the_code_of_a_page_does_what_the_page_shows(page, reader):
    reader.read_page(page)


HELLO = """
```python
from clastic import Application, Response

app = Application([("/", lambda: Response("hello"))])
```
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("```python\nprint(1)\n```\n```text\n2\n```\n", id="a wrong output"),
        pytest.param("```python\n1 / 0\n```\n```text\nno\n```\n", id="a wrong message"),
        pytest.param("```python\nprint(1)\n```\n", id="output that is not shown"),
        pytest.param("```python\n1 / 0\n```\n" + HELLO, id="a message that is not shown"),
        pytest.param("```text\n1\n```\n", id="output without code"),
        pytest.param(f"{HELLO}```console\n$ curl http://127.0.0.1:5000/\nbye\n```\n", id="curl"),
        pytest.param("```console\n$ python -m this\nUgly\n```\n", id="a program"),
        pytest.param("```console\n$ python -m no_such_module\n```\n", id="a program that fails"),
        pytest.param("```console\nhello\n```\n", id="no command"),
    ],
)
def test_a_page_with_wrong_output_fails(tmp_path, reader, text):
    page = tmp_path / "wrong.md"
    page.write_text(text, "utf-8")
    with pytest.raises((AssertionError, TranscriptError)):
        reader.read_page(page)
