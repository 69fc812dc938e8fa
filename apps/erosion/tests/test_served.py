"""erosion as its README says: run from its own file."""

from __future__ import annotations

import pytest
from settings import FOLDER


@pytest.fixture(scope="module")
def url(serve_app, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EROSION_DB_PATH", str(tmp_path_factory.mktemp("served") / "erosion.db"))
        return serve_app(FOLDER / "erosion.py")


def test_the_readme_tells_what_one_sees(url, replay):
    said, printed = replay(FOLDER / "README.md", "http://127.0.0.1:5000", url)
    assert printed == said
    assert len(said) == 6
