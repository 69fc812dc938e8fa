"""MetaApplication over HTTP: where it can be embedded, and its headers."""

import re

import pytest

from clastic.application import Application, RerouteWSGI, SubApplication
from clastic.errors import ErrorHandler, Forbidden, HTTPException
from clastic.http import Response
from clastic.meta import META_ASSETS_APP, MetaApplication
from clastic.middleware import Middleware
from clastic.route import GET, S_REWRITE, S_STRICT


def hello() -> Response:
    """Say hello."""
    return Response("hello")


class Stranger(Middleware):
    """Refuse every request."""

    def request(self, next):
        raise Forbidden("who are you?")


def application_with(*entries: object, **options: object) -> Application:
    return Application([GET("/hello", hello), *entries], **options)


def patterns(report: dict) -> list[str]:
    """Return the patterns of the routes that are not those of the meta page."""
    routes = report["routes"]["items"]
    return [
        each["pattern"] for each in routes if "clastic/meta/" not in each["endpoint"]["location"]
    ]


@pytest.mark.parametrize(
    "prefix",
    [
        pytest.param("/_meta", id="a leaf"),
        pytest.param("/_meta/", id="a branch"),
        pytest.param("/a/b/c/", id="deep"),
        pytest.param("/", id="the root"),
        pytest.param("/<path>/<name:int>/", id="with bindings"),
    ],
)
def test_it_can_be_embedded_at_any_prefix(prefix, page, report):
    application = application_with((prefix, MetaApplication()))
    url = prefix.replace("<path>", "x").replace("<name:int>", "7").rstrip("/")
    assert patterns(report(application, f"{url}/json/")) == ["/hello"]
    stylesheet = page(application, f"{url}/").one("link", rel="stylesheet").attrib["href"]
    assert application.get_local_client().get(f"{url}/{stylesheet}").status_code == 200


def test_it_can_be_embedded_twice(page, report):
    meta = MetaApplication(page_title="One")
    application = application_with(
        ("/a/", meta),
        ("/b/", meta),
        ("/c/", MetaApplication(page_title="Other", shown_resources="version")),
    )
    assert patterns(report(application, "/a/json/")) == ["/hello"]
    assert patterns(report(application, "/b/json/")) == ["/hello"]
    assert page(application, "/b/").one("title").text == "One"
    assert page(application, "/c/").one("title").text == "Other"
    routes = [route["pattern"] for route in report(application, "/c/json/")["routes"]["items"]]
    assert routes == [
        "/hello",
        *(
            f"/{name}/{rest}"
            for name in "abc"
            for rest in ("", "json/", "clastic_assets/common.css")
        ),
    ]


def test_it_shows_each_application_that_it_is_embedded_in(report):
    meta = MetaApplication()
    one = Application([("/one", hello), ("/_meta", meta)])
    two = Application([("/two", hello), ("/_meta", meta)])
    assert patterns(report(one)) == ["/one"]
    assert patterns(report(two)) == ["/two"]


def test_it_shows_the_outermost_application(report):
    inner = Application([("/inner", hello), ("/_meta", MetaApplication())])
    outer = Application([("/outer", hello), ("/in", inner)])
    assert patterns(report(outer, "/in/_meta/json/")) == ["/outer", "/in/inner"]
    assert patterns(report(inner)) == ["/inner"]


def test_behind_a_reroute_it_shows_the_inner_application(report):
    inner = Application([("/old/inner", hello), ("/old/_meta", MetaApplication())])
    outer = Application([("/outer", hello), ("/old/<rest*>/", RerouteWSGI(inner))])
    assert patterns(report(outer, "/old/_meta/json/")) == ["/old/inner"]


def test_it_shows_routes_that_are_added_later(report):
    application = application_with(("/_meta", MetaApplication()))
    application.add(("/later", hello))
    assert patterns(report(application)) == ["/hello", "/later"]


def test_it_can_show_another_application(report):
    other = Application([("/other", hello)])
    application = application_with(("/_meta", MetaApplication(application=other)))
    assert patterns(report(application)) == ["/other"]


def test_it_can_be_served_by_itself(page, report):
    assert patterns(report(MetaApplication(), "/json/")) == []
    assert "3 of 3 routes, in the order they are tried." in page(MetaApplication(), "/").html


def test_the_title_is_meta_by_default(page):
    assert page(MetaApplication(), "/").one("h1").text == "Meta"
    assert page(MetaApplication(page_title="<Links>"), "/").one("h1").text == "<Links>"


