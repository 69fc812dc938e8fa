"""Every block of code on every page of the documentation, executed; ``docs/README.md`` has how."""

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

# The files of a page have this time, in seconds since 1970, so that their tags stay the same.
FILE_TIME = 1_767_225_600


@dataclass(frozen=True)
class Block:
    """Code on a page.

    :param line: the line of the page that it begins after, counted from 1
    """

    page: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"docs/{self.page}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """All code on a page, in order."""
    tokens = MarkdownIt("commonmark").parse(page.read_text("utf-8"))
    return [
        Block(page_id(page), token.map[0] + 1, token.info.strip(), token.content)
        for token in tokens
        if token.type in ("fence", "code_block") and token.map
    ]


def page_id(page: Path) -> str:
    return page.relative_to(DOCS).as_posix() if DOCS in page.parents else page.name


def pattern_of(line: str) -> str:
    """What a line of output on a page stands for: itself, and ``...`` for any lines."""
    return r"(?:.*\n)*?" if line == "...\n" else re.escape(line)


class Reader:
    """Somebody who types in a page from its beginning: each block as it comes.

    :param folder: where the files of the page go
    :param commands: what runs the commands of the page
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
        """Read a page to its end."""
        self.take_files(page)
        for block in blocks_of(page):
            self.read(block)
        self.end()

    def take_files(self, page: Path) -> None:
        """Take the files that a page has beside it."""
        beside = DOCS / "examples" / page.stem
        if beside.is_dir():
            shutil.copytree(beside, self.folder, dirs_exist_ok=True)
        for path in self.folder.rglob("*"):
            os.utime(path, (FILE_TIME, FILE_TIME))

    def read(self, block: Block) -> None:
        """Do what a block says, and check what comes of it."""
        if block.language == "text":
            assert self.unread is not None, f"{block.place}: there is no Python before this text"
            assert block.text == self.unread, f"{block.place}: this is not what comes of the code"
            self.unread = None
            return
        self.end()
        self.last = block.place
        if block.language == "python":
            self.run_python(block)
        else:
            self.run_commands(block)

    def end(self) -> None:
        """Check that nothing is left unsaid of the block before."""
        if self.unread:
            message = f"{self.last}: the page does not show what comes of it:\n{self.unread}"
            raise AssertionError(message) from self.raised

    def run_python(self, block: Block) -> None:
        """Run Python; what it prints, and the message of what it raises, is to be read next."""
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
        """Write Python into its file; give it with its lines where they are in that file."""
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
            command, _, said = part.partition("\n")
            pattern = "".join(map(pattern_of, said.splitlines(keepends=True)))
            printed = self.commands.run(command, re.compile(pattern).fullmatch)
            assert re.fullmatch(pattern, printed), (
                f"{block.place}: the page says that {command} prints\n{said}\n"
                f"and it printed\n{printed}"
            )


@pytest.fixture
def reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commands: Callable[..., Any]
) -> Iterator[Reader]:
    """A reader in a folder of its own."""
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
def test_every_block_is_of_a_kind_that_is_executed(page):
    strange = [each for each in blocks_of(page) if each.language not in LANGUAGES]
    assert [f"{each.place}: {each.language or 'no language'}" for each in strange] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_included_file_is_among_those_that_the_page_uses(page):
    names = INCLUDED.findall(page.read_text("utf-8"))
    code = "".join(block.text for block in blocks_of(page) if block.language != "text")
    for name in names:
        assert (page.parent / name).is_file()
        assert name.startswith(f"examples/{page.stem}/")
        assert Path(name).name in code


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_what_a_page_shows_is_what_happens(page, reader):
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
        pytest.param("```python\nprint(1)\n```\n```text\n2\n```\n", id="another output"),
        pytest.param("```python\n1 / 0\n```\n```text\nno\n```\n", id="another message"),
        pytest.param("```python\nprint(1)\n```\n", id="output that is not shown"),
        pytest.param("```python\n1 / 0\n```\n" + HELLO, id="a message that is not shown"),
        pytest.param("```text\n1\n```\n", id="output of nothing"),
        pytest.param(f"{HELLO}```console\n$ curl http://127.0.0.1:5000/\nbye\n```\n", id="curl"),
        pytest.param("```console\n$ python -m this\nUgly\n```\n", id="a program"),
        pytest.param("```console\n$ python -m no_such_module\n```\n", id="a program that fails"),
        pytest.param("```console\nhello\n```\n", id="no command"),
    ],
)
def test_a_page_that_shows_something_else_fails(tmp_path, reader, text):
    page = tmp_path / "wrong.md"
    page.write_text(text, "utf-8")
    with pytest.raises(AssertionError):
        reader.read_page(page)
