"""Test serving static files over HTTP: a folder as an application, and one file as a route."""

import errno
import gc
import gzip
import os
import re
import socket
import stat
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse, create_environ, run_wsgi_app
from werkzeug.wsgi import ClosingIterator

from clastic.application import Application
from clastic.errors import Forbidden
from clastic.http import Request, Response
from clastic.route import GET
from clastic.static import StaticApplication, StaticFileRoute
from clastic.testing import HOST, serve

CSS = b"body { color: teal }\n"
MODIFIED = 1_700_000_000
LAST_MODIFIED = "Tue, 14 Nov 2023 22:13:20 GMT"
BOTH = "br, gzip"


def write(path: Path, content: bytes, modified: float = MODIFIED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (modified, modified))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assets = tmp_path / "assets"
    write(assets / "site.css", CSS)
    write(assets / "img" / "logo.svg", b"<svg/>")
    return assets


@pytest.fixture
def client(folder: Path) -> Client:
    return Application([("/static", StaticApplication(folder))]).get_local_client()


@pytest.fixture
def compressed(folder: Path) -> Path:
    write(folder / "site.css.br", b"brotli")
    write(folder / "site.css.gz", gzip.compress(CSS))
    return folder


def exactly(message: str) -> str:
    """The pattern of this whole message."""
    return f"^{re.escape(message)}$"


def open_files_below(folder: Path) -> list[str]:
    """The files below the folder that this process has open."""
    paths = []
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            paths.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        except FileNotFoundError:
            continue  # it was that of the listing itself
    return [path for path in paths if path.startswith(f"{folder}/")]


class TestFile:
    def test_the_whole_file_is_served(self, client: Client) -> None:
        response = client.get("/static/site.css")
        assert (response.status, response.data) == ("200 OK", CSS)

    def test_a_file_has_validators_and_its_type(self, client: Client) -> None:
        assert dict(client.get("/static/site.css").headers) == {
            "Accept-Ranges": "bytes",
            "Cache-Control": "no-cache",
            "Content-Length": str(len(CSS)),
            "Content-Type": "text/css; charset=utf-8",
            "ETag": f'"{MODIFIED * 10**9:x}-{len(CSS):x}"',
            "Last-Modified": LAST_MODIFIED,
            "X-Content-Type-Options": "nosniff",
        }

    def test_a_file_in_a_subfolder_is_served(self, client: Client) -> None:
        response = client.get("/static/img/logo.svg")
        assert (response.data, response.content_type) == (b"<svg/>", "image/svg+xml")

    def test_head_has_the_headers_and_no_body(self, client: Client, folder: Path) -> None:
        response = client.head("/static/site.css")
        assert response.data == b""
        assert dict(response.headers) == dict(client.get("/static/site.css").headers)

    def test_other_methods_are_not_allowed(self, client: Client) -> None:
        response = client.post("/static/site.css")
        assert response.status_code == 405
        assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD"}

    def test_an_unread_body_causes_no_resource_warning(self, client: Client) -> None:
        client.get("/static/site.css")
        gc.collect()

    def test_an_empty_file_is_served(self, client: Client, folder: Path) -> None:
        write(folder / "empty.txt", b"")
        response = client.get("/static/empty.txt")
        assert (response.status_code, response.headers["Content-Length"]) == (200, "0")

    def test_a_file_with_a_name_beyond_ascii_is_served(self, client: Client, folder: Path) -> None:
        write(folder / "grün 1%.txt", b"ok")
        assert client.get("/static/gr%C3%BCn%201%25.txt").data == b"ok"

    def test_a_changed_file_is_served_at_once(self, client: Client, folder: Path) -> None:
        before = client.get("/static/site.css").headers["ETag"]
        write(folder / "site.css", b"new", MODIFIED + 1)
        response = client.get("/static/site.css", headers={"If-None-Match": before})
        assert (response.status_code, response.data) == (200, b"new")

    @pytest.mark.parametrize(
        ("content", "content_type"),
        [
            pytest.param(b"some notes", "text/plain; charset=utf-8", id="text"),
            pytest.param(b"\x00\x01", "application/octet-stream", id="binary"),
        ],
    )
    def test_the_content_decides_on_the_type_of_a_name_without_an_extension(
        self, client: Client, folder: Path, content: bytes, content_type: str
    ) -> None:
        write(folder / "NOTES", content)
        response = client.get("/static/NOTES")
        assert (response.content_type, response.data) == (content_type, content)

    def test_default_types_can_be_chosen(self, folder: Path) -> None:
        write(folder / "text", b"#")
        write(folder / "binary", b"\0")
        application = StaticApplication(
            folder, default_text_mime="text/x; charset=a", default_binary_mime="application/x-mine"
        )
        client = application.get_local_client()
        assert client.get("/text").content_type == "text/x; charset=a"
        assert client.get("/binary").content_type == "application/x-mine"

    def test_xml_declares_its_own_encoding(self, client: Client, folder: Path) -> None:
        write(folder / "feed.xml", b"<feed/>")
        assert client.get("/static/feed.xml").content_type == "application/xml"

    @pytest.mark.parametrize("path", ["/static/img/logo.svg/", "/static/img/logo.svg//"])
    def test_trailing_slashes_make_no_difference(self, client: Client, path: str) -> None:
        assert client.get(path).data == client.get("/static/img/logo.svg").data

    def test_the_path_of_a_file_can_be_a_text(self, folder: Path) -> None:
        static, request = StaticApplication(folder), Request(create_environ())
        response = static.get_file_response("img/logo.svg", request)
        assert run_wsgi_app(response, request.environ, buffered=True)[0] == [b"<svg/>"]
        with pytest.raises(Forbidden):
            static.get_file_response("../secret.txt", request)


