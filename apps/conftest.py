"""Fixtures shared by the tests of all apps: a served app, and the curl commands of a README."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

# Make the package ``walker`` and the module ``transcripts`` importable.
sys.path.append(str(Path(__file__).parent / "tests"))
sys.path.append(str(Path(__file__).parents[1] / "framework" / "tests" / "docs"))

from transcripts import Curl, read_blocks, read_commands

from clastic.testing import HOST, Server, serve_process


@pytest.fixture(scope="module", autouse=True)
def without_coverage() -> Iterator[None]:
    """Do not measure the test coverage in the processes that tests start: it takes longer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        yield


@pytest.fixture(scope="module")
def serve_app(without_coverage: None) -> Iterator[Callable[[Path], Server]]:
    """Return a function that serves an app's file until the tests of the module end."""
    with ExitStack() as stack:

        def serve(script: Path) -> Server:
            options = ["--port", "{port}", "--no-reloader", "--no-debugger"]
            command = [sys.executable, script.name, *options]
            return stack.enter_context(serve_process(command, folder=script.parent))

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
def replay() -> Callable[[Path, Server], tuple[dict[str, str], dict[str, str]]]:
    """Return a function that sends a page's curl commands to a server, whatever their address.

    It returns the expected and the actual outputs by command.
    """

    def run(page: Path, server: Server) -> tuple[dict[str, str], dict[str, str]]:
        expected = transcript(page)
        curl = Curl(lambda written: f"{HOST}:{server.port}")
        return expected, {command: curl.run(command) for command in expected}

    return run
