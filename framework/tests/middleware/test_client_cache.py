"""Test Cache-Control, entity tags and 304 responses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import Gone
from werkzeug.test import Client
from werkzeug.wrappers import Response as WerkzeugResponse

from clastic import Application, BadRequest, Response, StaticApplication, render_json
from clastic.middleware import HTTPCacheMiddleware
from clastic.middleware.cookie import JSONCookie, SignedCookieMiddleware

DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
LATER = "Tue, 14 Nov 2023 22:13:21 GMT"
BEFORE = "Tue, 14 Nov 2023 22:13:19 GMT"


def served(endpoint: Callable[..., Any], **options: Any) -> Client:
    middlewares = [HTTPCacheMiddleware(**options)]
    application = Application([("/", endpoint, render_json)], middlewares=middlewares)
    return application.get_local_client()


def respond(*arguments: Any, **options: Any) -> Callable[[], Response]:
    """An endpoint that makes such a response."""
    return lambda: Response(*arguments, **options)


class TestDirectives:
    @pytest.mark.parametrize(
        ("method", "status", "expected"),
        [
            pytest.param("GET", 200, "max-age=60", id="a response"),
            pytest.param("HEAD", 200, "max-age=60", id="a HEAD response"),
            pytest.param("GET", 206, "max-age=60", id="a partial response"),
            pytest.param("GET", 304, "max-age=60", id="not modified"),
            pytest.param("POST", 200, None, id="a POST response"),
            pytest.param("GET", 404, None, id="an error"),
            pytest.param("GET", 302, None, id="a redirect"),
            pytest.param("GET", 500, None, id="a server error"),
        ],
    )
    def test_only_successful_reads_get_directives(
        self, method: str, status: int, expected: str | None
    ) -> None:
        response = served(respond("x", status), max_age=60).open("/", method=method)
        assert response.headers.get("Cache-Control") == expected

    def test_an_existing_header_is_kept(self) -> None:
        endpoint = respond("x", headers=[("Cache-Control", "no-cache")])
        assert served(endpoint, max_age=60).get("/").headers["Cache-Control"] == "no-cache"

    def test_without_directives_there_is_no_header(self) -> None:
        assert "Cache-Control" not in served(respond("x")).get("/").headers

    def test_misses_and_raised_errors_get_no_directives(self) -> None:
        def fail() -> None:
            raise BadRequest

        client = served(fail, max_age=60)
        for path in ("/", "/nowhere"):
            assert "Cache-Control" not in client.get(path).headers

    @pytest.mark.parametrize(
        "endpoint",
        [
            pytest.param(respond("x"), id="a response"),
            pytest.param(respond("x", 500), id="a server error"),
            pytest.param(lambda: BadRequest(), id="a returned error"),
            pytest.param(lambda: Gone(), id="an error of Werkzeug"),
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_no_store_is_in_every_response(self, endpoint: Callable[..., Any], method: str) -> None:
        response = served(endpoint, no_store=True).open("/", method=method)
        assert response.headers["Cache-Control"] == "no-store"
        assert "ETag" not in response.headers

    @pytest.mark.parametrize("error", [BadRequest("x"), Gone()], ids=["ours", "Werkzeug's"])
    def test_no_store_is_in_raised_errors_which_are_not_changed(self, error: Any) -> None:
        def fail() -> None:
            raise error

        client = served(fail, no_store=True)
        for path in ("/", "/nowhere"):
            assert client.get(path).headers["Cache-Control"] == "no-store"
        assert "Cache-Control" not in dict(getattr(error, "headers", {}))

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            pytest.param({"max_age": 60}, "max-age=60, private", id="an age"),
            pytest.param(
                {"public": True, "max_age": 60, "s_maxage": 600, "proxy_revalidate": True},
                "max-age=60, private",
                id="directives for shared caches",
            ),
            pytest.param({"private": True, "max_age": 1}, "private, max-age=1", id="private"),
            pytest.param({"no_store": True}, "no-store", id="no-store"),
            pytest.param({}, None, id="nothing"),
        ],
    )
    def test_a_response_that_sets_a_cookie_is_private(
        self, options: dict[str, Any], expected: str | None
    ) -> None:
        def sign_in(cookie: JSONCookie) -> Response:
            cookie["user"] = "ann"
            return Response("welcome")

        middlewares = [SignedCookieMiddleware(secret_key="k" * 16), HTTPCacheMiddleware(**options)]
        client = Application([("/", sign_in)], middlewares=middlewares).get_local_client()
        response = client.get("/")
        assert "Set-Cookie" in response.headers
        assert response.headers.get("Cache-Control") == expected

    def test_a_value_that_is_not_a_response_is_still_reported(self) -> None:
        application = Application([("/", lambda: None)], middlewares=[HTTPCacheMiddleware()])
        assert application.get_local_client().get("/").status_code == 500


class TestEntityTags:
    def test_the_tag_is_strong_and_depends_on_the_body(self) -> None:
        tags = [served(respond(body)).get("/").headers["ETag"] for body in ("one", "one", "other")]
        assert tags[0] == tags[1] != tags[2]
        assert tags[0].startswith('"')

    def test_the_tag_depends_on_the_type_too(self) -> None:
        tags = {
            served(respond("[]", mimetype=mimetype)).get("/").headers["ETag"]
            for mimetype in ("text/plain", "application/json")
        }
        assert len(tags) == 2

    def test_a_rendered_context_has_a_tag(self) -> None:
        response = served(lambda: {"a": 1}).get("/")
        assert (response.json, response.headers["ETag"][0]) == ({"a": 1}, '"')

    def test_head_has_the_tag_of_get(self) -> None:
        client = served(respond("one"))
        get, head = client.get("/"), client.head("/")
        assert dict(get.headers) == dict(head.headers)
        assert head.data == b""

    @pytest.mark.parametrize(
        ("endpoint", "expected"),
        [
            pytest.param(respond("x", headers=[("ETag", '"own"')]), '"own"', id="an existing one"),
            pytest.param(
                respond("x", headers=[("ETag", 'W/"own"')]), 'W/"own"', id="an existing weak one"
            ),
            pytest.param(lambda: Response(iter(["x"])), None, id="none for a stream"),
            pytest.param(
                lambda: Response(["x"], direct_passthrough=True),
                None,
                id="none for a direct passthrough",
            ),
            pytest.param(respond("x", 203), None, id="none for another status"),
            pytest.param(lambda: BadRequest(), None, id="none for an error"),
        ],
    )
    def test_only_a_successful_plain_response_gets_a_tag(
        self, endpoint: Callable[..., Any], expected: str | None
    ) -> None:
        assert served(endpoint).get("/").headers.get("ETag") == expected

    def test_tags_can_be_turned_off(self) -> None:
        client = served(respond("x", headers=[("ETag", '"x"')]), use_etags=False, max_age=1)
        assert client.get("/", headers={"If-None-Match": '"x"'}).status_code == 200
        assert "ETag" not in served(respond("x"), use_etags=False).get("/").headers

    def test_a_stream_stays_a_stream(self) -> None:
        made = []

        def parts() -> Any:
            for part in ("a", "b", "c"):
                made.append(part)
                yield part

        response = served(lambda: Response(parts()), max_age=60).get("/", buffered=False)
        assert made == ["a"]  # which the client asks for to get the headers
        assert (response.text, response.headers["Cache-Control"]) == ("abc", "max-age=60")

    @pytest.mark.parametrize(
        "constant",
        [Response("x"), WerkzeugResponse("x")],
        ids=["of Clastic", "of Werkzeug"],
    )
    def test_a_constant_response_is_not_changed(self, constant: Any) -> None:
        client = served(lambda: constant, max_age=60)
        tag = client.get("/").headers["ETag"]
        assert client.get("/", headers={"If-None-Match": tag}).status_code == 304
        assert client.get("/").data == b"x"
        assert not {"ETag", "Cache-Control"} & set(constant.headers.keys())


class TestRevalidation:
    @pytest.mark.parametrize(
        ("header", "status"),
        [
            pytest.param("%s", 304, id="the tag"),
            pytest.param("W/%s", 304, id="the tag made weak"),
            pytest.param('"x", %s', 304, id="among others"),
            pytest.param("*", 304, id="any"),
            pytest.param('"x"', 200, id="another"),
            pytest.param("", 200, id="none"),
            pytest.param("nonsense %s", 200, id="after nonsense"),
        ],
    )
    def test_a_response_is_revalidated_by_its_tag(self, header: str, status: int) -> None:
        client = served(respond("one"), max_age=60)
        tag = client.get("/").headers["ETag"]
        for method in (client.get, client.head):
            response = method("/", headers={"If-None-Match": header.replace("%s", tag)})
            assert response.status_code == status
            assert response.headers["ETag"] == tag
            assert response.headers["Cache-Control"] == "max-age=60"
            if status == 304:
                assert response.data == b""
                assert "Content-Length" not in response.headers

    @pytest.mark.parametrize(
        ("since", "status"),
        [
            pytest.param(DATE, 304, id="the same time"),
            pytest.param(LATER, 304, id="later"),
            pytest.param(BEFORE, 200, id="before"),
            pytest.param("yesterday", 200, id="not a date"),
        ],
    )
    def test_a_response_is_revalidated_by_its_date(self, since: str, status: int) -> None:
        client = served(respond("x", headers=[("Last-Modified", DATE)]))
        assert client.get("/", headers={"If-Modified-Since": since}).status_code == status

    def test_a_condition_on_the_tag_overrides_one_on_the_date(self) -> None:
        client = served(respond("x", headers=[("Last-Modified", DATE)]))
        headers = {"If-None-Match": '"x"', "If-Modified-Since": DATE}
        assert client.get("/", headers=headers).status_code == 200

    def test_a_condition_on_the_date_of_a_response_without_one_is_ignored(self) -> None:
        client = served(respond("x"))
        assert client.get("/", headers={"If-Modified-Since": DATE}).status_code == 200

    @pytest.mark.parametrize(
        ("tag", "status"), [pytest.param("*", 304, id="any"), pytest.param('"x"', 200, id="one")]
    )
    def test_a_stream_without_a_tag_matches_the_asterisk_only(self, tag: str, status: int) -> None:
        closed = []

        def stream() -> Response:
            response = Response(iter(["x"]))
            response.call_on_close(lambda: closed.append(True))
            return response

        response = served(stream).get("/", headers={"If-None-Match": tag})
        response.close()
        assert (response.status_code, closed) == (status, [True])

    def test_a_post_never_gets_a_304(self) -> None:
        client = served(respond("x", headers=[("ETag", '"x"')]))
        assert client.post("/", headers={"If-None-Match": '"x"'}).status_code == 200

    @given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n")))
    def test_any_condition_gets_a_response(self, header: str) -> None:
        for name in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"):
            response = CLIENT.get("/", environ_overrides={name: header})
            assert response.status_code in (200, 304)


CLIENT = served(respond("x", headers=[("Last-Modified", DATE)]))


def test_static_files_keep_their_headers(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    routes = [("/", StaticApplication(tmp_path))]
    bare = Application(routes).get_local_client()
    cached = Application(routes, middlewares=[HTTPCacheMiddleware(max_age=60)]).get_local_client()
    for headers in ({}, {"Range": "bytes=0-1"}, {"If-None-Match": "*"}):
        one, other = (client.get("/a.txt", headers=headers) for client in (bare, cached))
        assert (one.status_code, one.data) == (other.status_code, other.data)
        assert dict(one.headers) == dict(other.headers)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, "", id="none"),
        pytest.param({"max_age": 60}, "max-age=60", id="an age"),
        pytest.param({"max_age": 0}, "max-age=0", id="an age of 0"),
        pytest.param({"no_store": True}, "no-store", id="no-store"),
        pytest.param(
            {"no_cache": True, "no_transform": True, "must_revalidate": True},
            "no-cache, no-transform, must-revalidate",
            id="flags",
        ),
        pytest.param(
            {"public": True, "max_age": 60, "s_maxage": 600, "proxy_revalidate": True},
            "public, max-age=60, s-maxage=600, proxy-revalidate",
            id="shared",
        ),
        pytest.param(
            {"private": True, "max_age": 60, "immutable": True},
            "private, max-age=60, immutable",
            id="private",
        ),
        pytest.param(
            {"max_age": 60, "stale_while_revalidate": 30, "stale_if_error": 600},
            "max-age=60, stale-while-revalidate=30, stale-if-error=600",
            id="stale",
        ),
    ],
)
def test_the_header_has_the_given_directives(options: dict[str, Any], expected: str) -> None:
    middleware = HTTPCacheMiddleware(**options)
    assert middleware.cache_control == expected
    assert repr(middleware) == f"HTTPCacheMiddleware({expected!r})"


@pytest.mark.parametrize(
    "name", ["max_age", "s_maxage", "stale_while_revalidate", "stale_if_error"]
)
def test_negative_seconds_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"^A number of seconds is negative\. Use 0 or more\.$"):
        HTTPCacheMiddleware(**{name: -1})


def test_redirects_and_uncaught_errors_get_no_store_too() -> None:
    def crash() -> None:
        raise ZeroDivisionError

    routes = [("/branch/", respond("x")), ("/crash", crash)]
    client = Application(
        routes, middlewares=[HTTPCacheMiddleware(no_store=True)]
    ).get_local_client()
    for path, status in (("/branch", 302), ("/crash", 500)):
        response = client.get(path)
        assert (response.status_code, response.headers["Cache-Control"]) == (status, "no-store")


def test_middlewares_of_one_configuration_are_equal() -> None:
    assert HTTPCacheMiddleware(60) == HTTPCacheMiddleware(max_age=60)
    assert HTTPCacheMiddleware(60) != HTTPCacheMiddleware(61)
    assert HTTPCacheMiddleware(60) != HTTPCacheMiddleware(60, use_etags=False)