class TestCaching:
    def test_the_cache_timeout_is_the_max_age(self, folder: Path) -> None:
        client = StaticApplication(folder, cache_timeout=3600).get_local_client()
        assert client.get("/site.css").headers["Cache-Control"] == "public, max-age=3600"

    def test_a_negative_cache_timeout_is_refused(self, folder: Path) -> None:
        message = (
            "cache_timeout is -1. "
            "Use a number of seconds that is not negative, or None to revalidate each time."
        )
        with pytest.raises(ValueError, match=exactly(message)):
            StaticApplication(folder, cache_timeout=-1)

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    @pytest.mark.parametrize("by", ["tag", "date"])
    def test_an_unchanged_file_is_not_sent_again(
        self, client: Client, folder: Path, method: str, by: str
    ) -> None:
        whole = client.get("/static/site.css")
        headers = {
            "tag": {"If-None-Match": whole.headers["ETag"]},
            "date": {"If-Modified-Since": whole.headers["Last-Modified"]},
        }[by]
        response = client.open("/static/site.css", method=method, headers=headers)
        assert (response.status_code, response.data) == (304, b"")
        assert dict(response.headers) == {
            "Cache-Control": "no-cache",
            "ETag": whole.headers["ETag"],
            "X-Content-Type-Options": "nosniff",
        }


@pytest.mark.parametrize("modified", [1, 0, 4_000_000_000])
def test_other_content_of_the_same_size_and_time_is_sent(
    client: Client, folder: Path, modified: int
) -> None:
    write(folder / "a.txt", b"first", modified)
    first = client.get("/static/a.txt")
    assert "Last-Modified" not in first.headers
    assert first.headers["ETag"] == client.get("/static/a.txt").headers["ETag"]
    write(folder / "a.txt", b"other", modified)
    tag = first.headers["ETag"]
    for headers in (
        {"If-None-Match": tag},
        {"If-Modified-Since": "Wed, 01 Jan 2098 00:00:00 GMT"},
        {"Range": "bytes=1-2", "If-Range": tag},
    ):
        response = client.get("/static/a.txt", headers=headers)
        assert (response.status_code, response.data) == (200, b"other")


