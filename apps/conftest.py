"""What the tests of every app share: the app as its users reach it, and the curl of its README."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

# The package ``walker``, which tests import.
sys.path.append(str(Path(__file__).parent / "tests"))

from walker.curl import Curl
from walker.server import served


@pytest.fixture(scope="session")
def serve_app() -> Iterator[Callable[[Path], str]]:
    """Serves an app's file until the tests end, and gives its URL."""
    with ExitStack() as stack:
        yield lambda script: stack.enter_context(served(script))


def transcript(readme: Path) -> dict[str, str]:
    """The curl commands of a page's ``console`` blocks, each with what the page says it prints."""
    commands = {}
    for block in re.findall(
        r"^```console\n(.*?)^```$", readme.read_text(), re.DOTALL | re.MULTILINE
    ):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            if command.startswith("curl "):
                commands[command] = output
    return commands


@pytest.fixture(scope="session")
def replay() -> Callable[[Path, str, str], tuple[dict[str, str], dict[str, str]]]:
    """Runs a page's curl commands; gives what it says that each prints, and what each does print.

    The URL in the page stands for the one where the app is served.
    """

    def run(page: Path, written_url: str, url: str) -> tuple[dict[str, str], dict[str, str]]:
        said = transcript(page)
        curl = Curl(urlsplit(written_url).netloc, urlsplit(url).netloc)
        return said, {command: curl.run(command) for command in said}

    return run
