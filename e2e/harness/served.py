"""Serve programs and applications from tests."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

READY_SECONDS = 30.0
END_SECONDS = 10.0
ADDRESS = re.compile(r"^ \* \S+: (http://\S+)", re.MULTILINE)


@contextmanager
def served_program(script: Path, log: Path, *options: str) -> Iterator[str]:
    """Run a program that calls ``app.serve()`` inside a ``with`` block; yield its URL.

    :param script: the program, which runs in its own folder
    :param log: the file for its output
    :param options: more options of the development server
    """
    command = [sys.executable, "-u", script.name, "--port", "0", *options]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=script.parent, stdout=output, stderr=output)
    try:
        yield _wait_for_address(process, script, log)
    finally:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_address(process: subprocess.Popen[bytes], script: Path, log: Path) -> str:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        printed = log.read_text()
        if found := ADDRESS.search(printed):
            return found[1]
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"{script.name} printed no URL. Its output:\n{printed}")
        time.sleep(0.05)


@contextmanager
def served_application(application: WSGIApplication) -> Iterator[str]:
    """Serve a WSGI application in a thread inside a ``with`` block; yield its URL."""
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(END_SECONDS)