class TestRanges:
    def test_a_range_is_sent(self, client: Client) -> None:
        response = client.get("/static/site.css", headers={"Range": "bytes=5-9"})
        assert (response.status_code, response.data) == (206, CSS[5:10])
        assert response.headers["Content-Range"] == f"bytes 5-9/{len(CSS)}"
        assert response.headers["Content-Length"] == "5"
        assert response.headers["ETag"] == client.get("/static/site.css").headers["ETag"]

    def test_a_range_of_the_last_bytes_is_sent(self, client: Client) -> None:
        response = client.get("/static/site.css", headers={"Range": "bytes=-4"})
        assert (response.status_code, response.data) == (206, CSS[-4:])

    def test_a_range_beyond_the_end_is_refused(self, client: Client, folder: Path) -> None:
        response = client.get("/static/site.css", headers={"Range": "bytes=1000-"})
        assert response.status_code == 416
        assert response.headers["Content-Range"] == f"bytes */{len(CSS)}"
        assert open_files_below(folder) == []

    def test_several_ranges_get_the_whole_file(self, client: Client) -> None:
        response = client.get("/static/site.css", headers={"Range": "bytes=0-1,4-5"})
        assert (response.status_code, response.data) == (200, CSS)

    def test_head_has_no_ranges(self, client: Client) -> None:
        response = client.head("/static/site.css", headers={"Range": "bytes=0-1"})
        assert (response.status_code, response.headers["Content-Length"]) == (200, str(len(CSS)))

    @pytest.mark.parametrize("validator_name", ["ETag", "Last-Modified"])
    def test_if_range_with_a_current_validator_gets_the_range(
        self, client: Client, validator_name: str
    ) -> None:
        validator_value = client.get("/static/site.css").headers[validator_name]
        headers = {"Range": "bytes=0-1", "If-Range": validator_value}
        assert client.get("/static/site.css", headers=headers).status_code == 206

    def test_if_range_with_an_outdated_validator_gets_the_whole_file(self, client: Client) -> None:
        headers = {"Range": "bytes=0-1", "If-Range": '"former"'}
        response = client.get("/static/site.css", headers=headers)
        assert (response.status_code, response.data) == (200, CSS)

    def test_conditions_come_before_ranges(self, client: Client) -> None:
        headers = {"Range": "bytes=0-1", "If-Modified-Since": LAST_MODIFIED}
        assert client.get("/static/site.css", headers=headers).status_code == 304


