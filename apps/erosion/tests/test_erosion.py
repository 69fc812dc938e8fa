"""Test erosion over HTTP: the page, its form, and the links."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from html import unescape
from html.parser import HTMLParser

import pytest
import storage

import erosion

TARGET = "https://example.org/"
HTML = {"Accept": "text/html"}


class Page(HTMLParser):
    """The parsed page: its links and message, and the values and errors of the form."""

    def __init__(self, text):
        super().__init__()
        self.urls, self.links, self.errors, self.typed = [], [], {}, {}
        self.message = ""
        self.invalid = set()
        self._place = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.urls += [given[name] for name in ("href", "src", "action") if name in given]
        if tag == "li":
            self.links.append([])
        if tag == "input":
            self.typed[given["name"]] = given["value"]
        if tag == "option" and "selected" in given:
            self.typed["expiry_time"] = given["value"]
        if "aria-invalid" in given:
            self.invalid.add(given["name"])
        if tag == "p" and "class" in given:
            self._place = given.get("id") or given["class"]

    def handle_endtag(self, tag):
        if tag == "p":
            self._place = None

    def handle_data(self, data):
        text = data.strip()
        if text and self._place and self._place.endswith("_error"):
            self.errors[self._place.removesuffix("_error")] = text
        elif self._place == "message":
            self.message += data
        elif text and self.links:
            self.links[-1].append(text)


def page(client, url="/"):
    return Page(client.get(url).text)


def submit(client, *, headers=None, **fields):
    return client.post("/submit", data={"target_url": TARGET, **fields}, headers=headers)


def states(client):
    """Return the state of each link on the page, newest first."""
    return [link[2] for link in page(client).links]


def aliases(client):
    return [link[0].rpartition("/")[2] for link in page(client).links if len(link) > 1]


# The form


def test_the_first_page_has_an_empty_form_and_no_links(client):
    response = client.get("/")
    assert (response.status_code, response.content_type) == (200, "text/html; charset=utf-8")
    shown = Page(response.text)
    assert shown.typed == erosion.DEFAULTS
    assert (shown.links, shown.message, shown.errors) == ([["None."]], "", {})


def test_the_form_offers_expiry_times(client):
    options = re.findall(r'<option value="(\d+)".*?>(.*?)<', client.get("/").text)
    assert dict(options) == {
        "300": "5 minutes",
        "3600": "1 hour",
        "86400": "1 day",
        "2592000": "30 days",
        "0": "never",
    }


def test_a_valid_form_creates_a_link_and_redirects_to_the_page(client):
    response = submit(client, new_alias="tea", expiry_time="3600", max_count="3")
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    assert page(client).links == [["http://localhost/tea", TARGET, "0 of 3 clicks, 1 hour left"]]


def test_the_new_link_is_shown_once(client):
    submit(client, new_alias="tea")
    assert page(client).message == "The new link is http://localhost/tea"
    assert page(client).message == ""


def test_only_the_address_is_required(client):
    assert submit(client).status_code == 303
    (link,) = page(client).links
    assert re.fullmatch(r"http://localhost/[2-9b-z]{8}", link[0])
    assert link[1:] == [TARGET, "0 of 1 click, never expires"]


def test_a_missing_free_alias_is_an_error_of_the_field(client, monkeypatch):
    monkeypatch.setattr(storage, "make_alias", lambda: "tea")
    submit(client)
    response = submit(client)
    assert response.status_code == 400
    assert Page(response.text).errors == {"new_alias": "No free alias was found. Try again."}


def test_a_cookie_with_a_wrong_signature_is_ignored(client):
    submit(client, new_alias="tea")
    client.set_cookie("erosion", client.get_cookie("erosion").value[:-1])
    assert page(client).message == ""


BAD_ALIAS = (
    "An alias must consist of letters a to z, digits, - and _, and begin with a letter or digit."
)


@pytest.mark.parametrize(
    ("field", "typed", "problem"),
    [
        pytest.param(
            "target_url", "", "Enter the address that the link leads to.", id="no address"
        ),
        pytest.param(
            "target_url",
            "javascript:alert(1)",
            "An address must begin with https:// or http://.",
            id="another scheme",
        ),
        pytest.param(
            "target_url",
            "http://localhost/tea",
            "This address is on this site: a link cannot lead to other links.",
            id="a link to a link",
        ),
        pytest.param("new_alias", "a b", BAD_ALIAS, id="an alias with bad characters"),
        pytest.param("new_alias", "taken", "'taken' is taken. Choose another alias.", id="taken"),
        pytest.param(
            "new_alias",
            "submit",
            "'submit' is a page of this site. Choose another alias.",
            id="reserved: a page",
        ),
        pytest.param(
            "new_alias",
            "static",
            "'static' is a page of this site. Choose another alias.",
            id="reserved: a folder",
        ),
        pytest.param("expiry_time", "soon", "Enter a whole number, such as 10.", id="no time"),
        pytest.param(
            "expiry_time",
            "-300",
            "Enter a number that is not negative; 0 means no limit.",
            id="a negative time",
        ),
        pytest.param(
            "expiry_time",
            "315360001",
            "Enter a number up to 315,360,000; 0 means no limit.",
            id="more than ten years",
        ),
        pytest.param("max_count", "ten", "Enter a whole number, such as 10.", id="no number"),
        pytest.param("max_count", "", "Enter a whole number, such as 10.", id="an empty number"),
        pytest.param(
            "max_count",
            "-1",
            "Enter a number that is not negative; 0 means no limit.",
            id="negative clicks",
        ),
        pytest.param(
            "max_count",
            "1000000001",
            "Enter a number up to 1,000,000,000; 0 means no limit.",
            id="too many clicks",
        ),
    ],
)
def test_an_error_is_shown_beside_its_field_and_the_input_is_kept(client, field, typed, problem):
    submit(client, new_alias="taken")
    page(client)
    fields = {
        "target_url": TARGET,
        "new_alias": "tea",
        "expiry_time": "3600",
        "max_count": "7",
        field: typed,
    }
    response = client.post("/submit", data=fields)
    assert (response.status_code, response.content_type) == (400, "text/html; charset=utf-8")
    shown = Page(response.text)
    assert shown.errors == {field: problem}
    assert shown.invalid == {field}
    assert shown.typed == fields
    assert shown.message == "No link was created. See the errors in the form."
    assert aliases(client) == ["taken"]


def test_all_errors_are_shown_at_once(client):
    fields = {"target_url": "x", "new_alias": "x x", "expiry_time": "x", "max_count": "x"}
    assert Page(client.post("/submit", data=fields).text).errors.keys() == fields.keys()


def test_an_empty_form_lacks_the_address(client):
    assert Page(client.post("/submit").text).invalid == {"target_url"}


def test_markup_in_the_form_is_escaped(client):
    markup = "\"><script>alert('1')</script>"
    response = client.post("/submit", data=dict.fromkeys(erosion.DEFAULTS, markup))
    assert Page(response.text).typed == dict.fromkeys(erosion.DEFAULTS, markup)
    assert "<script" not in response.text


def test_markup_in_a_target_is_escaped(client):
    target_url = "https://example.org/<script>'&\"</script>"
    submit(client, target_url=target_url)
    assert target_url in unescape(client.get("/").text)
    assert "<script" not in client.get("/").text


# Using links


def test_a_link_redirects_to_its_target_and_is_not_cached(client):
    submit(client, new_alias="tea")
    response = client.get("/tea")
    assert (response.status_code, response.headers["Location"]) == (302, TARGET)
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    ("target_url", "location"),
    [
        pytest.param(
            "http://bücher.example/ü?q=ä#ö",
            "http://xn--bcher-kva.example/%C3%BC?q=%C3%A4#%C3%B6",
            id="IDN",
        ),
        pytest.param("http://[2001:db8::1]:8000/a", "http://[2001:db8::1]:8000/a", id="IPv6"),
        pytest.param("https://a.example/%2F?a=%26", "https://a.example/%2F?a=%26", id="encoded"),
    ],
)
def test_an_unusual_target_is_sent_as_a_valid_location(client, target_url, location):
    assert submit(client, new_alias="tea", target_url=target_url).status_code == 303
    assert client.get("/tea").headers["Location"] == location
    assert target_url in unescape(client.get("/").text)


def test_each_use_counts_a_click(client):
    submit(client, new_alias="tea", max_count="0")
    assert states(client) == ["0 clicks, never expires"]
    assert [client.get("/tea").status_code for _ in range(3)] == [302, 302, 302]
    assert states(client) == ["3 clicks, never expires"]


def test_head_gets_the_same_response_and_is_not_counted(client):
    submit(client, new_alias="tea")
    for _ in range(3):
        response = client.head("/tea")
        assert (response.status_code, response.headers["Location"]) == (302, TARGET)
        assert response.headers["Cache-Control"] == "no-store"
    assert states(client) == ["0 of 1 click, never expires"]
    client.get("/tea")
    assert client.head("/tea").status_code == 410
    assert client.head("/coffee").status_code == 404


@pytest.mark.parametrize("headers", [{"Sec-Purpose": "prefetch"}, {"Sec-Fetch-Dest": "image"}])
def test_a_prefetch_or_an_image_does_not_use_up_a_link(client, headers):
    submit(client, new_alias="tea")
    response = client.get("/tea", headers=headers)
    assert (response.status_code, response.headers["Cache-Control"]) == (503, "no-store")
    assert response.text == (
        "503 Service Unavailable\nA link can be opened, but not prefetched or embedded in a page.\n"
    )
    assert states(client) == ["0 of 1 click, never expires"]
    assert client.get("/tea").status_code == 302


def test_a_link_is_gone_after_its_last_click(client):
    submit(client, new_alias="tea", max_count="2")
    assert [client.get("/tea").status_code for _ in range(4)] == [302, 302, 410, 410]
    assert states(client) == ["2 of 2 clicks, expired"]
    assert client.get("/tea").headers["Cache-Control"] == "no-store"
    assert client.get("/tea").text == "410 Gone\nThe link 'tea' has expired.\n"


def test_a_link_is_gone_when_its_time_is_up(client, clock):
    submit(client, new_alias="tea", expiry_time="300", max_count="0")
    clock.advance(299)
    assert client.get("/tea").status_code == 302
    clock.advance(1)
    assert client.get("/tea").status_code == 410
    assert states(client) == ["1 click, expired"]


def test_the_alias_of_an_expired_link_stays_taken(client):
    submit(client, new_alias="tea")
    client.get("/tea")
    response = submit(client, new_alias="tea")
    assert response.status_code == 400
    assert "&#x27;tea&#x27; is taken." in response.text


@pytest.mark.parametrize(
    "path", ["/tea", "/submit", "/static", "/favicon.ico", "/_meta", "/%00", "/a%20b", "/%E2%82%AC"]
)
def test_other_paths_are_not_found(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert response.text.startswith("404 Not Found")


def test_an_alias_that_no_database_can_store_is_not_found(create, db_url):
    assert create(db_url=db_url).get_local_client().get("/a%00").status_code == 404


def test_links_allow_only_get_and_head(client):
    submit(client, new_alias="tea")
    response = client.post("/tea")
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        pytest.param(0.2, "1 second", id="less than a second"),
        pytest.param(59, "59 seconds", id="seconds"),
        pytest.param(60, "1 minute", id="a minute"),
        pytest.param(299.9, "5 minutes", id="nearly five minutes"),
        pytest.param(3599, "59 minutes 59 seconds", id="minutes and seconds"),
        pytest.param(7265, "2 hours 1 minute", id="hours and minutes"),
        pytest.param(2591999, "29 days 23 hours", id="days and hours"),
        pytest.param(86401, "1 day 1 second", id="no hours and minutes"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds, text):
    assert erosion.duration(seconds) == text


# Pages of links


def test_the_links_are_shown_page_by_page(client, monkeypatch):
    monkeypatch.setattr(erosion, "PAGE_SIZE", 2)
    for alias in "abcde":
        submit(client, new_alias=alias)
    client.get("/")
    seen, url = [], "/"
    while url:
        shown = page(client, url)
        seen.append([link[0][-1] for link in shown.links])
        url = next((url[1:] for url in shown.urls if "before=" in url), None)
    assert seen == [["e", "d"], ["c", "b"], ["a"]]
    assert "./" in shown.urls


def test_a_full_page_without_older_links_is_the_last(client, monkeypatch):
    monkeypatch.setattr(erosion, "PAGE_SIZE", 2)
    submit(client)
    submit(client)
    assert not any("before=" in url for url in page(client).urls)


@pytest.mark.parametrize("before", ["", "x", "0", "-1", "1.5", str(2**63), "9" * 5000, "1 OR 1"])
def test_an_invalid_beginning_shows_the_first_page(client, before):
    submit(client, new_alias="tea")
    response = client.get("/", query_string={"before": before})
    assert response.status_code == 200
    assert [link[0] for link in Page(response.text).links] == ["http://localhost/tea"]


# Forms of other sites


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 303, id="a program without the headers"),
        pytest.param({"Sec-Fetch-Site": "same-origin"}, 303, id="the page itself"),
        pytest.param({"Sec-Fetch-Site": "none"}, 303, id="the user"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, 403, id="another host of the same domain"),
        pytest.param(
            {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
            403,
            id="Sec-Fetch-Site overrides a good Origin",
        ),
        pytest.param(
            {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
            303,
            id="Sec-Fetch-Site overrides a bad Origin",
        ),
        pytest.param({"Origin": "http://localhost"}, 303, id="an older browser, this site"),
        pytest.param({"Origin": "https://links.example"}, 303, id="the public address"),
        pytest.param({"Origin": "https://evil.example"}, 403, id="an older browser, another site"),
        pytest.param({"Origin": "https://localhost"}, 403, id="another scheme"),
        pytest.param({"Origin": "http://links.example"}, 403, id="another scheme, public address"),
        pytest.param({"Origin": "http://localhost:8000"}, 403, id="another port"),
        pytest.param({"Origin": "http://localhost.evil.example"}, 403, id="a similar name"),
        pytest.param({"Origin": "null"}, 403, id="an opaque origin"),
        pytest.param({"Origin": "http://["}, 403, id="an invalid origin"),
        pytest.param({"Origin": ""}, 403, id="an empty origin"),
    ],
)
def test_a_form_of_another_site_is_refused(create, headers, status):
    client = create(host_url="https://links.example/").get_local_client()
    assert submit(client, headers=headers).status_code == status
    assert len(aliases(client)) == (status == 303)


def test_a_link_on_another_site_works(client):
    submit(client, new_alias="tea")
    assert client.get("/tea", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 302


# Where it is served


def test_all_urls_on_a_page_are_relative(client):
    submit(client, new_alias="tea")
    for text in (client.get("/").text, client.post("/submit").text):
        urls = Page(text).urls
        assert len(urls) >= 4
        assert [url for url in urls if url.startswith("/")] == []


def test_below_a_prefix_the_form_redirects_to_the_prefix(client):
    at_prefix = {"base_url": "http://localhost/l/", "data": {"target_url": TARGET}}
    response = client.post("/submit", **at_prefix)
    assert response.headers["Location"] == "/l/"
    assert "Path=/l;" in response.headers["Set-Cookie"]
    shown = Page(client.get("/", base_url="http://localhost/l/").text)
    assert shown.links[0][0].startswith("http://localhost/l/")


@pytest.mark.parametrize(
    ("host_url", "host", "status"),
    [
        pytest.param("", "localhost:5000", 200, id="this machine"),
        pytest.param("", "[::1]:5000", 200, id="this machine by IPv6"),
        pytest.param("", "evil.example", 400, id="a foreign name"),
        pytest.param("https://links.example/", "a-proxy:8000", 200, id="any with a public URL"),
    ],
)
def test_without_a_public_url_only_the_names_of_this_machine_are_served(
    create, host_url, host, status
):
    client = create(host_url=host_url).get_local_client()
    assert client.get("/", headers={"Host": host}).status_code == status


def test_links_are_shown_with_the_public_address(create):
    client = create(host_url="https://links.example/l").get_local_client()
    submit(client, new_alias="tea")
    shown = page(client)
    assert shown.message == "The new link is https://links.example/l/tea"
    assert shown.links[0][0] == "https://links.example/l/tea"


@pytest.mark.parametrize("target_url", ["https://links.example/tea", "http://localhost/tea"])
def test_a_link_to_the_public_or_the_requested_address_is_refused(create, target_url):
    client = create(host_url="https://links.example/").get_local_client()
    assert submit(client, target_url=target_url).status_code == 400


@pytest.mark.parametrize(
    ("host_url", "is_secure"), [("https://links.example/", True), ("http://links.example/", False)]
)
def test_the_cookie_is_for_https_only_if_the_public_address_is(create, host_url, is_secure):
    response = submit(create(host_url=host_url).get_local_client())
    assert ("Secure" in response.headers["Set-Cookie"]) is is_secure


def test_two_processes_with_one_secret_share_the_cookie(create):
    first, second = (create().get_local_client() for _ in range(2))
    submit(first, new_alias="tea")
    second.set_cookie("erosion", first.get_cookie("erosion").value)
    assert page(second).message == "The new link is http://localhost/tea"


def test_style_and_icon_exist_and_nothing_is_inline(client):
    text = client.get("/").text
    for url in re.findall(r'"(static/.*?)"', text):
        assert client.get(f"/{url}").status_code == 200
    assert not re.search(r"<style|<script|\son\w+=|\sstyle=", text)


# Errors


def test_a_browser_gets_errors_as_pages(client):
    submit(client, new_alias="tea")
    client.get("/tea")
    responses = [
        client.get("/tea", headers=HTML),
        client.get("/coffee", headers=HTML),
        submit(client, headers={**HTML, "Sec-Fetch-Site": "cross-site"}),
    ]
    assert [response.status_code for response in responses] == [410, 404, 403]
    for response in responses:
        assert response.content_type == "text/html; charset=utf-8"
        assert f"<h1>{response.status_code} " in response.text


def test_an_unavailable_database_is_a_503(postgresql, create):
    client = create(db_url=postgresql.url).get_local_client()
    submit(client, new_alias="tea")
    postgresql.refuse_connections()
    for response in (client.get("/"), submit(client), client.get("/tea"), client.head("/tea")):
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
    assert "<h1>503 " in client.get("/", headers=HTML).text
    postgresql.allow_connections()
    assert client.get("/tea").status_code == 302


def test_without_a_database_the_app_runs_but_is_not_ready(create, tmp_path, caplog):
    client = create(db_path=str(tmp_path / "missing" / "links.db")).get_local_client()
    response = client.get("/")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert "unable to open database file" in caplog.text
    assert client.get("/static/style.css").status_code == 200
    assert client.get("/_health/live").status_code == 200
    response = client.get("/_health/ready")
    assert (response.status_code, response.json["resources"]) == (503, {"storage": "failed"})


def test_with_a_database_the_app_is_ready(create):
    assert create().get_local_client().get("/_health/ready").status_code == 200


def test_a_database_file_locked_for_too_long_is_a_503(create, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(storage, "LOCK_TIMEOUT", 0.01)
    client = create().get_local_client()
    client.get("/")  # opens the storage
    with closing(sqlite3.connect(tmp_path / "links.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        response = submit(client)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert response.text == (
        "503 Service Unavailable\n"
        "The links are unavailable at the moment. Try again in a few seconds.\n"
    )
    assert "The database is unavailable: database is locked" in caplog.text
    assert submit(client).status_code == 303
