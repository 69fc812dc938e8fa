"""Bad and large bodies get a response from every server, and nothing is logged as an error."""

from __future__ import annotations

import socket
import struct
import sys
import textwrap
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from clastic.testing import Server, ServerProcess, serve_process

pytestmark = pytest.mark.usefixtures("without_coverage")

APPLICATION = """
    from clastic import GET, POST, Application, Limits, Response

    def count(request):
        return Response(str(len(request.get_data())))

    application = Application(
        [
            GET("/", lambda: Response("ok")),
            POST("/data", count),
            POST("/form", lambda request: Response(repr(request.form.to_dict()))),
            POST("/large", count, limits=Limits(body=None)),
        ]
    )

    if __name__ == "__main__":
        import sys

        application.serve(port=int(sys.argv[1]), use_reloader=False)
"""
COMMANDS = {
    "the development server": ["served.py", "{port}"],
    "gunicorn": ["-m", "gunicorn", "--threads=2", "--bind=127.0.0.1:{port}", "served:application"],
    "waitress": ["-m", "waitress", "--listen=127.0.0.1:{port}", "served:application"],
}
HEAD = (
    b"POST /form HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
)
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
ANNOUNCED = HEAD + b"Content-Length: 60\r\n\r\n"


@pytest.fixture(scope="module", params=COMMANDS)
def served(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server in a process of its own."""
    command = COMMANDS[request.param]
    if command[0] == "-m":
        pytest.importorskip(command[1])
    folder: Path = tmp_path_factory.mktemp("served")
    (folder / "served.py").write_text(textwrap.dedent(APPLICATION))
    home = {"HOME": str(folder), "PYTHONPATH": None}
    with serve_process([sys.executable, *command], folder=folder, environment=home) as server:
        yield server
        assert "Traceback" not in server.output
        assert "rror id" not in server.output


def send(server: Server, request: bytes) -> bytes:
    """Send a request and the end of the connection; return everything that is received."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_a_body_in_chunks_is_read(served: ServerProcess) -> None:
    assert send(served, CHUNKED + b"3\r\na=1\r\n4\r\n&b=2\r\n0\r\n\r\n").endswith(
        b"{'a': '1', 'b': '2'}"
    )


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(CHUNKED + b"zz\r\na=1\r\n0\r\n\r\n", id="a chunk size that is no number"),
        pytest.param(CHUNKED + b"3\r\na=1xx\r\n0\r\n\r\n", id="a chunk without its end"),
        pytest.param(CHUNKED + b"30\r\na=1", id="a chunk that ends early"),
        pytest.param(ANNOUNCED + b"a=1", id="a body that ends early"),
    ],
)
def test_a_malformed_or_unfinished_body_is_a_400_or_closed(
    served: ServerProcess, request_bytes: bytes
) -> None:
    response = send(served, request_bytes)
    assert response == b"" or response.split(b" ")[1] == b"400"
    assert served.get("/").status == 200


@pytest.mark.parametrize(
    "start",
    [CHUNKED + b"30\r\na=1", ANNOUNCED + b"a=1"],
    ids=["in a chunk", "in a body with a length"],
)
def test_a_client_that_resets_the_connection_is_no_error(
    served: ServerProcess, start: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(start)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert served.get("/").status == 200


@pytest.mark.parametrize("path", ["/data", "/form"])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_over_the_limit_is_a_413(served: ServerProcess, path: str, is_chunked: bool) -> None:
    size = 4 * 1024 * 1024 + 1
    connection = HTTPConnection("127.0.0.1", served.port, timeout=20)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body: Any = iter([b"x" * 65_536] * (size // 65_536 + 1)) if is_chunked else b"x" * size
    try:
        connection.request("POST", path, body, headers, encode_chunked=is_chunked)
        status = connection.getresponse().status
    except ConnectionError:
        # The input of Gunicorn cannot be read in time, so it is not read on.
        assert "gunicorn" in str(served.process.args)
        status = 413
    finally:
        connection.close()
    assert status == 413
    assert served.request("POST", "/large", b"x" * size).text == str(size)
