"""Test what a request says about its client behind proxies."""

from __future__ import annotations

import pytest

from clastic import Application, render_json
from clastic.middleware import ProxyMiddleware

FORWARDED = {
    "X-Forwarded-For": "192.0.2.66, 192.0.2.1, 10.0.0.2",
    "X-Forwarded-Proto": "gopher, https, http",
    "X-Forwarded-Host": "evil.example, shop.example.org:8443, inner.example",
    "X-Forwarded-Prefix": "/evil, /shop, /inner",
    "X-Forwarded-Port": "9",
}


def show(request):
    return [request.remote_addr, request.url, request.environ["SCRIPT_NAME"]]


def send(app, headers=FORWARDED):
    return app.get_local_client().get(
        "/a", headers=headers, environ_overrides={"REMOTE_ADDR": "10.0.0.1"}
    )


@pytest.mark.parametrize(
    ("hops", "expected"),
    [
        (0, ["10.0.0.1", "http://localhost/a", ""]),
        (1, ["10.0.0.2", "http://inner.example/inner/a", "/inner"]),
        (2, ["192.0.2.1", "https://shop.example.org:8443/shop/a", "/shop"]),
        (4, ["10.0.0.1", "http://localhost/a", ""]),
    ],
)
def test_the_values_of_the_outermost_trusted_proxy_count(hops, expected):
    app = Application([("/a", show, render_json)], middlewares=[ProxyMiddleware(hops)])
    assert send(app).json == expected


def test_hosts_are_checked_after_the_proxies():
    app = Application(
        [("/a", show, render_json)],
        middlewares=[ProxyMiddleware(2)],
        trusted_hosts=["shop.example.org"],
    )
    assert send(app).status_code == 200
    assert send(app, {"X-Forwarded-Host": "evil.example, inner.example"}).status_code == 400


def test_the_outermost_of_several_counts():
    inner = Application([("/a", show, render_json)], middlewares=[ProxyMiddleware(1)])
    outer = Application([("/", inner)], middlewares=[ProxyMiddleware(2)])
    assert send(outer).json[1] == "https://shop.example.org:8443/shop/a"


@pytest.mark.parametrize("hops", [-1, True, "1", None, 1.0])
def test_hops_must_be_a_number(hops):
    with pytest.raises(ValueError, match="is not a number of proxies"):
        ProxyMiddleware(hops)
