"""Test the apps of this repository inside another application and with production servers."""

from __future__ import annotations

import gzip
import importlib.util
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from io import BytesIO
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urljoin
from wsgiref.util import FileWrapper, setup_testing_defaults
from wsgiref.validate import validator

import pytest

from clastic.testing import HOST, serve_process

HERE = Path(__file__).parent
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}

pytestmark = [
    pytest.mark.skipif(
        not (HERE.parents[2] / "apps").is_dir(), reason="the apps are not beside the framework"
    ),
    pytest.mark.usefixtures("without_coverage"),
]

CONVERSION = b'{"dt": "2026-07-01T12:00", "src": "Asia/Kathmandu", "dst": "Europe/London"}'
CONVERSION_FORM = b"dt=2026-07-01T12%3A00&src=Asia%2FKathmandu&dst=Europe%2FLondon"
LINK_FORM = b"target_url=https%3A%2F%2Fexample.org%2F&new_alias=&expiry_time=0&max_count=1"

REQUESTS = [
    ("a text", "hello", "GET", "/", b"", {}, 200),
    ("an argument in the path", "hello", "GET", "/Ada", b"", {}, 200),
    ("a query", "hello", "GET", "/fancy?size=large", b"", {}, 200),
    ("a posted form", "hello", "POST", "/fancy", b"colour=blue", FORM, 200),
    ("a redirect by hand", "hello", "GET", "/return-home", b"", {}, 302),
    ("a redirect", "hello", "GET", "/redirect-home", b"", {}, 302),
    ("a miss", "hello", "GET", "/no/such/page", b"", {}, 404),
    ("a long page of a template", "tzconvert", "GET", "/", b"", {}, 200),
    ("JSON", "tzconvert", "POST", "/show", CONVERSION, JSON, 200),
    ("a form instead of JSON", "tzconvert", "POST", "/show", CONVERSION_FORM, FORM, 200),
    ("invalid JSON", "tzconvert", "POST", "/show", b"{", JSON, 400),
    ("an invalid form", "tzconvert", "POST", "/show", b"dt=now", FORM, 400),
    ("another method", "tzconvert", "GET", "/show", b"", {}, 405),
    ("a static file", "tzconvert", "GET", "/static/style.css", b"", {}, 200),
    ("a missing static file", "tzconvert", "GET", "/static/none.css", b"", {}, 404),
    ("a page of a database", "erosion", "GET", "/", b"", {}, 200),
    ("a form that creates a link", "erosion", "POST", "/submit", LINK_FORM, FORM, 303),
    ("a form with an error", "erosion", "POST", "/submit", b"target_url=x", FORM, 400),
    ("another method", "erosion", "PUT", "/submit", b"", {}, 405),
    ("an unknown link", "erosion", "GET", "/nobody", b"", {}, 404),
    ("a static file", "erosion", "GET", "/static/style.css", b"", {}, 200),
    ("a page with a session", "altdemo", "GET", "/login", b"", {}, 200),
    ("a form that begins a session", "altdemo", "POST", "/login", b"name=Ann", FORM, 303),
    ("the data of a request", "altdemo", "GET", "/request?a=b", b"", {}, 200),
    ("a download", "altdemo", "GET", "/source", b"", {}, 200),
]
# Their responses contain data that other tests change, or URLs.
NOT_COMPARED = ("erosion", "altdemo")
EACH_REQUEST = pytest.mark.parametrize(
    ("app", "method", "path", "body", "headers", "status"),
    [pytest.param(*case, id=f"{case[0]}, {sentence}") for sentence, *case in REQUESTS],
)


