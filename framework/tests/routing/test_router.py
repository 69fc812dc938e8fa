"""The router finds the routes, in declared order, that can match a path."""

from __future__ import annotations

from dataclasses import dataclass
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import PATHS, SLASH_MODES, TEXTS

from clastic.pattern import S_REDIRECT, S_STRICT, Pattern
from clastic.routing.matching import compile_reader, match_path
from clastic.routing.router import Router


@dataclass(frozen=True)
class Route:
    """The attributes of a route that the router reads."""

    path_pattern: Pattern
    slash_mode: str = S_REDIRECT


def routes_of(*texts, slash_mode=S_REDIRECT):
    return [Route(Pattern(text), slash_mode) for text in texts]


def found(router, path):
    """Return the patterns of the candidates."""
    return [route.path_pattern.text for route in router.find_candidates(path)[0]]


def matched(router, path):
    """Return each candidate that matches, with its values, as the dispatcher reads them."""
    candidates, segments, *_ = router.find_candidates(path)
    readers = [(route, compile_reader(route.path_pattern)) for route in candidates]
    tried = [(route, read(segments)) for route, read in readers]
    return [(route, values) for route, values in tried if values is not None]


def matched_in_turn(routes, path):
    """Return the same by trying every route, a leaf next to a branch of its shape last."""
    branches = [r for r in routes if r.path_pattern.is_branch and path.endswith("/")]
    shapes = [route.path_pattern.shape for route in branches]
    deferred = [r for r in routes if r not in branches and r.path_pattern.shape in shapes]
    in_order = [*(route for route in routes if route not in deferred), *deferred]
    tried = [(route, match_path(route.path_pattern, path, route.slash_mode)) for route in in_order]
    return [(route, values) for route, values in tried if values is not None]


@pytest.mark.parametrize(
    ("texts", "path", "candidates"),
    [
        pytest.param("", "/", "", id="no routes, no candidates"),
        pytest.param("/", "/", "/", id="the root"),
        pytest.param("/", "", "/", id="an empty path is the root"),
        pytest.param("/ /a", "/a", "/a", id="a literal"),
        pytest.param("/a", "a", "/a", id="a missing first slash makes no difference"),
        pytest.param("/a", "/b", "", id="another literal"),
        pytest.param("/a", "/a/b", "", id="a segment too many"),
        pytest.param("/a/b", "/a", "", id="a segment is missing"),
        pytest.param("/a/<x> /b/<x>", "/b/1", "/b/<x>", id="a literal, then a binding"),
        pytest.param("/<x>/a /<x>/b", "/1/b", "/<x>/b", id="a binding, then a literal"),
        pytest.param("/a /<x>", "/a", "/a /<x>", id="a literal declared before a binding"),
        pytest.param("/<x> /a", "/a", "/<x> /a", id="a binding declared before a literal"),
        pytest.param("/<x> /a", "/b", "/<x>", id="only the binding"),
        pytest.param("/<x> /a /<y:int>", "/a", "/<x> /a /<y:int>", id="types are not compared"),
        pytest.param("/<x*> /a /<y> /b", "/a", "/<x*> /a /<y>", id="a variadic binding, first"),
        pytest.param("/a /<y> /<x*>", "/a", "/a /<y> /<x*>", id="a variadic binding, last"),
        pytest.param(
            "/a/<x*> /a /a/b", "/a", "/a/<x*> /a", id="a variadic binding that takes none"
        ),
        pytest.param(
            "/a/<x*> /a /a/b", "/a/b", "/a/<x*> /a/b", id="a variadic binding that takes one"
        ),
        pytest.param("/a/<x*> /b/<y*>", "/b/1/2", "/b/<y*>", id="by the literal in front"),
        pytest.param("/<x*>/a /<x*>/b", "/1/2/b", "/<x*>/b", id="by the literal at the end"),
        pytest.param(
            "/<x?>/a/<y> /<x?>/b/<y>", "/1/b/2", "/<x?>/b/<y>", id="by the literal in the middle"
        ),
        pytest.param("/a /a", "/a", "/a /a", id="the same pattern twice"),
        pytest.param("/<x>/b /a/<x> /a/b", "/a/b", "/<x>/b /a/<x> /a/b", id="several ways"),
        pytest.param(
            "/<x>/c /a/b", "/a/c", "/<x>/c", id="a binding where the equal literal leads nowhere"
        ),
    ],
)
def test_candidates_are_in_declared_order(texts, path, candidates):
    assert found(Router(routes_of(*texts.split())), path) == candidates.split()


