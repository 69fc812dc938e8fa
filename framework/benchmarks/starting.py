"""Start `hello` in this new process, and print the times to the first response as JSON.

    python framework/benchmarks/starting.py clastic

Almost nothing is imported before the measurement, so that it includes all imports of a framework.
"""

import io
import sys
from time import perf_counter

HERE = __file__.rpartition("/")[0] or "."
APPS = {
    "clastic": (f"{HERE}/../../apps/hello", "hello"),
    "falcon": (f"{HERE}/starts", "hello_falcon"),
    "flask": (f"{HERE}/starts", "hello_flask"),
}
"""The folder and module of `hello`, by framework."""


def main(framework: str) -> None:
    """Import a framework, create the app and send a request."""
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_ACCEPT": "*/*",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    sys.path[0], module = APPS[framework]
    started = perf_counter()
    __import__(framework)
    imported = perf_counter()
    application = __import__(module).create_app()
    body = b"".join(application(environ, lambda status, headers, exc_info=None: None))
    responded = perf_counter()
    if body != b"Hello, world!\n":
        sys.exit(f"Wrong response from {framework}: {body!r}")
    imports, responses = imported - started, responded - started
    print(f'{{"times": {{"start-import": [{imports}], "start-response": [{responses}]}}}}')


if __name__ == "__main__":
    main(sys.argv[1])
