"""Serve a small application by an adapter: NAME PORT WORKERS THREADS PROXIES FOLDER [validate]."""

import os
import sys
import time
from pathlib import Path
from wsgiref.validate import validator

from clastic import GET, POST, Application, FileResponse, Response, managed, redirect
from clastic.adapters import ServerOptions, get_adapter
from clastic.middleware.cookie import SignedCookieMiddleware


def log_in(request, cookie):
    cookie["user"] = request.form["name"]
    return redirect("/user")


def show_user(cookie):
    return Response(f"Hello, {cookie.get('user', 'stranger')}!")


def receive(request):
    return Response(str(len(request.files["upload"].read())))


def stream(folder):
    """Send bytes, and the rest when the test creates a file."""

    def blocks():
        yield b"first "
        deadline = time.monotonic() + 10
        while not (folder / "continue").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        yield b"second"

    return Response(blocks())


def count():
    """Send ten numbers within half a second."""

    def blocks():
        for number in range(10):
            yield b"%d " % number
            time.sleep(0.05)

    return Response(blocks())


def open_log(folder):
    with (folder / "events").open("a", buffering=1) as log:
        log.write(f"{os.getpid()} opened\n")
        yield log
        log.write(f"{os.getpid()} closed\n")


def use_log(log):
    return Response(str(os.getpid()))


def create_app(folder):
    return Application(
        [
            GET("/", lambda request: Response(request.url)),
            POST("/login", log_in),
            GET("/user", show_user),
            POST("/upload", receive),
            GET("/stream", stream),
            GET("/count", count),
            GET("/file", lambda: FileResponse(__file__)),
            GET("/log", use_log),
        ],
        resources={"folder": folder, "log": managed(open_log)},
        middlewares=[SignedCookieMiddleware(secret_key="a key for tests only")],
    )


def main(name, port, workers, threads, proxies, folder, *flags):
    adapter = get_adapter(name)
    adapter.prepare()
    app = create_app(Path(folder))
    options = ServerOptions(
        f"127.0.0.1:{port}", int(workers) or None, int(threads) or None, int(proxies)
    )
    adapter.run(validator(app) if "validate" in flags else app, options)


if __name__ == "__main__":
    main(*sys.argv[1:])
