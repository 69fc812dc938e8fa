"""Test the response type of files: how it is sent, and that it is like any other response."""

from __future__ import annotations

import io
import os
from copy import copy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.test import create_environ, run_wsgi_app
from werkzeug.wrappers import Response as BaseResponse

from clastic.http import Response
from clastic.static.responses import StaticFileResponse, Validators

FIELDS = (("ETag", '"a"'), ("Content-Length", "5"), ("Content-Type", "text/css"))


class Body(io.BytesIO):
    """The iterable that a server makes for an open file."""


def make(status: int = 200) -> StaticFileResponse:
    return StaticFileResponse(Body(b"first"), status, FIELDS)


def theirs(status: int = 200) -> BaseResponse:
    return BaseResponse(Body(b"first"), status, FIELDS, direct_passthrough=True)


def serve(response: BaseResponse, method: str = "GET") -> tuple[str, list[Any], bytes]:
    chunks, status, headers = run_wsgi_app(response, create_environ(method=method))
    return status, list(headers), b"".join(chunks)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", [200, 206])
def test_it_sends_what_werkzeug_sends(status, method):
    assert serve(make(status), method) == serve(theirs(status), method)


def test_the_server_gets_its_own_iterable():
    body = Body(b"first")
    response = StaticFileResponse(body, 200, FIELDS)
    assert response(create_environ(), lambda status, headers: None) is body


def test_headers_are_not_made_before_they_are_read():
    response = make()
    serve(response)
    assert "headers" not in vars(response)


@pytest.mark.parametrize(
    "name",
    [
        *("status", "status_code", "headers", "content_type", "content_length", "is_streamed"),
        *("direct_passthrough", "is_sequence", "cache_control", "mimetype_params"),
    ],
)
def test_its_attributes_are_those_of_any_response(name):
    assert getattr(make(), name) == getattr(theirs(), name)


CHANGES = {
    "a header": lambda response: response.headers.add("X-A", "1"),
    "all headers": lambda response: setattr(response, "headers", response.headers.copy()),
    "the status": lambda response: setattr(response, "status", "404 Gone astray"),
    "the status code": lambda response: setattr(response, "status_code", 410),
    "the body": lambda response: setattr(response, "data", b"other"),
    "the iterable": lambda response: setattr(response, "response", [b"other"]),
    "a cookie": lambda response: response.set_cookie("a", "b"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_changes_are_sent(change):
    ours, other = make(), theirs()
    change(ours)
    change(other)
    assert serve(ours) == serve(other)
    assert serve(make()) != serve(other)


def test_a_copy_has_its_own_headers():
    response = make()
    other = copy(response)
    other.headers["X-A"] = "1"
    assert "X-A" not in response.headers


def test_call_on_close_works():
    ran = []
    response = make()
    response.call_on_close(lambda: ran.append(True))
    response.close()
    assert (ran, response.response.closed) == ([True], True)


def test_it_is_a_clastic_response():
    assert isinstance(make(), Response)


@pytest.mark.parametrize("name", ["nonexistent", "_nonexistent", "__nonexistent__"])
def test_it_has_no_unknown_attributes(name):
    with pytest.raises(
        AttributeError, match=f"'StaticFileResponse' object has no attribute '{name}'"
    ):
        getattr(make(), name)


class TestValidators:
    NOW = 1_700_000_000.0

    @pytest.fixture
    def validators(self) -> Validators:
        return Validators(lambda: self.NOW)

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "file"
        path.write_bytes(b"first")
        return path

    def read(self, validators: Validators, path: Path, time: float, **changes: Any) -> Any:
        """Return the validators of a file with the given times."""
        os.utime(path, (time, time))
        with path.open("rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            fields = {name: getattr(status, name) for name in dir(status) if name.startswith("st_")}
            made = validators.of(file, SimpleNamespace(**{**fields, **changes}), "")
            assert file.read() == path.read_bytes()
            return made

    @pytest.mark.parametrize(
        ("time", "is_hash"),
        [
            pytest.param(0, True, id="the beginning of 1970"),
            pytest.param(1, True, id="of a reproducible archive"),
            pytest.param(315_532_799, True, id="the end of 1979"),
            pytest.param(315_532_800, False, id="the beginning of 1980"),
            pytest.param(NOW - 2, False, id="two seconds ago"),
            pytest.param(NOW - 1.9, True, id="less than two seconds ago"),
            pytest.param(NOW, True, id="now"),
            pytest.param(NOW + 9, True, id="in the future"),
        ],
    )
    def test_a_time_that_does_not_tell_contents_apart_is_not_used(
        self, validators: Validators, path: Path, time: float, is_hash: bool
    ) -> None:
        before, last_modified = self.read(validators, path, time)
        path.write_bytes(b"other")
        after, _ = self.read(validators, path, time)
        assert (before != after) is is_hash
        assert (last_modified is None) is is_hash

    def test_copies_have_one_tag(self, validators: Validators, path: Path, tmp_path: Path) -> None:
        (tmp_path / "copy").write_bytes(b"first")
        for time in (1, 1_500_000_000):
            tags = {self.read(Validators(), each, time) for each in (path, tmp_path / "copy")}
            assert len(tags) == 1

    @pytest.mark.parametrize("name", ["st_ino", "st_dev", "st_size", "st_mtime_ns", "st_ctime_ns"])
    def test_a_hash_is_kept_until_the_file_changes(
        self, validators: Validators, path: Path, name: str
    ) -> None:
        old = {"st_ctime": 1, "st_ctime_ns": 1, "st_mtime_ns": 1}
        tag = self.read(validators, path, 1, **old)
        path.write_bytes(b"other")
        assert self.read(validators, path, 1, **old) == tag
        assert self.read(validators, path, 1, **{**old, name: 7}) != tag

    def test_the_hash_of_a_file_that_has_just_changed_is_not_kept(
        self, validators: Validators, path: Path
    ) -> None:
        new = {"st_ctime": self.NOW, "st_ctime_ns": 1}
        tag = self.read(validators, path, 1, **new)
        path.write_bytes(b"other")
        assert self.read(validators, path, 1, **new) != tag

    def test_a_bounded_number_of_hashes_is_kept(self, validators: Validators, path: Path) -> None:
        for number in range(3_000):
            self.read(validators, path, 1, st_ctime=1, st_ctime_ns=number)
        assert len(validators._hashes) <= 1024
