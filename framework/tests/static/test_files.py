"""Test finding, opening and typing files below a folder, without ever leaving the folder."""

import errno
import mimetypes
import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from clastic.static import files
from clastic.static.files import FoundFile, find, is_absent, media_type_of

INSIDE = b"inside"
OUTSIDE = b"outside"


@pytest.fixture(params=["by descriptor", "by path"])
def root(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A folder to serve, with folders of secrets around it; with both ways to reach into it."""
    if request.param == "by path":
        monkeypatch.setattr(files, "_open_folder", files._open_folder_by_path)
    folder = tmp_path / "root"
    (folder / "a" / "b").mkdir(parents=True)
    for path in ("top.txt", "a/inner.txt", "a/b/deep.txt", "a b.txt", "grün.txt", "..x", ".x"):
        (folder / path).write_bytes(INSIDE)
    (tmp_path / "root-secret").mkdir()
    for path in ("secret.txt", "root-secret/secret.txt"):
        (tmp_path / path).write_bytes(OUTSIDE)
    links = {
        "to-file": "top.txt",
        "to-deep-file": "a/b/deep.txt",
        "to-folder": "a",
        "a/up": "../top.txt",
        "to-link": "to-file",
        "out-file": "../secret.txt",
        "out-folder": "..",
        "out-absolute": str(tmp_path / "secret.txt"),
        "out-sibling": "../root-secret/secret.txt",
        "out-by-link": "out-folder/secret.txt",
        "to-root": ".",
        "dangling": "nowhere",
        "loop": "loop",
    }
    for name, target in links.items():
        (folder / name).symlink_to(target)
    before = _open_descriptors()
    yield str(folder)
    assert _open_descriptors() == before


def _open_descriptors() -> list[str]:
    return sorted(os.listdir("/proc/self/fd"))


def write(path: Path, content: bytes, modified: float | None = None) -> None:
    path.write_bytes(content)
    if modified is not None:
        os.utime(path, (modified, modified))


def _content(found: FoundFile) -> bytes:
    with found, found.open()[0] as file:
        return file.read()


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["top.txt"], id="in the folder itself"),
        pytest.param(["a", "inner.txt"], id="one folder down"),
        pytest.param(["a", "b", "deep.txt"], id="two folders down"),
        pytest.param(["a b.txt"], id="with a space"),
        pytest.param(["grün.txt"], id="with letters beyond ASCII"),
        pytest.param(["..x"], id="two dots begin a name"),
        pytest.param([".x"], id="one dot begins a name"),
        pytest.param(["to-file"], id="by a link to a file"),
        pytest.param(["to-deep-file"], id="by a link to a file further down"),
        pytest.param(["to-folder", "inner.txt"], id="by a link to a folder"),
        pytest.param(["to-folder", "b", "deep.txt"], id="by a link to a folder above the last"),
        pytest.param(["a", "up"], id="by a link upwards that stays inside"),
        pytest.param(["to-link"], id="by a link to a link"),
        pytest.param(["to-root", "top.txt"], id="by a link to the folder itself"),
    ],
)
def test_files_inside_are_found(root: str, names: Sequence[str]) -> None:
    assert _content(find(root, names)) == INSIDE


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["..", "secret.txt"], id="upwards"),
        pytest.param(["a", "..", "..", "secret.txt"], id="down and further up"),
        pytest.param(["..", "root", "top.txt"], id="out and in again"),
        pytest.param([".."], id="the folder above"),
        pytest.param(["out-file"], id="a link to a file outside"),
        pytest.param(["out-folder", "secret.txt"], id="a link to a folder outside"),
        pytest.param(["out-absolute"], id="an absolute link"),
        pytest.param(["out-sibling"], id="a link to a folder with the same beginning"),
        pytest.param(["out-by-link"], id="a link through a link"),
        pytest.param(["to-root", "out-file"], id="a link beyond a link"),
        pytest.param(["a\0.txt"], id="a NUL"),
        pytest.param(["a\0", "x"], id="a NUL in a folder's name"),
    ],
)
def test_a_path_that_leads_outside_is_refused(root: str, names: Sequence[str]) -> None:
    with pytest.raises(PermissionError):
        find(root, names)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["none.txt"], id="no such file"),
        pytest.param(["none", "none.txt"], id="no such folder"),
        pytest.param(["a"], id="a folder"),
        pytest.param(["a", "b"], id="a folder further down"),
        pytest.param(["to-folder"], id="a link to a folder"),
        pytest.param(["top.txt", "x"], id="a file for a folder"),
        pytest.param(["a", "inner.txt", "x", "y"], id="a file for a folder in between"),
        pytest.param(["dangling"], id="a link to nowhere"),
        pytest.param(["loop"], id="a link to itself"),
        pytest.param(["loop", "x"], id="a link to itself for a folder"),
        pytest.param(["x" * 300], id="a name longer than a name can be"),
        pytest.param(["x" * 200] * 50, id="a path longer than a path can be"),
        pytest.param(["a", "\ud800"], id="a name that no file can have"),
        pytest.param(["C:", "secret.txt"], id="a drive"),
        pytest.param(["NUL"], id="a device of Windows"),
    ],
)
def test_a_path_to_no_regular_file_is_absent(root: str, names: Sequence[str]) -> None:
    with pytest.raises(OSError, match="Errno") as raised:
        find(root, names)
    assert is_absent(raised.value)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["", "top.txt"], id="an empty name"),
        pytest.param([".", "top.txt"], id="the folder's own name"),
        pytest.param(["a/inner.txt"], id="a slash in a name"),
        pytest.param(["a\\inner.txt"], id="a backslash in a name"),
    ],
)
def test_invalid_names_are_refused(tmp_path: Path, names: Sequence[str]) -> None:
    (tmp_path / "a").mkdir()
    for path in ("top.txt", "a/inner.txt", "a\\inner.txt"):
        (tmp_path / path).touch()
    with pytest.raises(PermissionError):
        find(str(tmp_path), names)


def test_a_fifo_is_never_opened(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(os.path.join(root, "fifo"))
    monkeypatch.setattr(files.os, "open", _refuse_to_open)
    with pytest.raises(FileNotFoundError):
        find(root, ["fifo"])


def _refuse_to_open(*arguments: object, **options: object) -> int:
    raise AssertionError("opened")


def test_a_socket_is_absent(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)  # for the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        with pytest.raises(FileNotFoundError):
            find(root, ["socket"])


def test_a_file_that_becomes_a_fifo_does_not_hang(root: str) -> None:
    with find(root, ["a", "inner.txt"]) as found:
        os.unlink(os.path.join(root, "a", "inner.txt"))
        os.mkfifo(os.path.join(root, "a", "inner.txt"))
        with pytest.raises(FileNotFoundError):
            found.open()


def test_a_file_that_becomes_a_link_is_not_followed(root: str) -> None:
    with find(root, ["a", "inner.txt"]) as found:
        os.unlink(os.path.join(root, "a", "inner.txt"))
        os.symlink("../../secret.txt", os.path.join(root, "a", "inner.txt"))
        with pytest.raises(OSError, match="Errno") as raised:
            found.open()
    assert is_absent(raised.value)


def test_a_folder_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "root" / "a").mkdir(parents=True)
    (tmp_path / "root" / "a" / "file").write_bytes(INSIDE)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_bytes(OUTSIDE)
    found = find(str(tmp_path / "root"), ["a", "file"])
    (tmp_path / "root" / "a").rename(tmp_path / "moved")
    (tmp_path / "root" / "a").symlink_to(tmp_path / "elsewhere")
    assert _content(found) == INSIDE


def test_a_link_put_in_the_way_after_resolving_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "root" / "a").mkdir(parents=True)
    (tmp_path / "root" / "a" / "file").write_bytes(INSIDE)
    (tmp_path / "root" / "link").symlink_to("a")
    (tmp_path / "file").write_bytes(OUTSIDE)
    real_path = os.path.realpath

    def resolve_then_swap(path: str) -> str:
        resolved = real_path(path)
        if path.endswith("file"):
            (tmp_path / "root" / "a").rename(tmp_path / "moved")
            (tmp_path / "root" / "a").symlink_to(tmp_path)
        return resolved

    monkeypatch.setattr(files.os.path, "realpath", resolve_then_swap)
    with pytest.raises(FileNotFoundError):
        find(str(tmp_path / "root"), ["link", "file"])


def test_a_root_that_is_a_link_is_followed(root: str, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to("root")
    assert _content(find(str(tmp_path / "current"), ["to-folder", "inner.txt"])) == INSIDE


def test_the_root_of_the_file_system_is_a_root(root: str) -> None:
    names = os.path.join(root, "to-file").split("/")[1:]
    assert _content(find("/", names)) == INSIDE


def test_an_unconfined_link_leads_anywhere(root: str) -> None:
    assert _content(find(root, ["out-file"], is_confined=False)) == OUTSIDE


def test_an_unconfined_link_to_nowhere_is_absent(root: str) -> None:
    with pytest.raises(FileNotFoundError):
        find(root, ["dangling"], is_confined=False)


@pytest.mark.parametrize("blocked", ["open", "stat"])
@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES])
def test_other_failures_are_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocked: str, code: int
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").touch()

    def fail(*arguments: object, **options: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(files.os, blocked, fail)
    with pytest.raises(OSError, match=os.strerror(code)) as raised:
        find(str(tmp_path), ["a", "file"])
    assert not is_absent(raised.value)


class TestPrecompressed:
    @staticmethod
    def codings(root: str, *names: str) -> list[str]:
        with find(root, names) as found:
            return found.codings()

    def test_a_file_with_the_suffix_is_found_and_opened(self, root: str) -> None:
        write(Path(root, "a", "inner.txt.gz"), b"12345")
        with find(root, ["a", "inner.txt"]) as found:
            assert found.codings() == ["gzip"]
            file, status = found.open("gzip")
        with file:
            assert (file.read(), status.st_size) == (b"12345", 5)

    @pytest.mark.parametrize("kind", ["nothing", "a folder", "a link"])
    def test_only_regular_files_are_found(self, root: str, kind: str) -> None:
        path = Path(root, "top.txt.gz")
        if kind == "a folder":
            path.mkdir()
        elif kind == "a link":
            path.symlink_to("top.txt")
        assert self.codings(root, "top.txt") == []

    def test_the_best_compression_comes_first(self, root: str) -> None:
        write(Path(root, "top.txt.gz"), b"x")
        write(Path(root, "top.txt.br"), b"x")
        assert self.codings(root, "top.txt") == ["br", "gzip"]

    @pytest.mark.parametrize(
        ("modified", "content", "is_found"),
        [
            pytest.param(100, b"x", True, id="as old as the file"),
            pytest.param(99, b"x", False, id="older"),
            pytest.param(100, b"", False, id="empty"),
        ],
    )
    def test_an_older_or_empty_compressed_file_is_ignored(
        self, root: str, modified: float, content: bytes, is_found: bool
    ) -> None:
        write(Path(root, "top.txt"), b"x", 100.9)
        write(Path(root, "top.txt.gz"), content, modified)
        assert self.codings(root, "top.txt") == (["gzip"] if is_found else [])

    def test_a_compressed_file_has_no_codings(self, root: str) -> None:
        write(Path(root, "top.txt.gz"), b"x")
        write(Path(root, "top.txt.gz.br"), b"x")
        assert self.codings(root, "top.txt.gz") == []


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        pytest.param("site.css", "text/css", id="a style sheet"),
        pytest.param("app.js", "text/javascript", id="a script (RFC 9239)"),
        pytest.param("app.mjs", "text/javascript", id="a module"),
        pytest.param("INDEX.HTML", "text/html", id="an extension in upper case"),
        pytest.param("data.json", "application/json", id="JSON"),
        pytest.param("app.js.map", "application/json", id="a source map"),
        pytest.param("logo.svg", "image/svg+xml", id="SVG"),
        pytest.param("photo.avif", "image/avif", id="AVIF"),
        pytest.param("photo.webp", "image/webp", id="WebP"),
        pytest.param("favicon.ico", "image/vnd.microsoft.icon", id="an icon"),
        pytest.param("font.woff2", "font/woff2", id="a font"),
        pytest.param("code.wasm", "application/wasm", id="WebAssembly"),
        pytest.param("feed.xml", "application/xml", id="XML"),
        pytest.param("notes.txt", "text/plain", id="text"),
        pytest.param("logs.txt.gz", "application/gzip", id="a compressed file"),
        pytest.param("site.css.br", "application/x-br", id="a file compressed with brotli"),
        pytest.param("a.tar.bz2", "application/x-bzip2", id="a coding of the mimetypes module"),
        pytest.param("paper.rtf", "application/rtf", id="a type of the mimetypes module"),
        pytest.param("data:,x.css", "text/css", id="a name that looks like a URL"),
        pytest.param("x.surely-unknown", None, id="an unknown extension"),
        pytest.param("README", None, id="no extension"),
        pytest.param(".htaccess", None, id="a leading dot"),
    ],
)
def test_a_name_has_a_media_type(name: str, media_type: str | None) -> None:
    assert media_type_of(name) == media_type


def test_the_machine_cannot_change_the_types_of_the_web(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mimetypes, "guess_type", lambda name: ("text/plain", None))
    media_type_of.cache_clear()
    assert media_type_of("app.js") == "text/javascript"


@pytest.mark.parametrize(
    ("head", "is_text"),
    [
        pytest.param(b"", True, id="nothing"),
        pytest.param("grün €".encode(), True, id="text"),
        pytest.param(b"a\x00b", False, id="a NUL"),
    ],
)
def test_the_beginning_of_a_file_decides_whether_it_is_text(
    tmp_path: Path, head: bytes, is_text: bool
) -> None:
    (tmp_path / "file").write_bytes(head)
    with find(str(tmp_path), ["file"]) as found:
        assert found.is_text() is is_text
