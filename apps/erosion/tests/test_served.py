"""Run the commands of the README against erosion, served by its own file."""

from __future__ import annotations

import pytest
from settings import FOLDER


@pytest.fixture(scope="module")
def server(serve_app, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EROSION_DB_PATH", str(tmp_path_factory.mktemp("served") / "erosion.db"))
        return serve_app(FOLDER / "erosion.py")


def test_the_commands_of_the_readme_print_what_it_shows(server, replay):
    expected, printed = replay(FOLDER / "README.md", server)
    assert printed == expected
    assert len(expected) == 6
