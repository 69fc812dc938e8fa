"""Test what ``serve()`` serves, and how it runs in this process."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from werkzeug.debug import DebuggedApplication
from werkzeug.middleware.lint import HTTPWarning, WSGIWarning
from werkzeug.test import Client, create_environ, run_wsgi_app

from clastic.application import Application
from clastic.errors import ErrorHandler, HTTPException, NotFound
from clastic.http import Request, Response, redirect
from clastic.middleware import Middleware
from clastic.render import AshesRenderFactory
from clastic.route import GET, POST
from clastic.server import serve
from clastic.server.options import ServerOptions
from clastic.server.serve import assemble, template_files
from clastic.testing import free_port

BARE = ServerOptions(
    address="127.0.0.1",
    port=5000,
    use_meta=False,
    use_lint=False,
    use_reloader=False,
    use_debugger=False,
    use_static=False,
    static_prefix="static",
    static_path=None,
    processes=None,
)


BROWSER = {"Accept": "text/html,application/xhtml+xml"}


class Mistake(Exception):
    pass


def raise_miss() -> Response:
    raise NotFound


def fail() -> Response:
    raise Mistake("what happened")


def stream() -> Response:
    def blocks() -> Iterator[bytes]:
        yield b"one "
        yield b"two"

    return Response(blocks())


class TeapotHandler(ErrorHandler):
    def render_error(self, request: Any, _error: HTTPException, **others: Any) -> Response:
        return Response(f"teapot: {_error.code}", status=418)


@pytest.fixture
def application() -> Application:
    routes = [
        ("/", lambda: Response("hello")),
        ("/fail", fail),
        ("/stream", stream),
        ("/old", lambda: redirect("new")),
        ("/empty", lambda: Response(status=204)),
        GET("/static/page", lambda: Response("page")),
        POST("/static/upload", lambda request: Response(request.get_data())),
    ]
    return Application(routes)


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "site.css").write_bytes(b"css")
    (folder / "upload").write_bytes(b"file")
    (folder / "page").write_bytes(b"file")
    return folder


class TestStatic:
    @pytest.fixture
    def client(self, application: Application, assets: Path) -> Client:
        options = replace(BARE, use_static=True, static_path=str(assets))
        return Client(assemble(application, options))

    @pytest.mark.parametrize(
        ("method", "path", "status", "body"),
        [
            pytest.param("GET", "/static/site.css", 200, b"css", id="a file"),
            pytest.param("HEAD", "/static/site.css", 200, b"", id="the head of a file"),
            pytest.param("GET", "/static/page", 200, b"file", id="a file before a route"),
            pytest.param("POST", "/static/upload", 200, b"sent", id="another method"),
            pytest.param("GET", "/", 200, b"hello", id="another path"),
            pytest.param("GET", "/static/none", 404, None, id="no file and no route"),
            pytest.param("GET", "/static/site.css/", 404, None, id="a file is not a folder"),
            pytest.param("GET", "/static//site.css", 404, None, id="repeated slashes"),
            pytest.param("GET", "/statics/site.css", 404, None, id="a longer prefix"),
            pytest.param("GET", "/static/../secret", 404, None, id="outside the folder"),
        ],
    )
    def test_only_reads_of_existing_files_get_a_static_file(
        self, client: Client, method: str, path: str, status: int, body: bytes | None
    ) -> None:
        response = client.open(path, method=method, data=b"sent" if method == "POST" else None)
        assert response.status_code == status
        assert body in (None, response.data)

    def test_an_empty_prefix_serves_the_files_at_the_root(
        self, application: Application, assets: Path
    ) -> None:
        options = replace(BARE, use_static=True, static_path=str(assets), static_prefix="")
        client = Client(assemble(application, options))
        bodies = [client.get(path).data for path in ("/site.css", "/")]
        assert bodies == [b"css", b"hello"]

    def test_a_path_that_is_not_utf8_is_left_to_the_application(
        self, client: Client, application: Application
    ) -> None:
        environ = create_environ()
        environ["PATH_INFO"] = "/static/\xff"
        assert run_wsgi_app(client.application, environ)[1].startswith("400")

    def test_conditional_and_range_requests_of_static_files_work(self, client: Client) -> None:
        tag = client.get("/static/site.css").headers["ETag"]
        headers = {"If-None-Match": tag}
        assert client.get("/static/site.css", headers=headers).status_code == 304
        headers = {"Range": "bytes=9-"}
        assert client.get("/static/site.css", headers=headers).status_code == 416

    @pytest.mark.parametrize("prefix", ["assets/v1", "/assets/v1/"])
    def test_the_prefix_can_be_set(
        self, application: Application, assets: Path, prefix: str
    ) -> None:
        options = replace(BARE, use_static=True, static_path=str(assets), static_prefix=prefix)
        client = Client(assemble(application, options))
        assert client.get("/assets/v1/site.css").data == b"css"
        assert client.get("/static/page").data == b"page"

    def test_an_empty_prefix_serves_from_the_top(
        self, application: Application, assets: Path
    ) -> None:
        options = replace(BARE, use_static=True, static_path=str(assets), static_prefix="/")
        client = Client(assemble(application, options))
        assert client.get("/site.css").data == b"css"
        assert client.get("/").data == b"hello"

    @pytest.mark.parametrize(
        ("use_static", "status"),
        [
            pytest.param(True, 200, id="served by default"),
            pytest.param(False, 404, id="turned off"),
        ],
    )
    def test_the_folder_beside_the_program_is_served_by_default(
        self,
        application: Application,
        assets: Path,
        monkeypatch: pytest.MonkeyPatch,
        use_static: bool,
        status: int,
    ) -> None:
        module = ModuleType("__main__")
        module.__file__ = str(assets.parent / "hello.py")
        monkeypatch.setitem(sys.modules, "__main__", module)
        client = Client(assemble(application, replace(BARE, use_static=use_static)))
        assert client.get("/static/site.css").status_code == status

    def test_a_given_folder_is_not_served_if_turned_off(
        self, application: Application, assets: Path
    ) -> None:
        client = Client(assemble(application, replace(BARE, static_path=str(assets))))
        assert client.get("/static/site.css").status_code == 404


class TestDebugger:
    OPTIONS = replace(BARE, use_debugger=True)

    def test_the_debugger_shows_uncaught_exceptions(self, application: Application) -> None:
        response = Client(assemble(application, self.OPTIONS)).get("/fail", headers=BROWSER)
        assert response.status_code == 500
        assert "Mistake: what happened" in response.text
        assert "Werkzeug Debugger" in response.text

    def test_other_clients_get_the_exception_and_its_place_as_short_text(
        self, application: Application
    ) -> None:
        response = Client(assemble(application, self.OPTIONS)).get("/fail")
        assert (response.status_code, response.mimetype) == (500, "text/plain")
        assert "Mistake: what happened" in response.text
        assert f"Raised in fail, {os.path.relpath(__file__)}:" in response.text
        assert len(response.data) < 2000

    def test_a_client_of_json_gets_the_exception_in_a_member(
        self, application: Application
    ) -> None:
        client = Client(assemble(application, self.OPTIONS))
        error = client.get("/fail", headers={"Accept": "application/json"}).json
        assert error is not None
        assert (error["code"], error["debug"]["exceptions"][0]["message"]) == (
            500,
            "what happened",
        )

    def test_an_exception_outside_of_the_routes_is_short_text(self) -> None:
        class Failing(Middleware):
            def wsgi_wrapper(self, wsgi_app: Any) -> Any:
                def fail(environ: Any, start_response: Any) -> Any:
                    raise Mistake("what happened")

                return fail

        served = assemble(Application([], middlewares=[Failing()]), self.OPTIONS)
        text = Client(served).get("/").text
        assert re.fullmatch(r"\S*Mistake: what happened\n\S+test_serve\.py:\d+\n", text)

    @pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json"])
    @pytest.mark.parametrize(
        ("method", "path", "shown"),
        [("GET", "/fial", "/fail"), ("POST", "/fail", "/fail"), ("GET", "/raised", "/raised")],
        ids=["404", "405", "a raised 404"],
    )
    def test_a_404_and_a_405_show_the_routes(
        self, application: Application, method: str, path: str, shown: str, accept: str
    ) -> None:
        application = Application([GET("/fail", fail), GET("/raised", raise_miss)])
        client = Client(assemble(application, self.OPTIONS))
        response = client.open(path, method=method, headers={"Accept": accept})
        assert response.status_code in (404, 405)
        assert shown in response.text
        assert "endpoint" in response.text or "Routes, in the order tried" in response.text
        bare = application.get_local_client().open(path, method=method)
        assert "Routes" not in bare.text

    def test_an_application_explains_its_errors_itself(self) -> None:
        def miss() -> Response:
            raise NotFound("no such link")

        response = Client(assemble(Application([("/", miss)]), self.OPTIONS)).get("/")
        assert response.text == "404 Not Found\nno such link\n"

    def test_an_application_renders_its_errors_itself(self) -> None:
        application = Application([], error_handler=TeapotHandler())
        response = Client(assemble(application, self.OPTIONS)).get("/")
        assert (response.status_code, response.data) == (418, b"teapot: 404")

    def test_http_errors_are_left_to_the_error_handler(self) -> None:
        def miss() -> Response:
            raise NotFound("nothing here")

        application = Application([("/", miss)], error_handler=TeapotHandler())
        response = Client(assemble(application, self.OPTIONS)).get("/")
        assert (response.status_code, response.data) == (418, b"teapot: 404")

    @pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.2"])
    def test_other_machines_do_not_get_the_debugger(
        self, application: Application, address: str
    ) -> None:
        served = assemble(application, replace(self.OPTIONS, address=address))
        response = Client(served).get("/fail")
        assert response.status_code == 500
        assert "what happened" not in response.text

    def test_other_machines_get_the_debugger_if_forced(self, application: Application) -> None:
        options = replace(self.OPTIONS, address="0.0.0.0", use_debugger="force")
        client = Client(assemble(application, options))
        assert "Mistake: what happened" in client.get("/fail", headers=BROWSER).text

    @pytest.mark.parametrize(
        ("peer", "headers", "is_shown"),
        [
            ("127.0.0.1", {}, True),
            ("127.1.2.3", {}, True),
            ("::1", {}, True),
            ("::ffff:127.0.0.1", {}, True),
            ("192.168.1.2", {}, False),
            ("::ffff:192.168.1.2", {}, False),
            ("2001:db8::1", {}, False),
            ("", {}, False),
            ("127.0.0.1", {"X-Forwarded-For": "192.168.1.2"}, False),
            ("127.0.0.1", {"Forwarded": "for=192.168.1.2"}, False),
            ("127.0.0.1", {"Via": "1.1 proxy"}, False),
        ],
    )
    def test_debug_pages_are_shown_to_this_machine_only(
        self, peer: str, headers: dict[str, str], is_shown: bool
    ) -> None:
        def fail() -> Response:
            raise ValueError("what happened")

        application = Application([("/fail", fail), ("/place", fail)], debug=True)
        options = replace(self.OPTIONS, address="0.0.0.0")
        shown = {"environ_overrides": {"REMOTE_ADDR": peer}, "headers": headers}
        client = Client(assemble(application, options))
        assert ("what happened" in client.get("/fail", **shown).text) is is_shown
        assert ("/place" in client.get("/nowhere", **shown).text) is is_shown
        forced = Client(assemble(application, replace(options, use_debugger="force")))
        assert "/place" in forced.get("/nowhere", **shown).text

    @pytest.mark.parametrize("address", ["127.0.0.2", "::1"])
    def test_the_console_of_the_debugger_trusts_the_address_of_the_server(
        self, application: Application, address: str
    ) -> None:
        served = assemble(application, replace(self.OPTIONS, address=address))
        assert isinstance(served, DebuggedApplication)
        host = f"[{address}]:5000" if ":" in address else address
        assert served.check_host_trust({"HTTP_HOST": host})
        assert not served.check_host_trust({"HTTP_HOST": "evil.example"})

    @pytest.mark.parametrize(("processes", "has_console"), [(None, True), (1, True), (2, False)])
    def test_the_console_of_the_debugger_needs_one_process(
        self, application: Application, processes: int | None, has_console: bool
    ) -> None:
        served = assemble(application, replace(self.OPTIONS, processes=processes))
        assert isinstance(served, DebuggedApplication)
        assert served.evalex is has_console

    def test_the_application_is_not_modified(self, application: Application) -> None:
        handler, routes = application.error_handler, application.routes
        assemble(application, self.OPTIONS)
        assert application.error_handler is handler
        assert application.routes == routes
        assert handler.reraise_uncaught is False
        assert application.get_local_client().get("/fail").status_code == 500

    def test_routes_that_are_added_later_are_served(self, application: Application) -> None:
        client = Client(assemble(application, self.OPTIONS))
        application.add(("/new", fail))
        assert "Mistake: what happened" in client.get("/new").text


class TestMeta:
    OPTIONS = replace(BARE, use_meta=True)

    def test_meta_describes_the_application(self, application: Application) -> None:
        client = Client(assemble(application, self.OPTIONS))
        here = {"environ_overrides": {"REMOTE_ADDR": "127.0.0.1"}}
        items = client.get("/_meta/json/", **here).json["routes"]["items"]
        patterns = [item["pattern"] for item in items]
        assert patterns == [route.pattern for route in application.routes]
        assert "/static/upload" in client.get("/_meta/", **here).text

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            pytest.param("/_meta", 302, id="without its slash it redirects"),
            pytest.param("/_meta/none", 404, id="it has no other pages"),
            pytest.param("/_metaphor", 404, id="a longer name is not its own"),
            pytest.param("/", 200, id="the rest is the application's"),
        ],
    )
    def test_meta_responds_below_its_prefix_only(
        self, application: Application, path: str, status: int
    ) -> None:
        assert Client(assemble(application, self.OPTIONS)).get(path).status_code == status

    @pytest.mark.parametrize("pattern", ["/_meta", "/_meta/", "/_meta/<page*>"])
    def test_routes_of_the_application_come_first(self, pattern: str) -> None:
        mine = Application([(pattern, lambda: Response("mine"))])
        assert assemble(mine, self.OPTIONS) is mine

    @pytest.mark.parametrize(
        "changes",
        [{"use_meta": False}, {"address": "0.0.0.0"}],
        ids=["turned off", "on the network"],
    )
    def test_meta_is_left_out_if_turned_off_or_on_the_network(
        self, application: Application, changes: dict[str, Any]
    ) -> None:
        client = Client(assemble(application, replace(self.OPTIONS, **changes)))
        assert client.get("/_meta/").status_code == 404


def nothing() -> dict[str, object]:
    return {}


class TestTemplateFiles:
    def render(self, *files: str) -> Any:
        def render(context: object) -> Response:
            return Response()

        render.watched_files = files
        return render

    def test_template_files_of_all_routes_and_of_the_factory_are_found(
        self, tmp_path: Path
    ) -> None:
        def factory(name: str) -> Any:
            return self.render(f"/{name}")

        factory.watched_files = ["/all.html", Path("/all.html")]
        inner = Application([("/c", nothing, "c.html")], render_factory=factory)
        routes = [("/a", nothing, self.render("/a.html")), ("/b", nothing), ("/in", inner)]
        assert template_files(Application(routes)) == {"/a.html", "/all.html", "/c.html"}

    def test_files_that_a_factory_of_clastic_has_loaded_are_found(self, tmp_path: Path) -> None:
        (tmp_path / "home.html").write_text('{>"part.html"/}')
        (tmp_path / "part.html").write_text("part")
        (tmp_path / "other.html").write_text("other")
        loaded = {str(tmp_path / "home.html"), str(tmp_path / "part.html")}
        factory = AshesRenderFactory(tmp_path)
        assert template_files(Application([("/", nothing, "home.html")], {}, [], factory)) == loaded
        assert template_files(Application([("/", nothing, factory("home.html"))])) == loaded


def send_invalid_header() -> Response:
    class Bad(Response):
        def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
            start_response("200 OK", [("ETag", "not quoted"), ("Content-Type", "text/plain")])
            return [b"hello"]

    return Bad()


class TestLint:
    OPTIONS = replace(BARE, use_lint=True)

    @pytest.fixture
    def faulty(self) -> Application:
        return Application([("/", send_invalid_header)])

    def test_lint_warns_about_an_invalid_header(self, faulty: Application) -> None:
        with pytest.warns(HTTPWarning, match="[Uu]nquoted"):
            Client(assemble(faulty, self.OPTIONS)).get("/", buffered=True)

    def test_lint_can_be_turned_off(self, faulty: Application) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            response = Client(assemble(faulty, BARE)).get("/", buffered=True)
        assert response.data == b"hello"

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            pytest.param("GET", "/", b"hello", id="a text"),
            pytest.param("HEAD", "/", b"", id="the head of a text"),
            pytest.param("GET", "/stream", b"one two", id="a stream"),
            pytest.param("GET", "/static/site.css", b"css", id="a file"),
            pytest.param("HEAD", "/static/site.css", b"", id="the head of a file"),
            pytest.param("GET", "/none", None, id="an error"),
            pytest.param("GET", "/old", None, id="a redirect to a path"),
            pytest.param("GET", "/empty", b"", id="a status without a body"),
        ],
    )
    def test_lint_accepts_the_responses_of_clastic(
        self, application: Application, assets: Path, method: str, path: str, body: bytes | None
    ) -> None:
        options = replace(self.OPTIONS, use_static=True, static_path=str(assets))
        with warnings.catch_warnings():
            warnings.simplefilter("error", WSGIWarning)
            warnings.simplefilter("error", HTTPWarning)
            environ = create_environ(path=path, method=method)
            content, _, _ = run_wsgi_app(assemble(application, options), environ, buffered=True)
        assert body in (None, b"".join(content))


def test_with_everything_turned_off_only_the_application_is_served(
    application: Application,
) -> None:
    assert assemble(application, BARE) is application


def test_requests_have_the_type_of_the_application(assets: Path) -> None:
    class MyRequest(Request):
        pass

    class MyApplication(Application):
        request_type = MyRequest

    mine = MyApplication([("/", lambda request: Response(type(request).__name__))])
    options = replace(BARE, use_debugger=True, use_static=True, static_path=str(assets))
    assert Client(assemble(mine, options)).get("/").data == b"MyRequest"


@pytest.fixture
def hello() -> Application:
    return Application([("/", lambda: Response("hello"))])


@pytest.fixture
def visit(
    wait_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., None]:
    """Calls a function that serves in this process, waits for it, then sends a signal."""
    module = ModuleType("__main__")
    module.__file__ = str(tmp_path / "hello.py")
    monkeypatch.setitem(sys.modules, "__main__", module)

    def serve_until_connected(
        serving: Callable[[], None], port: int, number: int, host: str = "127.0.0.1"
    ) -> None:
        is_over = threading.Event()

        def is_served() -> bool:
            with closing(HTTPConnection(host, port, timeout=20)) as connection:
                connection.request("GET", "/")
                return connection.getresponse().read() == b"hello"

        def interrupt() -> None:
            try:
                wait_for("the page", lambda: is_over.is_set() or is_served())
            finally:
                if not is_over.is_set():
                    os.kill(os.getpid(), number)

        visitor = threading.Thread(target=interrupt)
        visitor.start()
        try:
            serving()
        finally:
            is_over.set()
            visitor.join(20)

    return serve_until_connected


QUIET: dict[str, Any] = {
    "use_reloader": False,
    "use_debugger": False,
    "use_static": False,
    "arguments": [],
}


class TestInThisProcess:
    def test_ctrl_c_returns(
        self,
        hello: Application,
        visit: Callable[..., None],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        port = free_port()
        before = signal.getsignal(signal.SIGINT)
        visit(lambda: serve(hello, port=port, **QUIET), port, signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) == before
        assert capsys.readouterr().out == (
            f" * hello: http://127.0.0.1:{port}/ (development server, Ctrl-C ends it)\n"
        )

    @pytest.mark.parametrize("processes", [None, 2], ids=["threads", "processes"])
    def test_sigterm_exits_and_restores_the_handler(
        self, hello: Application, visit: Callable[..., None], processes: int | None
    ) -> None:
        port = free_port()
        before = signal.getsignal(signal.SIGTERM)

        def serving() -> None:
            with pytest.raises(SystemExit) as ended:
                serve(hello, port=port, processes=processes, **QUIET)
            assert ended.value.code == 143

        visit(serving, port, signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) == before

    def test_ctrl_c_before_the_server_is_ready_returns(
        self, hello: Application, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(*arguments: Any, **options: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(socket, "create_server", interrupt)
        assert serve(hello, port=0, **QUIET) is None

    def test_the_method_reads_the_flags_of_the_command_line(
        self, hello: Application, visit: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        port = free_port()
        monkeypatch.setattr(sys, "argv", ["hello.py", "mine", "--port", str(port)])
        options = {**QUIET, "port": 1, "arguments": None}
        visit(lambda: hello.serve(**options), port, signal.SIGINT)

    @pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
    def test_ipv6_addresses_are_served(
        self,
        hello: Application,
        visit: Callable[..., None],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        port = free_port()
        visit(lambda: serve(hello, "::1", port, **QUIET), port, signal.SIGINT, "::1")
        assert f"http://[::1]:{port}/" in capsys.readouterr().out


class TestInAProgram:
    @pytest.mark.parametrize("flags", [["--no-reloader"], []], ids=["alone", "with the reloader"])
    def test_a_program_serves_at_the_address_that_it_prints(
        self, start: Callable[..., Any], flags: list[str]
    ) -> None:
        program = start(*flags)
        assert program.line(0) == (
            f" * hello: http://127.0.0.1:{program.port}/ (development server, Ctrl-C ends it)"
        )
        assert program.line(1).startswith(" * debugger PIN: ")
        assert program.wait_for_page().text.startswith("hello ")
        received = program.get("/fail")
        assert received.status == 500
        assert "ValueError: what happened" in received.text

    @pytest.mark.parametrize("flags", [["--no-reloader"], []], ids=["alone", "with the reloader"])
    def test_a_static_folder_without_a_route_is_reported_once(
        self, start: Callable[..., Any], folder: Path, flags: list[str]
    ) -> None:
        (folder / "static").mkdir()
        (folder / "static" / "site.css").write_text("")
        program = start("--no-debugger", *flags)
        program.wait_for_page()
        lines = [line for line in program.output.splitlines() if "static-without-route" in line]
        assert lines == [
            " * The folder 'static' has no route: only the development server serves "
            "/static/site.css. Add ('/static', StaticApplication(...)) to the routes. "
            "[static-without-route]"
        ]

    def test_another_thread_can_serve_without_the_reloader(
        self, start: Callable[..., Any], folder: Path
    ) -> None:
        served = "create_app().serve()"
        threaded = f"thread = threading.Thread(target={served[:-2]}, daemon=True)"
        text = (folder / "hello.py").read_text()
        (folder / "hello.py").write_text(
            text.replace(served, f"{threaded}\n    thread.start()\n    thread.join()")
        )
        program = start("--no-debugger")
        program.wait_for_page("hello")
        assert program.line(1) == " * no reloader: serve() was not called in the main thread"