class TestPrecompressed:
    @pytest.mark.parametrize(
        ("accepted", "coding"),
        [
            pytest.param("gzip, deflate, br", "br", id="brotli if both are accepted"),
            pytest.param("gzip", "gzip", id="gzip if brotli is not accepted"),
            pytest.param("br;q=0.5, gzip", "gzip", id="the one of higher quality"),
        ],
    )
    def test_a_precompressed_file_is_sent(
        self, client: Client, compressed: Path, accepted: str, coding: str
    ) -> None:
        response = client.get("/static/site.css", headers={"Accept-Encoding": accepted})
        content = (compressed / {"br": "site.css.br", "gzip": "site.css.gz"}[coding]).read_bytes()
        assert response.data == content
        assert response.headers["Content-Encoding"] == coding
        assert response.headers["Vary"] == "Accept-Encoding"
        assert response.headers["Content-Type"] == "text/css; charset=utf-8"
        assert response.headers["Content-Length"] == str(len(content))

    def test_the_file_itself_is_sent_if_no_coding_is_accepted(
        self, client: Client, compressed: Path
    ) -> None:
        response = client.get("/static/site.css")
        assert response.data == CSS
        assert "Content-Encoding" not in response.headers
        assert response.headers["Vary"] == "Accept-Encoding"

    def test_without_precompressed_files_there_is_no_vary(self, client: Client) -> None:
        response = client.get("/static/site.css", headers={"Accept-Encoding": BOTH})
        assert "Vary" not in response.headers

    def test_an_older_precompressed_file_is_not_sent(self, client: Client, folder: Path) -> None:
        write(folder / "site.css.gz", b"stale", MODIFIED - 1)
        response = client.get("/static/site.css", headers={"Accept-Encoding": BOTH})
        assert response.data == CSS
        assert "Vary" not in response.headers

    def test_entity_tags_differ_between_codings(self, client: Client, folder: Path) -> None:
        for suffix in (".br", ".gz"):
            write(folder / f"site.css{suffix}", CSS)
        tags = {
            client.get("/static/site.css", headers={"Accept-Encoding": accepted}).headers["ETag"]
            for accepted in ("identity", "gzip", "br")
        }
        assert len(tags) == 3

    def test_a_tag_of_the_same_coding_gets_a_304(self, client: Client, compressed: Path) -> None:
        headers = {"Accept-Encoding": "br"}
        tag = client.get("/static/site.css", headers=headers).headers["ETag"]
        response = client.get("/static/site.css", headers={**headers, "If-None-Match": tag})
        assert response.status_code == 304
        assert response.headers["Vary"] == "Accept-Encoding"

    def test_a_tag_of_another_coding_gets_the_file(self, client: Client, compressed: Path) -> None:
        tag = client.get("/static/site.css", headers={"Accept-Encoding": "br"}).headers["ETag"]
        response = client.get("/static/site.css", headers={"If-None-Match": tag})
        assert (response.status_code, response.data) == (200, CSS)

    def test_a_range_is_of_the_compressed_bytes(self, client: Client, compressed: Path) -> None:
        headers = {"Accept-Encoding": "br", "Range": "bytes=0-2"}
        response = client.get("/static/site.css", headers=headers)
        assert (response.status_code, response.data) == (206, b"bro")
        assert response.headers["Content-Range"] == "bytes 0-2/6"

    def test_a_precompressed_file_requested_by_name_is_a_plain_file(
        self, client: Client, compressed: Path
    ) -> None:
        response = client.get("/static/site.css.gz", headers={"Accept-Encoding": "gzip"})
        assert response.content_type == "application/gzip"
        assert "Content-Encoding" not in response.headers

    def test_the_original_file_decides_on_the_type_without_an_extension(
        self, client: Client, folder: Path
    ) -> None:
        write(folder / "NOTES", b"text")
        write(folder / "NOTES.gz", gzip.compress(b"text"))
        response = client.get("/static/NOTES", headers={"Accept-Encoding": "gzip"})
        assert response.content_type == "text/plain; charset=utf-8"
        assert gzip.decompress(response.data) == b"text"

    def test_precompressed_files_can_be_turned_off(self, compressed: Path) -> None:
        client = StaticApplication(compressed, precompressed=False).get_local_client()
        response = client.get("/site.css", headers={"Accept-Encoding": BOTH})
        assert response.data == CSS


