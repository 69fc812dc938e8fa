"""Test responses that send a file from an endpoint."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import category
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header
from werkzeug.test import Client, create_environ

from clastic import GET, Application, FileResponse, Response
from clastic.middleware import GzipMiddleware, HTTPCacheMiddleware
from clastic.middleware.stats import StatsMiddleware
from clastic.static.file_response import content_disposition

CONTENT = b"0123456789" * 30
MODIFIED = 1_700_000_000
TAG = f'"{MODIFIED * 10**9:x}-{len(CONTENT):x}"'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "data.txt"
    path.write_bytes(CONTENT)
    os.utime(path, (MODIFIED, MODIFIED))
    return path


def client_of(endpoint: Callable[[], Any], **options: Any) -> Client:
    return Application([GET("/", endpoint)], **options).get_local_client()


def changed(response: FileResponse) -> FileResponse:
    response.headers["X-A"] = "a"
    response.set_cookie("a", "b")
    return response


def test_a_file_is_sent_with_its_length_type_and_validators(path: Path) -> None:
    response = client_of(lambda: FileResponse(path)).get("/")
    assert response.data == CONTENT
    assert dict(response.headers) == {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-cache",
        "Content-Length": "300",
        "Content-Type": "text/plain; charset=utf-8",
        "ETag": TAG,
        "Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT",
        "X-Content-Type-Options": "nosniff",
    }


@pytest.mark.parametrize("change", [lambda response: response, changed], ids=["new", "changed"])
@pytest.mark.parametrize(
    ("method", "headers", "status", "body"),
    [
        ("GET", {}, 200, CONTENT),
        ("HEAD", {}, 200, b""),
        ("GET", {"Range": "bytes=1-3"}, 206, b"123"),
        ("GET", {"Range": "bytes=-2"}, 206, b"89"),
        ("GET", {"Range": "bytes=1-3", "If-Range": TAG}, 206, b"123"),
        ("GET", {"Range": "bytes=1-3", "If-Range": '"other"'}, 200, CONTENT),
        ("HEAD", {"Range": "bytes=1-3"}, 200, b""),
        ("GET", {"If-None-Match": TAG}, 304, b""),
        ("HEAD", {"If-None-Match": TAG}, 304, b""),
        ("GET", {"If-None-Match": '"other"'}, 200, CONTENT),
        ("GET", {"If-Modified-Since": "Tue, 14 Nov 2023 22:13:20 GMT"}, 304, b""),
    ],
)
def test_conditions_and_ranges_are_handled(
    path: Path, change: Any, method: str, headers: dict[str, str], status: int, body: bytes
) -> None:
    client = client_of(lambda: change(FileResponse(path)))
    response = client.open("/", method=method, headers=headers)
    assert (response.status_code, response.data) == (status, body)
    assert ("X-A" in response.headers) is (change is changed)
    assert ("Content-Length" in response.headers) is (status != 304)
    if status == 206:
        assert response.content_length == len(body)
        assert response.headers["Content-Range"].endswith("/300")


@pytest.mark.parametrize("change", [lambda response: response, changed])
def test_a_range_beyond_the_end_is_a_416(path: Path, change: Any) -> None:
    client = client_of(lambda: change(FileResponse(path)))
    response = client.get("/", headers={"Range": "bytes=300-"})
    assert response.status_code == 416
    assert response.headers["Content-Range"] == "bytes */300"


def test_middlewares_can_change_it(path: Path) -> None:
    middlewares = [HTTPCacheMiddleware(max_age=5), StatsMiddleware(), GzipMiddleware(min_size=1)]
    client = client_of(lambda: FileResponse(path), middlewares=middlewares)
    assert client.get("/").data == CONTENT
    assert client.get("/", headers={"Range": "bytes=1-3"}).data == b"123"
    assert client.get("/", headers={"If-None-Match": TAG}).status_code == 304
    packed = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert (packed.headers["Content-Encoding"], packed.headers["ETag"]) == ("gzip", f"W/{TAG}")


def test_another_body_or_status_is_sent_in_its_place(path: Path) -> None:
    def replaced() -> FileResponse:
        response = FileResponse(path)
        response.data = b"other"
        return response

    def created() -> FileResponse:
        response = FileResponse(path)
        response.status_code = 201
        return response

    assert client_of(replaced).get("/", headers={"Range": "bytes=0-1"}).data == b"other"
    response = client_of(created).get("/", headers={"Range": "bytes=0-1"})
    assert (response.status_code, response.data) == (201, CONTENT)


def test_one_response_can_be_sent_many_times(path: Path) -> None:
    for response in (FileResponse(path), changed(FileResponse(path))):
        client = client_of(lambda response=response: response)
        for _ in range(3):
            assert client.get("/").data == CONTENT


def test_the_server_gets_the_file_in_its_wrapper(path: Path) -> None:
    class Wrapped:
        def __init__(self, file: Any, size: int) -> None:
            self.descriptor = file.fileno()
            self.close = file.close

    environ = {**create_environ(), "wsgi.file_wrapper": Wrapped}
    body: Any = FileResponse(path)(environ, lambda status, headers, exc_info=None: print)
    assert os.read(body.descriptor, 3) == b"012"
    body.close()


def test_functions_are_called_when_it_is_closed(path: Path) -> None:
    closed = []
    response = FileResponse(path)
    response.call_on_close(lambda: closed.append(True))
    with client_of(lambda: response).get("/") as received:
        assert received.data == CONTENT
    assert closed == [True]


@pytest.mark.parametrize(
    ("name", "error"),
    [("none", FileNotFoundError), ("", IsADirectoryError), ("fifo", FileNotFoundError)],
)
def test_a_path_without_a_file_is_refused(tmp_path: Path, name: str, error: Any) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(error) as raised:
        FileResponse(tmp_path / name)
    assert raised.value.filename == str(tmp_path / name)


def test_a_file_that_cannot_be_read_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied", name)

    monkeypatch.setattr("clastic.static.file_response.os.open", refuse)
    with pytest.raises(PermissionError, match=r"data\.txt"):
        FileResponse(path)


def test_a_file_that_is_removed_before_it_is_sent_is_a_500_in_the_log(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def endpoint() -> Response:
        response = FileResponse(path)
        path.unlink()
        return response

    assert client_of(endpoint).get("/").status_code == 500
    assert "The file cannot be sent: [Errno 2]" in caplog.text


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("report.pdf", 'attachment; filename="report.pdf"'),
        ("a b; c='d'.txt", "attachment; filename=\"a b; c='d'.txt\""),
        ("Zoë.txt", "attachment; filename=\"Zoe.txt\"; filename*=UTF-8''Zo%C3%AB.txt"),
        ("中.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%E4%B8%AD.txt"),
        ('a"b.txt', "attachment; filename=\"a_b.txt\"; filename*=UTF-8''a%22b.txt"),
        ("5%20.txt", "attachment; filename=\"5_20.txt\"; filename*=UTF-8''5%2520.txt"),
        ("../a\\b", 'attachment; filename=".._a_b"'),
        ("a\r\nX: y", 'attachment; filename="a__X: y"'),
        ("\ud800.txt", 'attachment; filename="_.txt"'),
    ],
)
def test_a_name_is_sent_as_browsers_read_it(path: Path, name: str, sent: str) -> None:
    response = client_of(lambda: FileResponse(path, name)).get("/")
    assert response.headers["Content-Disposition"] == sent


@given(st.text(st.characters(), min_size=1))
def test_any_name_arrives(name: str) -> None:
    if not name.strip():
        return
    sent = content_disposition(name)
    assert sent.isascii()
    assert sent.isprintable()
    kind, options = parse_options_header(sent)
    assert kind == "attachment"
    expected = re.sub(r"[/\\]", "_", name)
    expected = re.sub(r"[/\\]", "_", name)
    expected = "".join("_" if category(char) in ("Cc", "Cs") else char for char in expected)
    encoded = sent.rpartition("UTF-8''")[2]
    assert (unquote(encoded) if "filename*=" in sent else options["filename"]) == expected


def test_the_type_is_that_of_the_download_name_or_as_given(path: Path) -> None:
    assert FileResponse(path, "a.css").mimetype == "text/css"
    assert FileResponse(path, media_type="text/csv").content_type == "text/csv; charset=utf-8"
    shown = FileResponse(path, "a.pdf", inline=True).headers["Content-Disposition"]
    assert shown == 'inline; filename="a.pdf"'


@pytest.mark.parametrize("options", [{"download_name": " "}, {"media_type": "text/中"}])
def test_a_name_or_type_that_cannot_be_sent_is_refused(path: Path, options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"empty|no server"):
        FileResponse(path, **options)  # type: ignore[arg-type]
