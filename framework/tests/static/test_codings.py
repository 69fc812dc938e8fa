"""Which precompressed neighbour suits a client."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clastic.static.codings import IDENTITY, Coding, choose_coding, usable_neighbours
from clastic.static.files import find

BROTLI, GZIP = Coding("br", ".br"), Coding("gzip", ".gz")
BOTH = (BROTLI, GZIP)


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        pytest.param("gzip, deflate, br, zstd", BROTLI, id="brotli of what a browser takes"),
        pytest.param("br;q=0.5, gzip;q=0.5", BROTLI, id="brotli of equals"),
        pytest.param("br;q=0.4, gzip;q=0.5", GZIP, id="the one that is wanted more"),
        pytest.param("GZIP", GZIP, id="case does not count"),
        pytest.param("*", BROTLI, id="brotli of anything"),
        pytest.param("br;q=0, *", GZIP, id="anything but brotli"),
        pytest.param("gzip;q=0, br;q=0", IDENTITY, id="none of them"),
        pytest.param("identity", IDENTITY, id="as it is"),
        pytest.param("identity, gzip;q=0.5", IDENTITY, id="as it is rather than compressed"),
        pytest.param("identity;q=0.5, gzip", GZIP, id="compressed rather than as it is"),
        pytest.param("identity;q=0.5, gzip;q=0.5", GZIP, id="compressed of equals"),
        pytest.param("identity;q=0, gzip;q=0.1", GZIP, id="anything but as it is"),
        pytest.param("identity;q=0", IDENTITY, id="as it is, if there is nothing else"),
        pytest.param("deflate", IDENTITY, id="as it is rather than what there is not"),
        pytest.param("", IDENTITY, id="as it is without a wish"),
        pytest.param(None, IDENTITY, id="as it is without the header"),
        pytest.param("gzip;q=much", IDENTITY, id="as it is with a broken weight"),
        pytest.param("gzip," + "x" * 600, IDENTITY, id="as it is with an endless header"),
    ],
)
def test_choose_coding(header: str | None, coding: Coding) -> None:
    assert choose_coding(header, BOTH) == coding


def test_only_what_is_there_is_chosen() -> None:
    assert choose_coding("br, gzip;q=0.1", [GZIP]) == GZIP


@given(st.text() | st.text(alphabet="brgzip;q=0.1,* -identity"))
def test_any_header_gets_a_choice(header: str) -> None:
    assert choose_coding(header, BOTH) in (*BOTH, IDENTITY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _write(tmp_path / "a.css", 100)
    return tmp_path


def _write(path: Path, modified: float, content: bytes = b"x") -> None:
    path.write_bytes(content)
    os.utime(path, (modified, modified))


def _neighbours(folder: Path, name: str) -> list[str]:
    with find(str(folder), [name]) as found:
        return [coding.name for coding in usable_neighbours(found, name)]


def test_a_file_alone_has_no_neighbours(folder: Path) -> None:
    assert _neighbours(folder, "a.css") == []


def test_the_best_neighbour_comes_first(folder: Path) -> None:
    _write(folder / "a.css.gz", 100)
    _write(folder / "a.css.br", 100)
    assert _neighbours(folder, "a.css") == ["br", "gzip"]


def test_an_older_neighbour_is_ignored(folder: Path) -> None:
    _write(folder / "a.css.gz", 99)
    assert _neighbours(folder, "a.css") == []


def test_a_rounded_time_is_not_older(folder: Path) -> None:
    _write(folder / "a.css", 100.9)
    _write(folder / "a.css.gz", 100)
    assert _neighbours(folder, "a.css") == ["gzip"]


def test_an_empty_neighbour_is_ignored(folder: Path) -> None:
    _write(folder / "a.css.gz", 100, b"")
    assert _neighbours(folder, "a.css") == []


def test_what_is_compressed_has_no_neighbours(folder: Path) -> None:
    _write(folder / "a.css.gz", 100)
    _write(folder / "a.css.gz.br", 100)
    assert _neighbours(folder, "a.css.gz") == []
