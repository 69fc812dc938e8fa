"""Read path values: which paths a pattern matches, and the values of its bindings."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import PATHS, SLASH_MODES, TEXTS, texts_and_matching_paths

from clastic.pattern import S_REWRITE, S_STRICT, Pattern, split_path
from clastic.routing.matching import compile_reader, match_path, value_positions


@pytest.mark.parametrize(
    ("pattern", "path", "values"),
    [
        pytest.param("/", "/", {}, id="the root"),
        pytest.param("/", "", {}, id="an empty path is the root"),
        pytest.param("/", "/a", None, id="the root matches no other path"),
        pytest.param("/a/b", "/a/b", {}, id="literals"),
        pytest.param("/a/b", "a/b", {}, id="a missing first slash makes no difference"),
        pytest.param("/a/b", "/a/c", None, id="another literal"),
        pytest.param("/a/b", "/a", None, id="a literal is missing"),
        pytest.param("/a/b", "/a/b/c", None, id="a literal too many"),
        pytest.param("/a", "/A", None, id="case counts"),
        pytest.param("/a.b", "/axb", None, id="a dot matches only a dot"),
        pytest.param("/a+", "/aa", None, id="a plus sign matches only a plus sign"),
        pytest.param("/%20", "/ ", None, id="a percent sign is not decoded again"),
        pytest.param("/é", "/é", {}, id="any script"),
        pytest.param("/a?b#c", "/a?b#c", {}, id="characters that a URL must encode"),
        pytest.param("/<x>", "/é b", {"x": "é b"}, id="a str is any segment"),
        pytest.param("/<x>", "/", None, id="a binding takes no empty segment"),
        pytest.param("/<x>/<y>", "/1/2", {"x": "1", "y": "2"}, id="two bindings"),
        pytest.param("/<x>/<y>", "/1", None, id="a binding has no segment"),
        pytest.param("/<x>/<y>", "//1/2", {"x": "1", "y": "2"}, id="empty segments do not bind"),
        pytest.param("/a/<x>", "/b/1", None, id="another literal before a binding"),
        pytest.param("/a/<x:int>/b", "/a/1/c", None, id="another literal after a binding"),
        pytest.param("/<x:int>/<y>", "/1/b", {"x": 1, "y": "b"}, id="an int and a str"),
        pytest.param("/<x:int>/<y>", "/a/b", None, id="a str for an int"),
        pytest.param("/v<x:int>", "/v12", {"x": 12}, id="a prefix"),
        pytest.param("/v<x:int>", "/12", None, id="no prefix"),
        pytest.param("/v<x>", "/v", None, id="only the prefix"),
        pytest.param("/<x>.xml", "/a.xml", {"x": "a"}, id="a suffix"),
        pytest.param("/<x>.xml", "/a.xm", None, id="no suffix"),
        pytest.param("/<x>.xml", "/a.xml.xml", {"x": "a.xml"}, id="the suffix twice"),
        pytest.param("/aa<x>aa", "/aaaa", None, id="only prefix and suffix"),
        pytest.param("/aa<x>aa", "/aaa", None, id="prefix and suffix do not overlap"),
        pytest.param(
            "/aa<x>aa", "/aaaaa", {"x": "a"}, id="one character between prefix and suffix"
        ),
        pytest.param("/a<x:int>b", "/axb", None, id="no int between prefix and suffix"),
        pytest.param("/<x?>", "/", {"x": None}, id="zero of zero or one"),
        pytest.param("/<x?>", "/a", {"x": "a"}, id="one of zero or one"),
        pytest.param("/<x?>", "/a/b", None, id="two of zero or one"),
        pytest.param("/<x?int>", "/a", None, id="zero or one int is not a str"),
        pytest.param("/<x?int>/a", "/a", {"x": None}, id="none of zero or one, then a literal"),
        pytest.param("/<x*>", "/", {"x": []}, id="none of zero or more"),
        pytest.param("/<x*int>", "/1/2/3", {"x": [1, 2, 3]}, id="three of zero or more"),
        pytest.param("/<x*int>", "/1/a/3", None, id="one of zero or more is not an int"),
        pytest.param("/<x+>", "/", None, id="none of one or more"),
        pytest.param("/<x+>", "/a", {"x": ["a"]}, id="one of one or more"),
        pytest.param("/<x+>", "/a/b", {"x": ["a", "b"]}, id="two of one or more"),
        pytest.param("/a/<x*>/b", "/a/b", {"x": []}, id="nothing between literals"),
        pytest.param("/a/<x*>/b", "/a", None, id="literals do not overlap"),
        pytest.param(
            "/a/<x*>/b", "/a/b/b/b", {"x": ["b", "b"]}, id="as much as possible between literals"
        ),
        pytest.param("/a/<x*>/b", "/a/b/c", None, id="another literal at the end"),
        pytest.param("/a/<x*>/b", "/c/b", None, id="another literal in front"),
        pytest.param("/<x+>/<y>", "/1", None, id="one segment for two bindings"),
        pytest.param("/<y:int>/<x*>", "/a/b", None, id="a str for the int in front"),
        pytest.param(
            "/<x*>/v<y:int>/<z>",
            "/1/v2/3",
            {"x": ["1"], "y": 2, "z": "3"},
            id="bindings after a variadic one",
        ),
        pytest.param(
            "/a/b/<t:int>/thing/<das+int>",
            "/a/b/1/thing/1/2/3",
            {"t": 1, "das": [1, 2, 3]},
            id="an int and a list of ints",
        ),
        pytest.param(
            "/<x*>/<y*>", "/1/2", {"x": ["1", "2"], "y": []}, id="the binding to the left is greedy"
        ),
        pytest.param(
            "/<x*>/<y+>", "/1/2", {"x": ["1"], "y": ["2"]}, id="it leaves what the others need"
        ),
        pytest.param("/<x?>/<y?>", "/1", {"x": "1", "y": None}, id="the left one of two"),
        pytest.param(
            "/<x?int>/<y?>", "/a", {"x": None, "y": "a"}, id="the right one of two by its type"
        ),
        pytest.param("/<x*>/a/<y*>/b", "/a/a/b/b", {"x": ["a"], "y": ["b"]}, id="literals between"),
        pytest.param(
            "/<x*int>/<y:int>/<z*>",
            "/1/2/a",
            {"x": [1], "y": 2, "z": ["a"]},
            id="one between two variadic bindings",
        ),
        pytest.param("/<x*>/a/<y*>", "/b/c", None, id="the literal between is not there"),
        pytest.param("/<x*>/a/<y*>", "/b/c/a", {"x": ["b", "c"], "y": []}, id="it is at the end"),
    ],
)
def test_a_pattern_matches_the_described_paths(pattern, path, values):
    assert match_path(Pattern(pattern), path, S_REWRITE) == values
    if values is not None:
        segments = split_path(path).segments
        assert compile_reader(Pattern(pattern))(segments) == values


@pytest.mark.parametrize(
    ("segment", "value"),
    [
        pytest.param("0", 0, id="a digit"),
        pytest.param("-12", -12, id="negative"),
        pytest.param("007", 7, id="leading zeros"),
        pytest.param("-0", 0, id="minus zero"),
        pytest.param("9" * 4300, 10**4300 - 1, id="as many digits as Python converts"),
        pytest.param("9" * 4301, None, id="a digit more"),
        pytest.param("0" * 5000, None, id="as many zeros"),
        pytest.param("9" * 5000, None, id="far too many digits"),
        pytest.param("-" + "9" * 5000, None, id="far too many digits, negative"),
        pytest.param("+1", None, id="a plus sign"),
        pytest.param("--1", None, id="two signs"),
        pytest.param("-", None, id="only a sign"),
        pytest.param("1.0", None, id="a decimal point"),
        pytest.param("1_000", None, id="an underscore"),
        pytest.param(" 1", None, id="a space"),
        pytest.param("1\n", None, id="a line end"),
        pytest.param("0x1", None, id="hexadecimal"),
        pytest.param("\u0661", None, id="a digit of another script"),
        pytest.param("²", None, id="a superscript"),
    ],
)
def test_an_int_consists_of_ascii_digits(segment, value):
    expected = None if value is None else {"x": value}
    assert match_path(Pattern("/<x:int>"), f"/{segment}") == expected


@pytest.fixture
def digits_allowed(request):
    """Set the largest number of digits that Python converts, 0 for any number."""
    digits = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(request.param)
    yield
    sys.set_int_max_str_digits(digits)


@pytest.mark.skipif(
    not hasattr(sys, "set_int_max_str_digits"), reason="this Python has no limit to set"
)
@pytest.mark.parametrize(
    ("digits_allowed", "most"),
    [
        pytest.param(640, 640, id="fewer than usual"),
        pytest.param(0, 4300, id="any number"),
    ],
    indirect=["digits_allowed"],
)
@pytest.mark.usefixtures("digits_allowed")
def test_an_int_has_no_more_digits_than_python_converts(most):
    pattern = Pattern("/<x:int>")
    assert match_path(pattern, "/" + "1" * most) is not None
    assert match_path(pattern, "/" + "1" * (most + 1)) is None


@pytest.mark.parametrize(
    ("segment", "value"),
    [
        pytest.param("1", 1.0, id="digits"),
        pytest.param("-1.50", -1.5, id="negative with decimals"),
        pytest.param("1.", 1.0, id="a point at the end"),
        pytest.param(".5", 0.5, id="a point in front"),
        pytest.param("1e3", 1000.0, id="an exponent"),
        pytest.param("1.5E-3", 0.0015, id="a negative exponent"),
        pytest.param("2e+2", 200.0, id="an exponent with a plus sign"),
        pytest.param("1e-400", 0.0, id="too small is zero"),
        pytest.param("1e400", None, id="too large is infinite"),
        pytest.param("-1e400", None, id="too large, negative"),
        pytest.param("nan", None, id="not a number"),
        pytest.param("inf", None, id="infinite"),
        pytest.param("-Infinity", None, id="infinite, negative"),
        pytest.param("+1", None, id="a plus sign"),
        pytest.param(".", None, id="only a point"),
        pytest.param("1e", None, id="an exponent without digits"),
        pytest.param("1.2.3", None, id="two points"),
        pytest.param("1_0.0", None, id="an underscore"),
        pytest.param("1\n", None, id="a line end"),
        pytest.param("\u0661.5", None, id="a digit of another script"),
        pytest.param("1" * 5000 + "x", None, id="many digits, and then none"),
        pytest.param("1" * 5000, None, id="many digits are infinite"),
        pytest.param("0." + "1" * 5000, 1 / 9, id="many decimals"),
    ],
)
def test_a_float_is_finite_decimal_notation(segment, value):
    expected = None if value is None else {"x": value}
    assert match_path(Pattern("/<x:float>"), f"/{segment}") == expected


@pytest.mark.parametrize(
    ("pattern", "path", "modes"),
    [
        pytest.param("/a/", "/a/", "redirect rewrite strict", id="a branch with its slash"),
        pytest.param("/a/", "/a", "redirect rewrite", id="a branch without its slash"),
        pytest.param("/a/", "/a//", "redirect rewrite", id="a branch with two slashes"),
        pytest.param("/a/", "//a/", "redirect rewrite", id="a branch with two slashes in front"),
        pytest.param("/a", "/a", "redirect rewrite strict", id="a leaf"),
        pytest.param("/a", "/a/", "redirect rewrite", id="a leaf with a slash"),
        pytest.param("/a", "//a", "redirect rewrite", id="a leaf with two slashes in front"),
        pytest.param("/a/b", "/a//b", "redirect rewrite", id="a leaf with two slashes within"),
        pytest.param("/a", "//a/", "redirect rewrite", id="a leaf with slashes on either side"),
        pytest.param("/", "/", "redirect rewrite strict", id="the root"),
        pytest.param("/", "", "redirect rewrite", id="the root without its slash"),
        pytest.param("/", "///", "redirect rewrite", id="the root of many slashes"),
        pytest.param("/a/<x*>", "/a", "redirect rewrite strict", id="none of zero or more"),
        pytest.param("/a/<x*>", "/a/", "redirect rewrite", id="none, with a slash"),
        pytest.param("/a/<x*>", "/a//", "redirect rewrite", id="none, with two slashes"),
        pytest.param(
            "/a/<x*>", "/a/b/", "redirect rewrite", id="some of zero or more, with a slash"
        ),
        pytest.param("/a/<x?>", "/a/", "redirect rewrite", id="zero of zero or one"),
        pytest.param("/a/<x?>", "/a/b/", "redirect rewrite", id="one of zero or one, with a slash"),
        pytest.param("/<x*>", "/", "redirect rewrite strict", id="none of zero or more, alone"),
        pytest.param("/<x+>", "/a/", "redirect rewrite", id="one or more, with a slash"),
        pytest.param(
            "/<x*>/a", "/a/", "redirect rewrite", id="a literal after zero or more, with a slash"
        ),
        pytest.param(
            "/<x*>/<y>", "/a/", "redirect rewrite", id="one after zero or more, with a slash"
        ),
        pytest.param("/<x*>/<y?>", "/a/", "redirect rewrite", id="the last took none"),
        pytest.param("/<x?>/<y?>", "/a/b/", "redirect rewrite", id="the last of two took one"),
        pytest.param("/<x*>/", "/a/b/", "redirect rewrite strict", id="a variadic branch"),
        pytest.param("/<x*>/", "/a/b", "redirect rewrite", id="a variadic branch without slash"),
        pytest.param(
            "/<x?>/<y*>/",
            "/a/b/",
            "redirect rewrite strict",
            id="a branch of two variadic bindings",
        ),
        pytest.param(
            "/<x?>/<y*>/",
            "/a/b",
            "redirect rewrite",
            id="a branch of two variadic bindings, without slash",
        ),
        pytest.param("/<x:int>/", "/a/", "", id="a branch whose value is not an int"),
    ],
)
def test_slashes_are_compared_according_to_the_mode(pattern, path, modes):
    matching = [
        mode for mode in SLASH_MODES if match_path(Pattern(pattern), path, mode) is not None
    ]
    assert matching == modes.split()


def test_the_default_slash_mode_is_redirect():
    assert match_path(Pattern("/a/"), "/a") == {}


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        pytest.param("/a", {}, id="no bindings"),
        pytest.param("/a/<x>/b/<y>/", {"x": 1, "y": 3}, id="plain bindings"),
        pytest.param("/<x>/<y:int>", None, id="a binding that is converted"),
        pytest.param("/<x>/a<y>", None, id="a prefix"),
        pytest.param("/<x>/<y>a", None, id="a suffix"),
        pytest.param("/<x>/<y?>", None, id="a variadic binding"),
    ],
)
def test_values_that_are_whole_segments_have_positions(text, positions):
    assert value_positions(Pattern(text)) == positions


@pytest.mark.parametrize("text", ["/a", "/<x>", "/<x>/<y>", "/<x:int>", "/a/<x*>", "/<x*>/<y*>"])
def test_every_match_returns_new_values(text):
    read = compile_reader(Pattern(text))
    segments = ["a", "1"] if text.count("/") > 1 else ["1"]
    values = read(segments)
    assert values is not None
    assert read(segments) == values
    assert read(segments) is not values


def test_segments_may_be_any_sequence():
    segments = ("a", "1", "2")
    assert compile_reader(Pattern("/a/<x:int>/<y>"))(segments) == {"x": 1, "y": "2"}
    assert compile_reader(Pattern("/a/<x*>"))(segments) == {"x": ["1", "2"]}
    assert compile_reader(Pattern("/<x*>/<y*>"))(segments) == {"x": [*segments], "y": []}


@pytest.mark.parametrize(
    "pattern",
    ["/<a*>/<b*>/<c*>/<d*>/x", "/<a+>/<b+>/<c+>/<d+>/x", "/<a*>/a/<b*>/a/<c*>/a/<d*>/x/<e?int>"],
)
@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/a" * 5000, id="many segments"),
        pytest.param("/a" * 5000 + "/", id="many segments and a slash"),
        pytest.param("/" * 10_000, id="many slashes"),
        pytest.param("/a//" * 2500, id="many segments and more slashes"),
    ],
)
def test_a_long_path_that_does_not_match_is_refused_without_backtracking(pattern, path):
    assert match_path(Pattern(pattern), path) is None


def test_a_long_path_that_matches_is_read_without_backtracking():
    values = match_path(Pattern("/<a*>/<b?>/<c*int>/a/<d*>"), "/a" * 5000)
    assert values == {"a": ["a"] * 4999, "b": None, "c": [], "d": []}


def expected_match(text, path, slash_mode):
    """Match by trying every division of the path, those with more on the left first."""
    path = path if not path or path.startswith("/") else f"/{path}"
    words = re.findall("[^/]+", path)
    parts = re.findall("[^/]+", text)
    runs = next(divisions(parts, words), None)
    if runs is None:
        return None
    stem = "".join(f"/{word}" for word in words)
    normal_form = f"{stem}/" if text.endswith("/") or not words else stem
    if slash_mode == S_STRICT and path != normal_form and (path or text.endswith("/")):
        return None
    bound = [(binding_in(part), run) for part, run in zip(parts, runs, strict=True)]
    return {
        binding["name"]: run if binding["operator"] in ("*", "+") else run[0] if run else None
        for binding, run in bound
        if binding
    }


def binding_in(part):
    return re.fullmatch(
        r"(?P<prefix>[^<]*)<(?P<name>\w+)(?P<operator>[:?*+]?)(?P<type>\w*)>(?P<suffix>.*)", part
    )


def divisions(parts, words):
    """Yield every division of the words of a path among the parts of a pattern, as values."""
    if not parts:
        yield from [] if words else [[]]
        return
    binding = binding_in(parts[0])
    least, most = {"?": (0, 1), "*": (0, len(words)), "+": (1, len(words))}.get(
        binding and binding["operator"], (1, 1)
    )
    for size in reversed(range(least, min(most, len(words)) + 1)):
        run = [value_of(binding, parts[0], word) for word in words[:size]]
        if None not in run:
            yield from ([run, *others] for others in divisions(parts[1:], words[size:]))


def value_of(binding, part, word):
    if not binding:
        return word if word == part else None
    prefix, suffix = re.escape(binding["prefix"]), re.escape(binding["suffix"])
    inner = re.fullmatch(f"{prefix}(.+){suffix}", word, re.DOTALL)
    if not inner:
        return None
    if binding["type"] == "int":
        return int(inner[1]) if re.fullmatch("-?[0-9]+", inner[1]) else None
    if binding["type"] == "float":
        return float(inner[1]) if re.fullmatch("-?[0-9]+([.][0-9]+)?", inner[1]) else None
    return inner[1]


@given(st.one_of(st.tuples(TEXTS, PATHS), texts_and_matching_paths()), st.sampled_from(SLASH_MODES))
@example(("/<x0?>/<x1*int>/<x2+>/", "/1/2//b"), S_REWRITE)
@example(("/<x0*>/a/<x1?int>/<x2*>", "/a/a/1/b"), S_STRICT)
@example(("/<x0*>/<x1*>", "/a/b/"), S_STRICT)
def test_the_bindings_to_the_left_take_as_much_as_possible(text_and_path, slash_mode):
    text, path = text_and_path
    assert match_path(Pattern(text), path, slash_mode) == expected_match(text, path, slash_mode)


@given(st.one_of(st.tuples(TEXTS, PATHS), texts_and_matching_paths()))
def test_a_compiled_reader_returns_the_values_of_a_path_that_matches(text_and_path):
    text, path = text_and_path
    pattern = Pattern(text)
    values = match_path(pattern, path)
    segments = split_path(path).segments
    if values is not None:
        assert compile_reader(pattern)(segments) == values


@given(TEXTS, PATHS)
def test_a_compiled_reader_checks_everything_if_there_is_a_variadic_binding(text, path):
    pattern = Pattern(f"{text.rstrip('/')}/<last*>")
    segments = split_path(path).segments
    expected = match_path(pattern, path)
    assert compile_reader(pattern)(segments) == expected


@given(TEXTS, st.text(), st.sampled_from(SLASH_MODES))
def test_any_path_is_matched_without_an_error(text, path, slash_mode):
    values = match_path(Pattern(text), path, slash_mode)
    assert values is None or tuple(sorted(values)) == Pattern(text).names
