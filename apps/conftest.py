"""Fixtures shared by the tests of all apps: a served app, and the curl commands of a README."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

# Make the package ``walker`` and the module ``transcripts`` importable.
sys.path.append(str(Path(__file__).parent / "tests"))
sys.path.append(str(Path(__file__).parents[1] / "framework" / "tests" / "docs"))

from transcripts import Curl, read_blocks, read_commands

from clastic.testing import serve_process


@pytest.fixture(scope="session")
def serve_app() -> Iterator[Callable[[Path], str]]:
    """Return a function that serves an app's file until the tests end and returns its URL."""
    with ExitStack() as stack:

        def serve(script: Path) -> str:
            options = ["--port", "{port}", "--no-reloader", "--no-debugger"]
            command = [sys.executable, script.name, *options]
            return stack.enter_context(serve_process(command, folder=script.parent)).url

        yield serve


def transcript(page: Path) -> dict[str, str]:
    """Return the curl commands of a page's ``console`` blocks, each with its expected output."""
    return {
        command.text: command.output
        for block in read_blocks(page)
        if block.info == "console"
        for command in read_commands(block.text)
        if command.text.startswith("curl ")
    }


@pytest.fixture(scope="session")
def replay() -> Callable[[Path, str, str], tuple[dict[str, str], dict[str, str]]]:
    """Return a function that runs a page's curl commands: ``(page, written_url, url)``.

    It returns the expected and the actual outputs by command. Requests to ``written_url``, the URL
    on the page, are sent to ``url``.
    """

    def run(page: Path, written_url: str, url: str) -> tuple[dict[str, str], dict[str, str]]:
        expected = transcript(page)
        addresses = {urlsplit(written_url).netloc: urlsplit(url).netloc}
        curl = Curl(lambda written: addresses.get(written, written))
        return expected, {command: curl.run(command) for command in expected}

    return run