@pytest.fixture(scope="module")
def sites() -> Any:
    """Return the module that creates the site; servers load it by name."""
    spec = importlib.util.spec_from_file_location("site_of_apps", HERE / "site_of_apps.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def apps(sites: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Yield the apps by name."""
    folder = tmp_path_factory.mktemp("apps")
    apps = {name: sites.create_app(name, folder) for name in sites.NAMES}
    yield apps
    apps["erosion"].close()


@pytest.fixture
def site(sites: Any, apps: dict[str, Any]) -> Any:
    return sites.create_site(apps)


@EACH_REQUEST
@pytest.mark.parametrize("prefix", ["", "/mounted"], ids=["embedded", "mounted"])
def test_an_app_responds_in_another_application_as_it_does_alone(
    apps: dict[str, Any],
    site: Any,
    prefix: str,
    app: str,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    status: int,
) -> None:
    request = {"method": method, "data": body, "headers": headers}
    root_url = f"http://localhost{prefix}/{app}" if prefix else None
    expected = apps[app].get_local_client().open(path, base_url=root_url, **request)
    response = site.get_local_client().open(f"{prefix}/{app}{path}", **request)
    assert expected.status_code == response.status_code == status
    root = "" if prefix else f"/{app}"
    assert response.location == (expected.location and root + expected.location)
    assert response.mimetype == expected.mimetype
    if app not in NOT_COMPARED and not expected.location:
        assert response.data == expected.data


@EACH_REQUEST
def test_the_site_passes_the_wsgi_validator(
    site: Any,
    app: str,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    status: int,
) -> None:
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    path, _, environ["QUERY_STRING"] = path.partition("?")
    environ.update({"REQUEST_METHOD": method, "PATH_INFO": f"/{app}{path}"})
    environ.update({"CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)})
    environ.update({"CONTENT_TYPE": headers.get("Content-Type", ""), "HTTP_ACCEPT": "text/html"})
    environ["wsgi.file_wrapper"] = FileWrapper
    started: list[str] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Callable[[bytes], Any]:
        started.append(status)
        return lambda _: None

    iterator = validator(site)(environ, start_response)
    b"".join(iterator)
    iterator.close()  # type: ignore[attr-defined]
    assert [int(line[:3]) for line in started] == [status]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/hello/", 200, id="a text"),
        pytest.param("/hello/fancy", 200, id="data"),
        pytest.param("/hello/return-home", 302, id="a redirect"),
        pytest.param("/hello/no/such/page", 404, id="a miss"),
        pytest.param("/tzconvert/", 200, id="a page of a template"),
        pytest.param("/tzconvert/static/style.css", 200, id="a static file"),
        pytest.param("/tzconvert/show", 405, id="another method"),
        pytest.param("/erosion/", 200, id="a page of a database"),
        pytest.param("/erosion/nobody", 404, id="an unknown link"),
        pytest.param("/mounted/tzconvert/", 200, id="a mounted app"),
    ],
)
def test_head_has_the_headers_of_get_and_no_body(site: Any, path: str, status: int) -> None:
    client = site.get_local_client()
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.data) == (status, b"")
    assert head.headers == get.headers


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        pytest.param("/tzconvert/", "POST", "GET, HEAD", id="a form"),
        pytest.param("/tzconvert/show", "GET", "POST", id="the target of a form"),
        pytest.param("/tzconvert/static/style.css", "DELETE", "GET, HEAD", id="a static file"),
        pytest.param("/erosion/", "DELETE", "GET, HEAD", id="a list"),
        pytest.param("/erosion/some-alias", "POST", "GET, HEAD", id="an argument in the path"),
        pytest.param("/mounted/tzconvert/show", "PUT", "POST", id="a mounted app"),
    ],
)
def test_another_method_gets_the_allowed_ones(
    site: Any, path: str, method: str, allowed: str
) -> None:
    response = site.get_local_client().open(path, method=method)
    assert (response.status_code, response.headers["Allow"]) == (405, allowed)


