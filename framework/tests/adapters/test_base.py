"""Test what all adapters share."""

from __future__ import annotations

import logging
from importlib.metadata import EntryPoint

import pytest

from clastic import Application, Response, managed
from clastic.adapters import Adapter, AdapterError, ServerOptions, adapters, get_adapter, registry


class Recorder(Adapter):
    """Record the application and options, and return at once."""

    name = "recorder"
    model = "synchronous"
    install = "pip install recorder"
    drains = True

    def serve(self, app, options, open_):
        open_()
        self.served = (app, options)


class Absent(Recorder):
    name = "absent"
    distributions = ("no-such-distribution",)
    install = "pip install no-such-distribution"


def add_entry_point(monkeypatch, name, value):
    added = EntryPoint(name, value, "clastic.adapters")
    monkeypatch.setattr(registry, "entry_points", lambda group: [added])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            {"bind": "8000"},
            "bind is '8000'. Write HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000.",
            id="no host",
        ),
        pytest.param(
            {"bind": "localhost:http"},
            "bind is 'localhost:http'. Write HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000.",
            id="a port that is not a number",
        ),
        pytest.param(
            {"bind": "::1:65536"},
            "bind is '::1:65536'. Write HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000.",
            id="a port that is too large",
        ),
        pytest.param({"workers": 0}, "workers is 0. The minimum is 1.", id="no worker"),
        pytest.param({"threads": -1}, "threads is -1. The minimum is 1.", id="negative threads"),
        pytest.param({"proxies": -1}, "proxies is -1. The minimum is 0.", id="negative proxies"),
    ],
)
def test_invalid_options_are_refused(arguments, message):
    with pytest.raises(AdapterError) as raised:
        ServerOptions(**arguments)
    assert str(raised.value) == message


def test_an_ipv6_address_is_in_brackets():
    options = ServerOptions("[::1]:8000")
    assert (options.host, options.port) == ("::1", 8000)


def test_a_server_that_is_not_installed_is_an_error_that_says_how_to_install_it():
    assert Absent().version is None
    with pytest.raises(AdapterError) as raised:
        Absent().run(Application())
    assert (
        str(raised.value) == "absent is not installed. To install it: "
        "pip install no-such-distribution"
    )


def test_an_option_that_the_server_does_not_take_is_refused():
    with pytest.raises(AdapterError) as raised:
        get_adapter("waitress").run(Application(), ServerOptions(workers=2))
    assert (
        str(raised.value)
        == "waitress takes no workers. Leave the option out, or use another server."
    )


def test_resources_are_opened_before_and_closed_after_serving():
    events = []

    def open_pool():
        events.append("open")
        yield
        events.append("close")

    app = Application([("/", lambda pool: Response())], resources={"pool": managed(open_pool)})
    recorder = Recorder()
    recorder.run(app)
    assert events == ["open", "close"]
    assert recorder.served == (app, ServerOptions())


def test_a_server_starts_while_a_resource_cannot_be_opened(caplog):
    def open_pool():
        raise OSError("no connection")
        yield

    app = Application([("/", lambda pool: Response())], resources={"pool": managed(open_pool)})
    recorder = Recorder()
    recorder.run(app)
    assert recorder.served[0] is app
    assert "The resource 'pool' could not be opened." in caplog.text


def test_any_wsgi_application_can_be_served():
    def app(environ, start_response):
        return []

    recorder = Recorder()
    recorder.run(app)
    assert recorder.served[0] is app


def test_an_unknown_server_is_an_error_with_the_nearest_name():
    with pytest.raises(AdapterError) as raised:
        get_adapter("gunicron")
    known = ", ".join(adapters())
    assert (
        str(raised.value)
        == f"There is no server 'gunicron'. Did you mean 'gunicorn'? The servers are: {known}."
    )


def test_entry_points_add_adapters(monkeypatch):
    add_entry_point(monkeypatch, "path", "pathlib:Path")
    assert "path" in adapters()
    assert type(get_adapter("path")).__module__.startswith("pathlib")


def test_an_entry_point_cannot_replace_an_adapter_of_clastic(monkeypatch):
    add_entry_point(monkeypatch, "gunicorn", "pathlib:Path")
    assert adapters()["gunicorn"].distributions == ("gunicorn",)


def test_an_adapter_that_cannot_be_imported_is_logged_and_left_out(monkeypatch, caplog):
    add_entry_point(monkeypatch, "broken", "no_such_module:Adapter")
    with caplog.at_level(logging.ERROR, "clastic"):
        assert "broken" not in adapters()
    assert "The adapter 'broken' (no_such_module:Adapter) cannot be used." in caplog.text


def test_cgi_without_a_web_server_is_an_error(monkeypatch):
    monkeypatch.delenv("REQUEST_METHOD", raising=False)
    with pytest.raises(AdapterError) as raised:
        get_adapter("cgi").run(Application())
    assert (
        str(raised.value) == "cgi needs a web server that runs the program for each request: "
        "there is no REQUEST_METHOD in the environment."
    )


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        pytest.param({}, "http://127.0.0.1:8000/", id="the root by default"),
        pytest.param(
            {"PATH_INFO": "/links", "QUERY_STRING": "page=2", "HTTP_HOST": "example.org"},
            "http://example.org/links?page=2",
            id="the CGI variables",
        ),
    ],
)
def test_the_console_shows_the_response_to_one_request(monkeypatch, capfdbinary, variables, text):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    app = Application([("/<path*>", lambda request, path: Response(request.url))])
    get_adapter("console").run(app)
    head, _, body = capfdbinary.readouterr().out.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body.decode() == text


@pytest.mark.parametrize("adapter", adapters().values(), ids=adapters())
def test_every_adapter_says_what_it_is(adapter):
    assert adapters()[adapter.name].model == adapter.model
    assert adapter.install if adapter.distributions else adapter.version
    assert {*adapter.options} <= {"workers", "threads"}