@pytest.mark.parametrize("slash_mode", [S_REWRITE, S_STRICT])
def test_a_missing_slash_redirects_in_every_slash_mode(slash_mode):
    application = application_with(("/_meta", MetaApplication()), slash_mode=slash_mode)
    client = application.get_local_client()
    assert client.get("/_meta").headers["Location"] == "/_meta/"
    assert client.get("/_meta/json?page=2").headers["Location"] == "/_meta/json/?page=2"


def test_all_links_work_below_a_prefix_of_the_server():
    application = application_with(("/in/_meta", MetaApplication()))
    client = application.get_local_client()
    response = client.get("/in/_meta/", base_url="http://localhost/mounted/here")
    links = re.findall(r'(?:href|action)="([^"#?]+)', response.text)
    assert sorted(set(links)) == [
        "../../hello",
        "../../in/_meta/",
        "../../in/_meta/clastic_assets/common.css",
        "../../in/_meta/json/",
        "clastic_assets/common.css",
        "json/",
    ]


def test_links_are_relative_at_the_root_too(page):
    assert 'href="./hello"' in page(application_with(("/", MetaApplication())), "/").html


def test_other_methods_than_get_and_head_are_not_allowed():
    client = application_with(("/_meta", MetaApplication())).get_local_client()
    assert client.post("/_meta/").headers["Allow"] == "GET, HEAD"
    head = client.head("/_meta/")
    assert (head.status_code, head.data) == (200, b"")


@pytest.mark.parametrize("url", ["/_meta/", "/_meta/json/"])
def test_no_response_may_be_stored(url):
    headers = application_with(("/_meta", MetaApplication())).get_local_client().get(url).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_runs_no_scripts_and_loads_nothing_from_elsewhere():
    client = application_with(("/_meta", MetaApplication())).get_local_client()
    policy = dict(
        directive.split(" ", 1)
        for directive in client.get("/_meta/").headers["Content-Security-Policy"].split("; ")
    )
    assert policy.pop("default-src") == "'none'"
    assert set(policy.values()) <= {"'self'", "'none'"}
    assert "<script" not in client.get("/_meta/").text
    assert "<style" not in client.get("/_meta/").text
    assert not re.search(r"\s(on\w+|style)=", client.get("/_meta/").text)


def test_the_stylesheet_is_served():
    client = Application([("/files", META_ASSETS_APP)]).get_local_client()
    response = client.get("/files/common.css")
    assert response.content_type == "text/css; charset=utf-8"
    assert "prefers-color-scheme: dark" in response.text
    assert "url(" not in response.text
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    etag = {"If-None-Match": response.headers["ETag"]}
    assert client.get("/files/common.css", headers=etag).status_code == 304


def test_the_paths_of_the_stylesheet_are_those_of_clastic_26():
    for route in (("/", MetaApplication()), ("/clastic_assets/", META_ASSETS_APP)):
        client = Application([route]).get_local_client()
        assert client.get("/clastic_assets/common.css").content_type == "text/css; charset=utf-8"


def test_its_middlewares_guard_all_of_its_routes():
    application = application_with(("/_meta", MetaApplication(middlewares=[Stranger()])))
    client = application.get_local_client()
    urls = ["/_meta/", "/_meta/json/", "/_meta/clastic_assets/common.css"]
    assert [client.get(url).status_code for url in urls] == [403, 403, 403]
    assert client.get("/hello").status_code == 200


def test_its_error_handler_is_used_when_it_is_served_by_itself():
    class Handler(ErrorHandler):
        def render_error(self, _error: HTTPException, **others: object) -> Response:
            return Response("nothing here", status=404)

    client = MetaApplication(error_handler=Handler()).get_local_client()
    assert client.get("/nowhere").text == "nothing here"


class Rewriting(Middleware):
    """Change every context."""

    def render(self, next, context):
        context["user"] = "ann"
        return next()


def test_render_middlewares_do_not_see_its_data(page):
    page(application_with(("/_meta", MetaApplication()), middlewares=[Rewriting()]))


def test_resources_of_the_application_can_have_any_name(report):
    resources = {"path": 1, "title": 2, "selection": 3, "application": 4, "context_": 5}
    application = application_with(("/_meta", MetaApplication()), resources=resources)
    assert len(report(application)["resources"]) == 5


def test_a_sub_application_object_can_embed_it(report):
    entry = SubApplication("/_meta", MetaApplication(), rebind_render=True, inherit_slashes=False)
    assert patterns(report(application_with(entry))) == ["/hello"]