def test_a_large_page_is_compressed(site: Any) -> None:
    client = site.get_local_client()
    plain = client.get("/tzconvert/")
    packed = client.get("/tzconvert/", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3


def test_statistics_count_the_routes_of_every_app(site: Any) -> None:
    client = site.get_local_client()
    for path in ("/hello/Ada", "/hello/Bob", "/tzconvert/", "/erosion/nobody", "/nowhere"):
        client.get(path)
    client.post("/tzconvert/show", json={"dt": "now"})
    client.post("/tzconvert/show", data={"dt": "now"})
    hits = client.get("/_stats/").json["route_stats"]
    assert hits["/hello/<name>"]["200"]["count"] == 2
    assert hits["/tzconvert/"]["200"]["count"] == 1
    assert hits["/tzconvert/show"]["400"]["count"] == 2
    assert hits["/erosion/<alias>"]["404"]["count"] == 1


def test_meta_lists_the_routes_and_resources_of_every_app(site: Any) -> None:
    client = site.get_local_client()
    response = client.get("/_meta/json/")
    patterns = {route["pattern"] for route in response.json["routes"]["items"]}
    assert patterns >= {"/hello/<name>", "/tzconvert/show", "/erosion/submit", "/erosion/<alias>"}
    assert "only for the tests" not in response.text
    assert "only for the tests" not in client.get("/_meta/").text


@pytest.fixture(
    scope="module",
    params=[
        "gunicorn --workers 2 --threads 2 --bind 127.0.0.1:{port} site_of_apps:create_site()",
        "waitress --listen 127.0.0.1:{port} --call site_of_apps:create_site",
    ],
    ids=["gunicorn", "waitress"],
)
def address(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the site with each server in turn; yield its address."""
    folder = tmp_path_factory.mktemp("served")
    server, *arguments = request.param.split()
    pytest.importorskip(server)
    command = [sys.executable, "-m", server, *arguments]
    environment = {"PYTHONPATH": str(HERE), "HOME": str(folder)}
    with serve_process(command, folder=folder, environment=environment) as process:
        yield f"{HOST}:{process.port}"


class Client:
    """A client with cookies."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies: dict[str, str] = {}

    def send(
        self, path: str, method: str = "GET", body: bytes = b"", headers: Any = ()
    ) -> tuple[int, Any, bytes]:
        """Send a request; return the status, the headers and the body of the response."""
        with closing(HTTPConnection(self.address, timeout=30)) as connection:
            cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            connection.request(method, path, body, {"Cookie": cookie, **dict(headers)})
            response = connection.getresponse()
            for line in response.headers.get_all("Set-Cookie", []):
                for morsel in SimpleCookie(line).values():
                    self.cookies[morsel.key] = morsel.coded_value
            return response.status, response.headers, response.read()


@EACH_REQUEST
def test_a_production_server_sends_the_same_responses(
    site: Any,
    address: str,
    app: str,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    status: int,
) -> None:
    received = Client(address).send(f"/{app}{path}", method, body, headers)
    expected = site.get_local_client().open(
        f"/{app}{path}", method=method, data=body, headers=headers
    )
    assert (received[0], expected.status_code) == (status, status)
    assert received[1]["Content-Type"] == expected.headers["Content-Type"]
    if app not in NOT_COMPARED:
        assert received[2] == expected.data


def test_the_form_of_an_embedded_app_creates_a_link(address: str) -> None:
    client = Client(address)
    alias = token_hex(4)
    body = LINK_FORM.replace(b"new_alias=", f"new_alias={alias}".encode())
    assert client.send("/erosion/submit", "POST", body, FORM)[0] == 303
    responses = [client.send(f"/erosion/{alias}") for _ in range(2)]
    assert [status for status, _, _ in responses] == [302, 410]
    assert responses[0][1]["Location"] == "https://example.org/"


def test_the_form_of_a_mounted_app_redirects_to_the_page_with_the_link(address: str) -> None:
    client = Client(address)
    home = f"http://{address}/mounted/erosion/"
    status, headers, _ = client.send("/mounted/erosion/submit", "POST", LINK_FORM, FORM)
    assert status == 303
    assert urljoin(f"{home}submit", headers["Location"]) == home
    message = re.compile(rf'role="status".*?{home}(\w+)', re.DOTALL)
    first, second = (client.send("/mounted/erosion/")[2].decode() for _ in range(2))
    assert message.search(second) is None
    shown = message.search(first)
    assert shown is not None
    assert client.send(f"/mounted/erosion/{shown[1]}")[0] == 302