@pytest.mark.parametrize(
    ("text", "path", "modes"),
    [
        pytest.param("/a/", "/a/", "redirect rewrite strict", id="a branch with its slash"),
        pytest.param("/a/", "/a", "redirect rewrite", id="a branch without its slash"),
        pytest.param("/a/", "//a/", "redirect rewrite", id="a branch with repeated slashes"),
        pytest.param("/a", "/a", "redirect rewrite strict", id="a leaf"),
        pytest.param("/a", "/a/", "redirect rewrite", id="a leaf with a slash"),
        pytest.param("/a", "/a//", "redirect rewrite", id="a leaf with two slashes"),
        pytest.param("/a", "//a", "redirect rewrite", id="a leaf with repeated slashes"),
        pytest.param("/<x>/", "/a/", "redirect rewrite strict", id="a binding branch"),
        pytest.param("/<x>/", "/a", "redirect rewrite", id="a binding branch without its slash"),
        pytest.param("/<x>/", "/a//", "redirect rewrite", id="a binding branch with two slashes"),
        pytest.param("/<x>", "/a/", "redirect rewrite", id="a binding leaf with a slash"),
        pytest.param("/a/<x*>", "/a/", "redirect rewrite", id="a variadic leaf with a slash"),
        pytest.param("/<x*>", "/", "redirect rewrite strict", id="a variadic leaf at the root"),
        pytest.param("/<x*>", "//", "redirect rewrite", id="a variadic leaf with two slashes"),
    ],
)
def test_the_slash_mode_limits_the_candidates(text, path, modes):
    found_in = [
        mode for mode in SLASH_MODES if found(Router(routes_of(text, slash_mode=mode)), path)
    ]
    assert found_in == modes.split()


@pytest.mark.parametrize(
    ("path", "segments", "has_trailing_slash", "has_repeated_slashes"),
    [
        pytest.param("/", [], True, False, id="the root"),
        pytest.param("", [], False, False, id="an empty path"),
        pytest.param("/a", ["a"], False, False, id="a path equal to a pattern"),
        pytest.param("/b/1", ["b", "1"], False, False, id="a path with a value"),
        pytest.param("/b/1/", ["b", "1"], True, False, id="a path with a value and a slash"),
        pytest.param("/b//1", ["b", "1"], False, True, id="two slashes within"),
        pytest.param("//a", ["a"], False, True, id="two slashes in front"),
        pytest.param("/a//", ["a"], True, True, id="two slashes at the end"),
        pytest.param("b/1", ["b", "1"], False, False, id="no first slash"),
        pytest.param("/none/such", ["none", "such"], False, False, id="a path of no route"),
    ],
)
def test_the_split_path_is_returned_with_the_candidates(
    path, segments, has_trailing_slash, has_repeated_slashes
):
    router = Router(routes_of("/", "/a", "/b/<x>/"))
    _, *parts = router.find_candidates(path)
    assert [list(parts[0]), *parts[1:]] == [segments, has_trailing_slash, has_repeated_slashes]


def test_a_route_that_is_declared_twice_is_found_twice():
    first, second = routes_of("/<x>", "/a")
    assert Router([first, second, first]).find_candidates("/a")[0] == (first, second, first)


def test_a_router_does_not_change_with_the_list_of_routes():
    routes = routes_of("/a/<x>")
    router = Router(routes)
    routes += routes_of("/a/<y>")
    assert found(router, "/a/1") == ["/a/<x>"]
    assert found(router, "//a/1") == ["/a/<x>"]


def test_a_look_up_does_not_change_the_result_of_another():
    router = Router(routes_of("/a/<x>", "/b"))
    for path in ("/a/1", "/b", "/a//1"):
        segments = list(router.find_candidates(path)[1])
        router.find_candidates("/a/2")
        assert list(router.find_candidates(path)[1]) == segments


MANY = 1000


