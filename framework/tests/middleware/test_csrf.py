"""Test which requests count as those of another site."""

from __future__ import annotations

import pytest

from clastic import POST, Application, Response, Route
from clastic.middleware import CSRFMiddleware, ProxyMiddleware

TRUSTED = "https://pay.example.org"


def make_site(**options):
    return Application(
        [Route("/", lambda: Response("done"))],
        middlewares=[ProxyMiddleware(hops=1), CSRFMiddleware([TRUSTED, "https://straße.de:8443"])],
        **options,
    )


def send(method="POST", base_url="https://shop.example.org/", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    client = make_site().get_local_client()
    return client.open("/", method=method, base_url=base_url, headers=named)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 200, id="a program sends no header"),
        pytest.param({"Sec_Fetch_Site": "same-origin"}, 200, id="the same origin"),
        pytest.param({"Sec_Fetch_Site": "none"}, 200, id="the user's own doing"),
        pytest.param({"Sec_Fetch_Site": "same-site"}, 403, id="another host of the same domain"),
        pytest.param({"Sec_Fetch_Site": "cross-site"}, 403, id="another site"),
        pytest.param({"Sec_Fetch_Site": ""}, 403, id="an empty Sec-Fetch-Site"),
        pytest.param({"Sec_Fetch_Site": "same-origin, cross-site"}, 403, id="two values"),
        pytest.param(
            {"Sec_Fetch_Site": "cross-site", "Origin": TRUSTED}, 200, id="a trusted origin"
        ),
        pytest.param(
            {"Sec_Fetch_Site": "cross-site", "Origin": "https://shop.example.org"},
            403,
            id="Sec-Fetch-Site counts more than Origin",
        ),
        pytest.param({"Origin": "https://shop.example.org"}, 200, id="its own origin"),
        pytest.param({"Origin": "HTTPS://SHOP.example.org:443"}, 200, id="written differently"),
        pytest.param({"Origin": TRUSTED}, 200, id="a trusted origin without Sec-Fetch-Site"),
        pytest.param({"Origin": "https://xn--strae-oqa.de:8443"}, 200, id="a trusted IDN"),
        pytest.param({"Origin": "https://xn--strae-oqa.de"}, 403, id="another port of it"),
        pytest.param({"Origin": "http://pay.example.org"}, 403, id="another scheme of it"),
        pytest.param({"Origin": "http://shop.example.org"}, 403, id="another scheme"),
        pytest.param({"Origin": "https://shop.example.org:8443"}, 403, id="another port"),
        pytest.param({"Origin": "https://evil.example"}, 403, id="another host"),
        pytest.param({"Origin": "https://shop.example.org.evil.example"}, 403, id="a suffix"),
        pytest.param({"Origin": "null"}, 403, id="a sandboxed page"),
        pytest.param({"Origin": ""}, 403, id="an empty Origin"),
        pytest.param({"Origin": "https://shop.example.org/"}, 403, id="a URL"),
        pytest.param({"Origin": "https://u@shop.example.org"}, 403, id="a user"),
        pytest.param(
            {"Origin": "https://shop.example.org https://evil.example"}, 403, id="two origins"
        ),
    ],
)
def test_a_post_passes_unless_another_site_sent_it(headers, status):
    assert send(**headers).status_code == status


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
def test_safe_methods_pass(method):
    assert send(method, Sec_Fetch_Site="cross-site").status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PURGE"])
def test_every_other_method_is_checked(method):
    assert send(method, Sec_Fetch_Site="cross-site").status_code == 403


@pytest.mark.parametrize(
    ("forwarded", "origin", "status"),
    [
        ({"Proto": "https", "Host": "shop.example.org"}, "https://shop.example.org", 200),
        ({"Proto": "https", "Host": "shop.example.org:8443"}, "https://shop.example.org:8443", 200),
        ({"Proto": "https", "Host": "shop.example.org:8443"}, "https://shop.example.org", 403),
        ({"Proto": "https", "Host": "[::1]:8443", "Prefix": "/shop"}, "https://[0:0::1]:8443", 200),
        ({"Proto": "http", "Host": "shop.example.org"}, "https://shop.example.org", 403),
        ({"Proto": "https", "Host": "bad host"}, "https://shop.example.org", 400),
    ],
)
def test_behind_a_proxy_the_origin_is_that_of_the_visitor(forwarded, origin, status):
    headers = {f"X_Forwarded_{name}": value for name, value in forwarded.items()}
    assert send(base_url="http://10.0.0.1:8000/", Origin=origin, **headers).status_code == status


def test_a_refusal_names_both_origins():
    assert (
        send(base_url="http://shop.example.org/", Origin="https://shop.example.org").text
        == "403 Forbidden\nThis request was sent by https://shop.example.org, but this site is "
        "http://shop.example.org.\n"
    )
    text = send(Sec_Fetch_Site="cross-site").text
    assert text == "403 Forbidden\nThis request was sent by another site.\n"


def test_requests_that_no_route_matches_are_checked_and_other_applications_are_not():
    inner = Application([POST("/", lambda: Response())], middlewares=[CSRFMiddleware()])
    outer = Application([("/in", inner), POST("/out", lambda: Response())])
    client, headers = outer.get_local_client(), {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/in/", headers=headers).status_code == 403
    assert client.post("/out", headers=headers).status_code == 200
    assert make_site().get_local_client().post("/no", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("origins", "error"),
    [
        (
            "https://a.example",
            "trusted_origins is a string. Write ['https://a.example'].",
        ),
        (
            ["https://a.example/"],
            "trusted_origins has 'https://a.example/', which is not an origin. Write a scheme, a "
            "host and, unless it is the default, a port, such as 'https://www.example.org'.",
        ),
        (["null"], "trusted_origins has 'null', which is not an origin."),
        (["*"], "trusted_origins has '*', which is not an origin."),
        (["a.example"], "trusted_origins has 'a.example', which is not an origin."),
        (["https://*.example"], "trusted_origins has 'https://*.example', which is not an origin."),
    ],
)
def test_an_invalid_origin_is_refused(origins, error):
    with pytest.raises((TypeError, ValueError)) as raised:
        CSRFMiddleware(origins)
    assert str(raised.value).startswith(error)
