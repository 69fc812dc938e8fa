"""What is served in development: the application, and what is around it."""

import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
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
from clastic.render import AshesRenderFactory
from clastic.route import GET, POST
from clastic.server.assembly import assemble, template_files
from clastic.server.options import ServerOptions

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


class Mistake(Exception):
    pass


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
            pytest.param("POST", "/static/upload", 200, b"sent", id="other methods are not for it"),
            pytest.param("GET", "/", 200, b"hello", id="other paths are not for it"),
            pytest.param("GET", "/static/none", 404, None, id="no file and no route"),
            pytest.param("GET", "/static/site.css/", 404, None, id="a file is no folder"),
            pytest.param("GET", "/static//site.css", 404, None, id="slashes are not repeated"),
            pytest.param("GET", "/statics/site.css", 404, None, id="a longer prefix"),
            pytest.param("GET", "/static/../secret", 404, None, id="upwards"),
        ],
    )
    def test_who_answers(
        self, client: Client, method: str, path: str, status: int, body: bytes | None
    ) -> None:
        response = client.open(path, method=method, data=b"sent" if method == "POST" else None)
        assert response.status_code == status
        assert body in (None, response.data)

    def test_a_path_that_is_no_utf8_is_not_for_it(
        self, client: Client, application: Application
    ) -> None:
        environ = create_environ()
        environ["PATH_INFO"] = "/static/\xff"
        assert run_wsgi_app(client.application, environ)[1].startswith("400")

    def test_conditions_and_ranges(self, client: Client) -> None:
        tag = client.get("/static/site.css").headers["ETag"]
        headers = {"If-None-Match": tag}
        assert client.get("/static/site.css", headers=headers).status_code == 304
        headers = {"Range": "bytes=9-"}
        assert client.get("/static/site.css", headers=headers).status_code == 416

    @pytest.mark.parametrize("prefix", ["assets/v1", "/assets/v1/"])
    def test_the_prefix_can_be_chosen(
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
            pytest.param(False, 404, id="unless not wanted"),
        ],
    )
    def test_the_folder_beside_the_program(
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

    def test_a_given_folder_is_not_served_unless_wanted(
        self, application: Application, assets: Path
    ) -> None:
        client = Client(assemble(application, replace(BARE, static_path=str(assets))))
        assert client.get("/static/site.css").status_code == 404


class TestDebugger:
    OPTIONS = replace(BARE, use_debugger=True)

    def test_it_shows_what_was_not_caught(self, application: Application) -> None:
        response = Client(assemble(application, self.OPTIONS)).get("/fail")
        assert response.status_code == 500
        assert "Mistake: what happened" in response.text
        assert "Werkzeug Debugger" in response.text

    def test_it_leaves_http_errors_to_the_handler(self) -> None:
        def miss() -> Response:
            raise NotFound("nothing here")

        application = Application([("/", miss)], error_handler=TeapotHandler())
        response = Client(assemble(application, self.OPTIONS)).get("/")
        assert (response.status_code, response.data) == (418, b"teapot: 404")

    @pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.2"])
    def test_others_do_not_get_it(self, application: Application, address: str) -> None:
        served = assemble(application, replace(self.OPTIONS, address=address))
        response = Client(served).get("/fail")
        assert response.status_code == 500
        assert "what happened" not in response.text

    def test_others_get_it_by_name(self, application: Application) -> None:
        options = replace(self.OPTIONS, address="0.0.0.0", use_debugger="force")
        assert "Mistake: what happened" in Client(assemble(application, options)).get("/fail").text

    def test_its_console_trusts_the_address_of_the_server(self, application: Application) -> None:
        served = assemble(application, replace(self.OPTIONS, address="127.0.0.2"))
        assert isinstance(served, DebuggedApplication)
        assert "127.0.0.2" in served.trusted_hosts

    @pytest.mark.parametrize(("processes", "has_console"), [(None, True), (1, True), (2, False)])
    def test_its_console_needs_one_process(
        self, application: Application, processes: int | None, has_console: bool
    ) -> None:
        served = assemble(application, replace(self.OPTIONS, processes=processes))
        assert isinstance(served, DebuggedApplication)
        assert served.evalex is has_console

    def test_the_application_stays_as_it_was(self, application: Application) -> None:
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

    def test_it_tells_about_the_application(self, application: Application) -> None:
        client = Client(assemble(application, self.OPTIONS))
        items = client.get("/_meta/json/").json["routes"]["items"]
        patterns = [item["pattern"] for item in items]
        assert patterns == [route.pattern for route in application.routes]
        assert "/static/upload" in client.get("/_meta/").text

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            pytest.param("/_meta", 302, id="without its slash it redirects"),
            pytest.param("/_meta/none", 404, id="it has no other pages"),
            pytest.param("/_metaphor", 404, id="a longer name is not its own"),
            pytest.param("/", 200, id="the rest is the application's"),
        ],
    )
    def test_which_paths_are_its_own(
        self, application: Application, path: str, status: int
    ) -> None:
        assert Client(assemble(application, self.OPTIONS)).get(path).status_code == status

    @pytest.mark.parametrize("pattern", ["/_meta", "/_meta/", "/_meta/<page*>"])
    def test_it_leaves_room_for_what_the_application_has(self, pattern: str) -> None:
        mine = Application([(pattern, lambda: Response("mine"))])
        assert assemble(mine, self.OPTIONS) is mine

    @pytest.mark.parametrize(
        "changes", [{"use_meta": False}, {"address": "0.0.0.0"}], ids=["not wanted", "for others"]
    )
    def test_it_can_be_left_out(self, application: Application, changes: dict[str, Any]) -> None:
        assert assemble(application, replace(self.OPTIONS, **changes)) is application


