"""Execute all code on the pages of the documentation; ``docs/README.md`` describes the blocks."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from markdown_it import MarkdownIt

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
LANGUAGES = ("python", "text", "console")

FILE_NAME = re.compile(r"# (\w+\.py)\n")
INCLUDED = re.compile(r"^:::\{literalinclude\} (\S+)$", re.MULTILINE)

# The time of all files of a page, in seconds since 1970, so that their ETags do not change.
FILE_TIME = 1_767_225_600


@dataclass(frozen=True)
class Block:
    """A code block of a page.

    :param line: the line of the fence, counted from 1
    """

    page: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"docs/{self.page}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """Return all code blocks of a page, in order."""
    tokens = MarkdownIt("commonmark").parse(page.read_text("utf-8"))
    return [
        Block(page_id(page), token.map[0] + 1, token.info.strip(), token.content)
        for token in tokens
        if token.type in ("fence", "code_block") and token.map
    ]


def page_id(page: Path) -> str:
    return page.relative_to(DOCS).as_posix() if DOCS in page.parents else page.name


def pattern_of(line: str) -> str:
    """Return the pattern for a line of expected output; ``...`` matches any lines."""
    return r"(?:.*\n)*?" if line == "...\n" else re.escape(line)


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
        for block in blocks_of(page):
            self.read(block)
        self.end()

    def copy_files(self, page: Path) -> None:
        """Copy the example files of a page."""
        examples = DOCS / "examples" / page.stem
        if examples.is_dir():
            shutil.copytree(examples, self.folder, dirs_exist_ok=True)
        for path in self.folder.rglob("*"):
            os.utime(path, (FILE_TIME, FILE_TIME))

    def read(self, block: Block) -> None:
        """Execute a block and check the output."""
        if block.language == "text":
            assert self.unread is not None, f"{block.place}: there is no Python before this text"
            assert block.text == self.unread, f"{block.place}: this is not the output of the code"
            self.unread = None
            return
        self.end()
        self.last = block.place
        if block.language == "python":
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
        assert block.text.startswith("$ "), f"{block.place}: a console block begins with '$ '"
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            pattern = "".join(map(pattern_of, expected.splitlines(keepends=True)))
            printed = self.commands.run(command, re.compile(pattern).fullmatch)
            assert re.fullmatch(pattern, printed), (
                f"{block.place}: {command}\nexpected output:\n{expected}\nactual output:\n{printed}"
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


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_block_has_a_known_language(page):
    unknown = [each for each in blocks_of(page) if each.language not in LANGUAGES]
    assert [f"{each.place}: {each.language or 'no language'}" for each in unknown] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_included_file_is_used_by_the_page(page):
    names = INCLUDED.findall(page.read_text("utf-8"))
    code = "".join(block.text for block in blocks_of(page) if block.language != "text")
    for name in names:
        assert (page.parent / name).is_file()
        assert name.startswith(f"examples/{page.stem}/")
        assert Path(name).name in code


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
    with pytest.raises(AssertionError):
        reader.read_page(page)