class TestRefusal:
    @pytest.mark.parametrize(
        ("path", "status"),
        [
            pytest.param("/static/none.css", 404, id="no such file"),
            pytest.param("/static/img", 404, id="a folder"),
            pytest.param("/static/img/", 404, id="a folder with a slash"),
            pytest.param("/static", 404, id="the folder itself"),
            pytest.param("/static/", 404, id="the folder itself with a slash"),
            pytest.param("/static/../secret.txt", 403, id="upwards"),
            pytest.param("/static/%2e%2e/secret.txt", 403, id="upwards, encoded"),
            pytest.param("/static/%2e%2e%2fsecret.txt", 403, id="upwards with the slash encoded"),
            pytest.param("/static/img/../../secret.txt", 403, id="down and upwards"),
            pytest.param("/static/..%5csecret.txt", 403, id="upwards with a backslash"),
            pytest.param("/static/%252e%252e/secret.txt", 404, id="upwards, encoded twice"),
            pytest.param("/static/C:/secret.txt", 404, id="a drive"),
            pytest.param("/static/CON", 404, id="a device of Windows"),
            pytest.param("/static/site.css%00.txt", 403, id="a NUL"),
            pytest.param("/static/" + "x" * 10_000, 404, id="a name of ten thousand letters"),
            pytest.param("/static/" + "x/" * 5_000 + "x", 404, id="five thousand folders down"),
        ],
    )
    def test_an_invalid_path_is_refused(
        self, client: Client, folder: Path, path: str, status: int
    ) -> None:
        write(folder.parent / "secret.txt", b"secret")
        assert client.get(path, follow_redirects=True).status_code == status

    def test_an_absolute_path_is_refused(self, client: Client, folder: Path) -> None:
        secret = write(folder.parent / "secret.txt", b"secret")
        assert client.get(f"/static/{secret}", follow_redirects=True).status_code == 404

    def test_a_link_that_leaves_the_folder_is_forbidden(self, client: Client, folder: Path) -> None:
        write(folder.parent / "secret.txt", b"secret")
        (folder / "link.txt").symlink_to("../secret.txt")
        assert client.get("/static/link.txt").status_code == 403

    def test_a_link_inside_of_the_folder_is_followed(self, client: Client, folder: Path) -> None:
        (folder / "img" / "link.css").symlink_to("../site.css")
        assert client.get("/static/img/link.css").data == CSS

    def test_a_fifo_is_not_served(self, client: Client, folder: Path) -> None:
        os.mkfifo(folder / "fifo")
        assert client.get("/static/fifo").status_code == 404

    def test_a_path_that_is_not_utf8_is_refused(self, client: Client) -> None:
        assert client.get("/static/%ff%fe.css").status_code in (400, 404)

    def test_a_file_that_may_not_be_read_is_forbidden(
        self, client: Client, folder: Path, fail_to_open: Callable[[str, int], None]
    ) -> None:
        fail_to_open("site.css", errno.EACCES)
        assert client.get("/static/site.css").status_code == 403
        assert client.head("/static/site.css").status_code == 403

    def test_a_failing_disk_is_an_error(
        self, client: Client, folder: Path, fail_to_open: Callable[[str, int], None]
    ) -> None:
        fail_to_open("site.css", errno.EIO)
        assert client.get("/static/site.css").status_code == 500


def client_of(application: Application) -> Client:
    return application.get_local_client()