def nothing() -> dict[str, object]:
    return {}


class TestTemplates:
    def render(self, *files: str) -> Any:
        def render(context: object) -> Response:
            return Response()

        render.watched_files = files
        return render

    def test_those_of_all_routes_and_of_the_factory(self, tmp_path: Path) -> None:
        def factory(name: str) -> Any:
            return self.render(f"/{name}")

        factory.watched_files = ["/all.html", Path("/all.html")]
        inner = Application([("/c", nothing, "c.html")], render_factory=factory)
        routes = [("/a", nothing, self.render("/a.html")), ("/b", nothing), ("/in", inner)]
        assert template_files(Application(routes)) == {"/a.html", "/all.html", "/c.html"}

    def test_those_of_a_factory_of_clastic(self, tmp_path: Path) -> None:
        (tmp_path / "home.html").write_text('{>"part.html"/}')
        (tmp_path / "part.html").write_text("part")
        (tmp_path / "other.html").write_text("other")
        loaded = {str(tmp_path / "home.html"), str(tmp_path / "part.html")}
        factory = AshesRenderFactory(tmp_path)
        assert template_files(Application([("/", nothing, "home.html")], {}, [], factory)) == loaded
        assert template_files(Application([("/", nothing, factory("home.html"))])) == loaded

    def test_none_of_a_factory_that_looks_for_itself(self, tmp_path: Path) -> None:
        (tmp_path / "home.html").write_text("home")
        factory = AshesRenderFactory(tmp_path, debug=True)
        assert template_files(Application([("/", nothing, "home.html")], {}, [], factory)) == set()


def speak_badly() -> Response:
    class Bad(Response):
        def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
            start_response("200 OK", [("ETag", "not quoted"), ("Content-Type", "text/plain")])
            return [b"hello"]

    return Bad()


class TestLint:
    OPTIONS = replace(BARE, use_lint=True)

    @pytest.fixture
    def careless(self) -> Application:
        return Application([("/", speak_badly)])

    def test_it_warns_of_what_is_wrong(self, careless: Application) -> None:
        with pytest.warns(HTTPWarning, match="[Uu]nquoted"):
            Client(assemble(careless, self.OPTIONS)).get("/", buffered=True)

    def test_it_can_be_turned_off(self, careless: Application) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            response = Client(assemble(careless, BARE)).get("/", buffered=True)
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
        ],
    )
    def test_it_finds_nothing_wrong(
        self, application: Application, assets: Path, method: str, path: str, body: bytes | None
    ) -> None:
        options = replace(self.OPTIONS, use_static=True, static_path=str(assets))
        with warnings.catch_warnings():
            warnings.simplefilter("error", WSGIWarning)
            warnings.simplefilter("error", HTTPWarning)
            environ = create_environ(path=path, method=method)
            content, _, _ = run_wsgi_app(assemble(application, options), environ, buffered=True)
        assert body in (None, b"".join(content))


def test_without_anything_the_application_is_served_as_it_is(application: Application) -> None:
    assert assemble(application, BARE) is application


def test_requests_have_the_type_of_the_application(assets: Path) -> None:
    class MyRequest(Request):
        pass

    class MyApplication(Application):
        request_type = MyRequest

    mine = MyApplication([("/", lambda request: Response(type(request).__name__))])
    options = replace(BARE, use_debugger=True, use_static=True, static_path=str(assets))
    assert Client(assemble(mine, options)).get("/").data == b"MyRequest"