@pytest.mark.parametrize(
    ("form", "path"),
    [
        pytest.param("/r{}", "/r{}", id="literals"),
        pytest.param("/r{}/<x>", "/r{}/1", id="a binding at the end"),
        pytest.param("/<x>/r{}", "/1/r{}", id="a binding in front"),
        pytest.param("/api/v1/r{}/<x:int>/edit", "/api/v1/r{}/1/edit", id="deep"),
        pytest.param("/r{}/<rest*>", "/r{}/1/2", id="variadic at the end"),
        pytest.param("/<rest*>/r{}", "/1/2/r{}", id="variadic in front"),
        pytest.param(
            "/<language?>/r{}/<x>", "/en/r{}/1", id="variadic in front, with more after it"
        ),
        pytest.param("/a/<x*>/r{}/<y*>/b", "/a/1/r{}/2/b", id="between variadic bindings"),
    ],
)
def test_only_routes_that_can_match_are_candidates_among_many(form, path):
    router = Router(routes_of(*(form.format(number) for number in range(MANY))))
    for number in (0, MANY // 2, MANY - 1):
        assert found(router, path.format(number)) == [form.format(number)]
    assert found(router, path.format(MANY)) == []


@pytest.mark.parametrize("mode", SLASH_MODES)
@pytest.mark.parametrize("path", ["/a/b/", "//a/b/", "/a/b//"])
def test_a_leaf_comes_after_the_branches_of_its_shape_if_the_path_ends_with_a_slash(path, mode):
    texts = ["/a/<x>", "/<x>/<y>", "/a/<z>/", "/<y*>"]
    router = Router(routes_of(*texts, slash_mode=mode))
    assert found(router, "/a/b") == [text for text in texts if mode != S_STRICT or text[-1] != "/"]
    if mode != S_STRICT:
        assert found(router, path) == ["/<x>/<y>", "/a/<z>/", "/<y*>", "/a/<x>"]


CROSSING = [f"/<x>/y{n}" for n in range(60)] + [f"/x{n}/<y>" for n in range(300)]
WIDE = [f"/<language?>/page{n}/<x>" for n in range(100)] + ["/<x>/page7/<y>/", "/en/<x*>"]


@pytest.mark.parametrize(
    ("texts", "path"),
    [
        pytest.param(CROSSING, "/x0/y0", id="crossing, the first"),
        pytest.param(CROSSING, "/x299/y59", id="crossing, the last"),
        pytest.param(CROSSING, "/x299/y60", id="crossing, one way"),
        pytest.param(CROSSING, "/x300/y59", id="crossing, the other way"),
        pytest.param(CROSSING, "/x299/y59/", id="crossing, with a slash"),
        pytest.param(CROSSING, "/x299/y59/z", id="crossing, too far"),
        pytest.param(WIDE, "/page0/1", id="wide, the first"),
        pytest.param(WIDE, "/page99/1", id="wide, the last"),
        pytest.param(WIDE, "/en/page99/1", id="wide, several"),
        pytest.param(WIDE, "/en/page7/page8", id="wide, all"),
        pytest.param(WIDE, "/en/page7/page8/", id="wide, all with a slash"),
        pytest.param(WIDE, "/en/page100/1", id="wide, but one"),
    ],
)
def test_patterns_with_too_many_states_match_the_same(texts, path):
    routes = routes_of(*texts)
    assert matched(Router(routes), path) == matched_in_turn(routes, path)


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(["/<a*>/<b*>/<c*>/<d*>/x"], id="one after the other"),
        pytest.param(["/<a*>/a/<b*>/a/<c*>/a/<d*>/x"], id="with literals between"),
        pytest.param(["/a/<x*>/b", "/<x>/a/<y*>/b", "/a"], id="several routes"),
        pytest.param(WIDE[:10] + WIDE[-2:], id="with other literals"),
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/a" * 5000, id="many segments"),
        pytest.param("/a" * 5000 + "/x", id="many segments, then another"),
        pytest.param("/" * 10_000, id="many slashes"),
        pytest.param("/a//" * 2500, id="many segments and more slashes"),
    ],
)
def test_long_paths_are_matched_without_backtracking(texts, path):
    routes = routes_of(*texts)
    assert matched(Router(routes), path) == matched_in_turn(routes, path)


ROUTES = st.builds(
    lambda text, slash_mode: Route(Pattern(text), slash_mode), TEXTS, st.sampled_from(SLASH_MODES)
)


@given(st.lists(ROUTES, max_size=12), st.lists(PATHS, min_size=1, max_size=8))
@example(routes_of("/<x0*>/a/<x1*>/b", "/a/<x0>", "/<x0>/b/"), ["/a/b", "/a/a/b/b", "/a/b/"])
def test_the_candidates_are_those_found_by_trying_every_route(routes, paths):
    router = Router(routes)
    for path in paths:
        assert matched(router, path) == matched_in_turn(routes, path)


@given(
    st.lists(ROUTES, max_size=12),
    st.lists(PATHS, min_size=1, max_size=8),
    st.integers(0, 30),
)
def test_the_limit_of_states_does_not_change_the_candidates(routes, paths, transitions):
    limits = {"MIN_TRANSITIONS": transitions, "TRANSITIONS_PER_SEGMENT": 0}
    with patch.multiple("clastic.routing.router", **limits):
        router = Router(routes)
    for path in paths:
        assert matched(router, path) == matched_in_turn(routes, path)
        assert router.find_candidates(path)[0] == Router(routes).find_candidates(path)[0]