@pytest.fixture
def fail_to_open(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Make opening a file fail with an error number, even if the tests run as root."""
    failures: dict[str, int] = {}
    real_open = os.open

    def open_unless_failing(path: str, *arguments: Any, **options: Any) -> int:
        code = failures.get(os.path.basename(path))
        if code is not None:
            raise OSError(code, os.strerror(code), path)
        return real_open(path, *arguments, **options)

    monkeypatch.setattr(os, "open", open_unless_failing)
    return failures.__setitem__


class TestOverlap:
    @pytest.fixture
    def layers(self, tmp_path: Path) -> tuple[Path, Path]:
        upper, lower = tmp_path / "upper", tmp_path / "lower"
        write(upper / "both.txt", b"upper")
        write(upper / "upper.txt", b"upper")
        write(lower / "both.txt", b"lower")
        write(lower / "lower.txt", b"lower")
        return upper, lower

    @pytest.fixture(params=["two applications", "two search paths"])
    def overlapping(self, request: pytest.FixtureRequest, layers: tuple[Path, Path]) -> Client:
        if request.param == "two search paths":
            return Application([("/s", StaticApplication(layers))]).get_local_client()
        routes = [("/s", StaticApplication(path)) for path in layers]
        return Application(routes).get_local_client()

    @pytest.mark.parametrize(
        ("path", "content"),
        [
            pytest.param("/s/both.txt", b"upper", id="in both"),
            pytest.param("/s/upper.txt", b"upper", id="only in the first"),
            pytest.param("/s/lower.txt", b"lower", id="only in the second"),
        ],
    )
    def test_each_file_is_found(self, overlapping: Client, path: str, content: bytes) -> None:
        assert overlapping.get(path).data == content

    def test_a_file_in_neither_is_not_found(self, overlapping: Client) -> None:
        assert overlapping.get("/s/none.txt").status_code == 404

    def test_a_file_refused_by_one_is_served_by_another(
        self, overlapping: Client, layers: tuple[Path, Path]
    ) -> None:
        (layers[0] / "lower.txt").symlink_to("../lower/lower.txt")
        assert overlapping.get("/s/lower.txt").data == b"lower"

    def test_a_file_refused_by_one_and_in_no_other_is_forbidden(
        self, layers: tuple[Path, Path]
    ) -> None:
        (layers[0] / "out.txt").symlink_to("../lower/lower.txt")
        assert client_of(StaticApplication(layers)).get("/out.txt").status_code == 403

    def test_later_routes_are_reached(self, folder: Path) -> None:
        routes = [
            ("/", StaticApplication(folder)),
            GET("/<name>", lambda name: Response(f"page {name}")),
        ]
        client = Application(routes).get_local_client()
        assert client.get("/site.css").data == CSS
        assert client.get("/about").data == b"page about"


class TestSending:
    def test_the_server_can_send_a_file_by_its_descriptor(self, folder: Path) -> None:
        wrapped = []

        def file_wrapper(file: Any, block_size: int = 8192) -> FileWrapper:
            wrapped.append(file)
            return FileWrapper(file, block_size)

        environ = create_environ(path="/site.css")
        environ["wsgi.file_wrapper"] = file_wrapper
        body = StaticApplication(folder)(environ, lambda *arguments: lambda data: None)
        assert isinstance(body, FileWrapper)
        assert os.pread(wrapped[0].fileno(), 100, 0) == CSS
        assert b"".join(body) == CSS
        body.close()
        assert open_files_below(folder) == []

    def test_a_range_has_no_descriptor(self, folder: Path) -> None:
        environ = create_environ(path="/site.css", headers={"Range": "bytes=0-3"})
        environ["wsgi.file_wrapper"] = FileWrapper
        body = StaticApplication(folder)(environ, lambda *arguments: lambda data: None)
        assert isinstance(body, FileWrapper)
        assert not hasattr(body.filelike, "fileno")
        assert body.filelike.read() == CSS[:4]
        body.close()

    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param({}, id="the whole file"),
            pytest.param({"Range": "bytes=3-9"}, id="a range"),
            pytest.param({"Range": "bytes=999-"}, id="a range beyond the end"),
            pytest.param({"If-Modified-Since": LAST_MODIFIED}, id="not modified"),
            pytest.param({"Accept-Encoding": "gzip"}, id="compressed"),
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_responses_follow_wsgi_and_close_the_file(
        self, compressed: Path, method: str, headers: dict[str, str]
    ) -> None:
        application = Application([("/", StaticApplication(compressed))])
        environ = create_environ(path="/site.css", method=method, headers=headers)
        environ["wsgi.file_wrapper"] = FileWrapper
        response = TestResponse(
            *run_wsgi_app(validator(application), environ, buffered=True), request=None
        )
        assert response.status_code < 500
        assert open_files_below(compressed) == []

    def test_a_large_file_takes_no_memory(self, folder: Path) -> None:
        size = 2**28
        with (folder / "huge.bin").open("wb") as file:
            file.truncate(size)
        environ = create_environ(path="/huge.bin")
        tracemalloc.start()
        try:
            body, _, headers = run_wsgi_app(StaticApplication(folder), environ)
            received = sum(map(len, body))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert received == size == int(headers["Content-Length"])
        assert peak < 2 * 2**20

    def test_a_client_that_goes_away_leaves_no_file_open(self, folder: Path) -> None:
        with (folder / "huge.bin").open("wb") as file:
            file.truncate(2**30)
        os.utime(folder / "huge.bin", (10**9, 10**9))  # the content of a new file would be hashed
        application = StaticApplication(folder)
        is_closed = threading.Event()

        def noting(environ: Any, start_response: Any) -> Any:
            return ClosingIterator(application(environ, start_response), is_closed.set)

        with serve(noting) as server:
            with socket.create_connection((HOST, server.port), timeout=10) as connection:
                connection.sendall(b"GET /huge.bin HTTP/1.0\r\n\r\n")
                assert connection.recv(100).startswith(b"HTTP/1.1 200")
                assert open_files_below(folder) != []
            assert is_closed.wait(10)
        assert open_files_below(folder) == []

    def test_a_file_that_grows_keeps_to_its_content_length(self, folder: Path) -> None:
        body, _, headers = run_wsgi_app(StaticApplication(folder), create_environ(path="/site.css"))
        with (folder / "site.css").open("ab") as file:
            file.write(b"more")
        content = b"".join(body)
        assert (content, headers["Content-Length"]) == (CSS, str(len(CSS)))

    def test_headers_and_body_are_of_one_version_of_a_changing_file(
        self, client: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real_open = os.open

        def change_then_open(path: str, *arguments: Any, **options: Any) -> int:
            if path.endswith("site.css"):
                write(folder / "new", b"new content", MODIFIED + 9).rename(folder / "site.css")
            return real_open(path, *arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(os, "open", change_then_open)
            response = client.get("/static/site.css")
        assert response.data == b"new content"
        assert response.headers["Content-Length"] == "11"
        assert response.headers["ETag"] == client.get("/static/site.css").headers["ETag"]


class TestConstruction:
    def test_a_missing_folder_is_named(self, folder: Path) -> None:
        message = (
            f"No such folder to serve files from: {str(folder / 'none')!r}, "
            f"{str(folder / 'site.css')!r}. "
            "Create it, or pass check_paths=False to respond 404 until it exists."
        )
        with pytest.raises(ValueError, match=exactly(message)):
            StaticApplication([folder, folder / "none", folder / "site.css"])

    def test_a_missing_folder_can_be_created_later(self, folder: Path) -> None:
        client = StaticApplication(folder / "later", check_paths=False).get_local_client()
        assert client.get("/a.txt").status_code == 404
        write(folder / "later" / "a.txt", b"there")
        assert client.get("/a.txt").data == b"there"

    def test_no_folder_is_refused(self) -> None:
        message = "search_paths is empty. Pass at least one folder."
        with pytest.raises(ValueError, match=exactly(message)):
            StaticApplication([])

    def test_a_relative_path_is_resolved_at_construction(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(folder.parent)
        application = StaticApplication("assets")
        monkeypatch.chdir("/")
        assert application.search_paths == (str(folder),)
        assert application.get_local_client().get("/site.css").data == CSS

    @pytest.mark.parametrize("prefix", ["/", "/s", "/s/", "/a/b/"])
    def test_any_prefix_works(self, folder: Path, prefix: str) -> None:
        client = Application([(prefix, StaticApplication(folder))]).get_local_client()
        assert client.get(f"{prefix.rstrip('/')}/img/logo.svg").data == b"<svg/>"


class TestStaticFileRoute:
    def test_one_file_is_served(self, folder: Path) -> None:
        client = client_of(Application([StaticFileRoute("/style", folder / "site.css")]))
        response = client.get("/style")
        assert (response.data, response.content_type) == (CSS, "text/css; charset=utf-8")
        assert client.get("/style/site.css").status_code == 404
        assert client.post("/style").status_code == 405

    def test_conditions_ranges_and_codings_work(self, compressed: Path) -> None:
        client = client_of(Application([StaticFileRoute("/style", compressed / "site.css")]))
        tag = client.get("/style").headers["ETag"]
        assert client.get("/style", headers={"If-None-Match": tag}).status_code == 304
        assert client.get("/style", headers={"Range": "bytes=0-3"}).data == CSS[:4]
        assert client.get("/style", headers={"Accept-Encoding": "br"}).data == b"brotli"

    def test_a_link_may_lead_anywhere(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "link.css").symlink_to(folder / "site.css")
        client = client_of(Application([StaticFileRoute("/style", tmp_path / "link.css")]))
        assert client.get("/style").data == CSS

    def test_the_media_type_can_be_given(self, folder: Path) -> None:
        write(folder / "LICENSE.rst", b"MIT")
        route = StaticFileRoute("/l", folder / "LICENSE.rst", mimetype="text/plain")
        response = client_of(Application([route])).get("/l")
        assert response.content_type == "text/plain; charset=utf-8"

    def test_the_cache_timeout_can_be_set(self, folder: Path) -> None:
        route = StaticFileRoute("/l", folder / "site.css", cache_timeout=60)
        response = client_of(Application([route])).get("/l")
        assert response.headers["Cache-Control"] == "public, max-age=60"

    def test_a_missing_file_is_named(self, folder: Path) -> None:
        message = (
            f"There is no file {str(folder / 'none.ico')!r} to serve at '/favicon.ico'. "
            "Create it, or pass check_file=False to respond 404 until it exists."
        )
        with pytest.raises(ValueError, match=exactly(message)):
            StaticFileRoute("/favicon.ico", folder / "none.ico")

    def test_a_missing_file_can_be_created_later(self, folder: Path) -> None:
        route = StaticFileRoute("/l", folder / "later.css", check_file=False)
        client = client_of(Application([route]))
        assert client.get("/l").status_code == 404
        write(folder / "later.css", CSS)
        assert client.get("/l").data == CSS

    def test_an_unreadable_file_is_a_non_breaking_error(
        self, folder: Path, fail_to_open: Callable[[str, int], None]
    ) -> None:
        route = StaticFileRoute("/l", folder / "site.css")
        fail_to_open("site.css", errno.EACCES)
        assert client_of(Application([route])).get("/l").status_code == 403
        fallback = Application([route, ("/l", lambda: Response("fallback"))])
        assert client_of(fallback).get("/l").data == b"fallback"


@pytest.fixture(scope="module")
def any_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("files")
    write(folder / "a.txt", b"0123456789")
    write(folder / "a.txt.gz", gzip.compress(b"0123456789"))
    (folder.parent / "secret.txt").write_bytes(b"secret")
    yield Application([("/", StaticApplication(folder))]).get_local_client()
    assert stat.S_ISREG((folder.parent / "secret.txt").stat().st_mode)


HEADER = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=60)


@given(accept=HEADER, ranges=HEADER, tag=HEADER, date=HEADER)
def test_any_headers_get_a_valid_status(
    any_client: Client, accept: str, ranges: str, tag: str, date: str
) -> None:
    headers = {
        "Accept-Encoding": accept,
        "Range": f"bytes={ranges}",
        "If-None-Match": tag,
        "If-Range": date,
        "If-Modified-Since": date,
    }
    assert any_client.get("/a.txt", headers=headers).status_code in (200, 206, 304, 416)


@given(
    st.lists(
        st.sampled_from(["..", ".", "a.txt", "secret.txt", "", "\\", "\0", "%", "C:"]) | st.text(),
        max_size=6,
    )
)
def test_no_path_leads_out_of_the_folder(any_client: Client, names: list[str]) -> None:
    environ = create_environ()
    path = "/" + "/".join(names)
    environ["PATH_INFO"] = path.encode("utf-8", "surrogatepass").decode("latin-1")
    body, status, _ = run_wsgi_app(any_client.application, environ, buffered=True)
    assert status[:3] in ("200", "302", "400", "403", "404")
    assert b"".join(body) != b"secret"
