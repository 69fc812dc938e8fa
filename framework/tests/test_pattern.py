"""Which paths a pattern matches, and to what values."""

from __future__ import annotations

import copy
import pickle
import re
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clastic.pattern import (
    S_REDIRECT,
    S_REWRITE,
    S_STRICT,
    Binding,
    InvalidPattern,
    Literal,
    Pattern,
    normal_path,
    split_path,
)

SLASH_MODES = (S_REDIRECT, S_REWRITE, S_STRICT)


@pytest.mark.parametrize(
    ("pattern", "path", "values"),
    [
        pytest.param("/", "/", {}, id="the root"),
        pytest.param("/", "", {}, id="no path at all is the root"),
        pytest.param("/", "/a", None, id="the root is only the root"),
        pytest.param("/a/b", "/a/b", {}, id="literals"),
        pytest.param("/a/b", "a/b", {}, id="a missing first slash is taken as there"),
        pytest.param("/a/b", "/a/c", None, id="another literal"),
        pytest.param("/a/b", "/a", None, id="a literal short"),
        pytest.param("/a/b", "/a/b/c", None, id="a literal too many"),
        pytest.param("/a", "/A", None, id="case counts"),
        pytest.param("/a.b", "/axb", None, id="a dot is a dot"),
        pytest.param("/a+", "/aa", None, id="a plus is a plus"),
        pytest.param("/%20", "/ ", None, id="a percent sign is a percent sign"),
        pytest.param("/é", "/é", {}, id="any script"),
        pytest.param("/a?b#c", "/a?b#c", {}, id="what a URL must encode"),
        pytest.param("/<x>", "/é b", {"x": "é b"}, id="a str is any segment"),
        pytest.param("/<x>", "/", None, id="a binding takes no empty segment"),
        pytest.param("/<x>/<y>", "/1/2", {"x": "1", "y": "2"}, id="two bindings"),
        pytest.param("/<x>/<y>", "/1", None, id="a binding short"),
        pytest.param("/<x>/<y>", "//1/2", {"x": "1", "y": "2"}, id="empty segments do not bind"),
        pytest.param("/a/<x>", "/b/1", None, id="another literal before a binding"),
        pytest.param("/a/<x:int>/b", "/a/1/c", None, id="another literal behind a binding"),
        pytest.param("/<x:int>/<y>", "/1/b", {"x": 1, "y": "b"}, id="an int and a str"),
        pytest.param("/<x:int>/<y>", "/a/b", None, id="a str for an int"),
        pytest.param("/v<x:int>", "/v12", {"x": 12}, id="a literal in front"),
        pytest.param("/v<x:int>", "/12", None, id="no literal in front"),
        pytest.param("/v<x>", "/v", None, id="only the literal in front"),
        pytest.param("/<x>.xml", "/a.xml", {"x": "a"}, id="a literal behind"),
        pytest.param("/<x>.xml", "/a.xm", None, id="no literal behind"),
        pytest.param("/<x>.xml", "/a.xml.xml", {"x": "a.xml"}, id="the literal behind twice"),
        pytest.param("/aa<x>aa", "/aaaa", None, id="only the literals around"),
        pytest.param("/aa<x>aa", "/aaa", None, id="the literals do not overlap"),
        pytest.param("/aa<x>aa", "/aaaaa", {"x": "a"}, id="one character within"),
        pytest.param("/a<x:int>b", "/axb", None, id="no int within"),
        pytest.param("/<x?>", "/", {"x": None}, id="none of zero or one"),
        pytest.param("/<x?>", "/a", {"x": "a"}, id="one of zero or one"),
        pytest.param("/<x?>", "/a/b", None, id="two of zero or one"),
        pytest.param("/<x?int>", "/a", None, id="zero or one int is no str"),
        pytest.param("/<x?int>/a", "/a", {"x": None}, id="none of zero or one, then a literal"),
        pytest.param("/<x*>", "/", {"x": []}, id="none of zero or more"),
        pytest.param("/<x*int>", "/1/2/3", {"x": [1, 2, 3]}, id="three of zero or more"),
        pytest.param("/<x*int>", "/1/a/3", None, id="one of zero or more does not parse"),
        pytest.param("/<x+>", "/", None, id="none of one or more"),
        pytest.param("/<x+>", "/a", {"x": ["a"]}, id="one of one or more"),
        pytest.param("/<x+>", "/a/b", {"x": ["a", "b"]}, id="two of one or more"),
        pytest.param("/a/<x*>/b", "/a/b", {"x": []}, id="nothing between literals"),
        pytest.param("/a/<x*>/b", "/a", None, id="literals do not overlap"),
        pytest.param("/a/<x*>/b", "/a/b/b/b", {"x": ["b", "b"]}, id="as much as there is between"),
        pytest.param("/a/<x*>/b", "/a/b/c", None, id="another literal at the end"),
        pytest.param("/a/<x*>/b", "/c/b", None, id="another literal in front"),
        pytest.param("/<x+>/<y>", "/1", None, id="one segment for two bindings"),
        pytest.param("/<y:int>/<x*>", "/a/b", None, id="a str for the int in front"),
        pytest.param(
            "/<x*>/v<y:int>/<z>",
            "/1/v2/3",
            {"x": ["1"], "y": 2, "z": "3"},
            id="places behind a flexible one count from the end",
        ),
        pytest.param(
            "/a/b/<t:int>/thing/<das+int>",
            "/a/b/1/thing/1/2/3",
            {"t": 1, "das": [1, 2, 3]},
            id="the example of the design",
        ),
        pytest.param("/<x*>/<y*>", "/1/2", {"x": ["1", "2"], "y": []}, id="the left is greedy"),
        pytest.param("/<x*>/<y+>", "/1/2", {"x": ["1"], "y": ["2"]}, id="but leaves what is due"),
        pytest.param("/<x?>/<y?>", "/1", {"x": "1", "y": None}, id="the left one of two"),
        pytest.param("/<x?int>/<y?>", "/a", {"x": None, "y": "a"}, id="the right one by type"),
        pytest.param("/<x*>/a/<y*>/b", "/a/a/b/b", {"x": ["a"], "y": ["b"]}, id="literals between"),
        pytest.param(
            "/<x*int>/<y:int>/<z*>",
            "/1/2/a",
            {"x": [1], "y": 2, "z": ["a"]},
            id="one between two flexible",
        ),
        pytest.param("/<x*>/a/<y*>", "/b/c", None, id="the literal between is not there"),
        pytest.param("/<x*>/a/<y*>", "/b/c/a", {"x": ["b", "c"], "y": []}, id="it is at the end"),
    ],
)
def test_matches(pattern, path, values):
    assert Pattern(pattern).match(path, S_REWRITE) == values


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
def test_an_int_is_ascii_digits(segment, value):
    expected = None if value is None else {"x": value}
    assert Pattern("/<x:int>").match(f"/{segment}") == expected


@pytest.fixture
def digits_allowed(request):
    """A process that converts this many digits at most, 0 for any number."""
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
    assert pattern.match("/" + "1" * most) is not None
    assert pattern.match("/" + "1" * (most + 1)) is None


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
    assert Pattern("/<x:float>").match(f"/{segment}") == expected


@pytest.mark.parametrize(
    ("pattern", "path", "modes"),
    [
        pytest.param("/a/", "/a/", "redirect rewrite strict", id="a branch with its slash"),
        pytest.param("/a/", "/a", "redirect rewrite", id="a branch without its slash"),
        pytest.param("/a/", "/a//", "redirect rewrite", id="a branch with two"),
        pytest.param("/a/", "//a/", "redirect rewrite", id="a branch with two in front"),
        pytest.param("/a", "/a", "redirect rewrite strict", id="a leaf"),
        pytest.param("/a", "/a/", "", id="a leaf with a slash"),
        pytest.param("/a", "//a", "redirect rewrite", id="a leaf with two slashes in front"),
        pytest.param("/a/b", "/a//b", "redirect rewrite", id="a leaf with two slashes within"),
        pytest.param("/a", "//a/", "", id="a leaf with slashes on either side"),
        pytest.param("/", "/", "redirect rewrite strict", id="the root"),
        pytest.param("/", "", "redirect rewrite", id="the root without its slash"),
        pytest.param("/", "///", "redirect rewrite", id="the root of many slashes"),
        pytest.param("/a/<x*>", "/a", "redirect rewrite strict", id="none of zero or more"),
        pytest.param("/a/<x*>", "/a/", "redirect rewrite strict", id="none, with a slash"),
        pytest.param("/a/<x*>", "/a//", "redirect rewrite", id="none, with two slashes"),
        pytest.param("/a/<x*>", "/a/b/", "", id="some of zero or more, with a slash"),
        pytest.param("/a/<x?>", "/a/", "redirect rewrite strict", id="none of zero or one"),
        pytest.param("/a/<x?>", "/a/b/", "", id="one of zero or one, with a slash"),
        pytest.param("/<x*>", "/", "redirect rewrite strict", id="none of zero or more, alone"),
        pytest.param("/<x+>", "/a/", "", id="one or more, with a slash"),
        pytest.param("/<x*>/a", "/a/", "", id="a literal behind zero or more, with a slash"),
        pytest.param("/<x*>/<y>", "/a/", "", id="one behind zero or more, with a slash"),
        pytest.param("/<x*>/<y?>", "/a/", "redirect rewrite strict", id="the last took none"),
        pytest.param("/<x?>/<y?>", "/a/b/", "", id="the last of two took one"),
        pytest.param("/<x*>/", "/a/b/", "redirect rewrite strict", id="a flexible branch"),
        pytest.param("/<x*>/", "/a/b", "redirect rewrite", id="a flexible branch without slash"),
        pytest.param("/<x?>/<y*>/", "/a/b/", "redirect rewrite strict", id="of two"),
        pytest.param("/<x?>/<y*>/", "/a/b", "redirect rewrite", id="of two, without slash"),
        pytest.param("/<x:int>/", "/a/", "", id="a branch whose value does not parse"),
    ],
)
def test_slashes(pattern, path, modes):
    matching = [mode for mode in SLASH_MODES if Pattern(pattern).match(path, mode) is not None]
    assert matching == modes.split()


def test_a_path_is_to_be_redirected_unless_told_otherwise():
    assert Pattern("/a/").match("/a") == {}


@pytest.mark.parametrize(
    ("path", "segments", "has_trailing_slash", "has_repeated_slashes"),
    [
        pytest.param("", [], False, False, id="nothing"),
        pytest.param("/", [], True, False, id="the root"),
        pytest.param("//", [], True, True, id="two slashes"),
        pytest.param("/a", ["a"], False, False, id="a segment"),
        pytest.param("a", ["a"], False, False, id="no first slash"),
        pytest.param("/a/", ["a"], True, False, id="a slash at the end"),
        pytest.param("/a//b", ["a", "b"], False, True, id="two slashes within"),
        pytest.param("//a", ["a"], False, True, id="two slashes in front"),
        pytest.param("/a//", ["a"], True, True, id="two slashes at the end"),
        pytest.param("/ /\\", [" ", "\\"], False, False, id="only a slash is a slash"),
    ],
)
def test_a_path_is_taken_apart(path, segments, has_trailing_slash, has_repeated_slashes):
    assert split_path(path) == (segments, has_trailing_slash, has_repeated_slashes)


@pytest.mark.parametrize(
    ("segments", "is_branch", "path"),
    [
        pytest.param([], True, "/", id="the root"),
        pytest.param([], False, "/", id="no segments, of a leaf"),
        pytest.param(["a", "b"], False, "/a/b", id="a leaf"),
        pytest.param(["a", "b"], True, "/a/b/", id="a branch"),
        pytest.param(["evil.example"], True, "/evil.example/", id="one slash in front, never two"),
    ],
)
def test_a_path_is_put_together(segments, is_branch, path):
    assert normal_path(segments, is_branch) == path


@pytest.mark.parametrize(
    ("prefix", "pattern", "mounted"),
    [
        pytest.param("/", "/", "/", id="the root below the root"),
        pytest.param("/", "/a", "/a", id="a leaf below the root"),
        pytest.param("/a", "/", "/a/", id="the root below a prefix"),
        pytest.param("/a/", "/", "/a/", id="the root below a prefix with a slash"),
        pytest.param("/a", "/b", "/a/b", id="a leaf below a prefix"),
        pytest.param("/a/", "/b/", "/a/b/", id="a branch below a prefix with a slash"),
        pytest.param("/<x:int>/a", "/<y*>", "/<x:int>/a/<y*>", id="a prefix with a binding"),
    ],
)
def test_a_pattern_is_mounted_below_a_prefix(prefix, pattern, mounted):
    assert Pattern(pattern).mounted(prefix) == Pattern(mounted)


@pytest.mark.parametrize(
    ("prefix", "place"),
    [
        pytest.param("a", "'a': it does not start with '/'", id="no slash in front"),
        pytest.param("", "'': it does not start with '/'", id="nothing"),
        pytest.param("//", "'//': a segment is empty", id="two slashes"),
        pytest.param("/<id>/", "'/<id>/<id>': the name 'id' is used twice", id="a name again"),
    ],
)
def test_a_prefix_is_a_pattern_that_fits(prefix, place):
    with pytest.raises(InvalidPattern, match=re.escape(f"Invalid pattern {place}.\n")):
        Pattern("/<id>").mounted(prefix)


def test_a_pattern_tells_what_it_is():
    pattern = Pattern("/a/<x:int>/<y*>/")
    assert pattern.text == "/a/<x:int>/<y*>/"
    assert pattern.is_branch
    assert pattern.names == ("x", "y")
    assert pattern.segments == (Literal("a"), Binding("x", ":", "int"), Binding("y", "*"))
    assert repr(pattern) == "Pattern(text='/a/<x:int>/<y*>/')"


@pytest.mark.parametrize(
    ("text", "takes_trailing_slash"),
    [
        pytest.param("/", True, id="the root"),
        pytest.param("/a/", True, id="a branch"),
        pytest.param("/a", False, id="a leaf"),
        pytest.param("/<x>", False, id="a leaf that binds one"),
        pytest.param("/<x+>", False, id="a leaf that binds one or more"),
        pytest.param("/<x?>", True, id="a leaf that may bind none"),
        pytest.param("/<x*>/<y>", False, id="a leaf that may bind none in front of one"),
    ],
)
def test_a_pattern_tells_whether_a_path_may_end_in_a_slash(text, takes_trailing_slash):
    assert Pattern(text).takes_trailing_slash is takes_trailing_slash


@pytest.mark.parametrize(
    ("text", "places"),
    [
        pytest.param("/a", {}, id="no bindings"),
        pytest.param("/a/<x>/b/<y>/", {"x": 1, "y": 3}, id="plain bindings"),
        pytest.param("/<x>/<y:int>", None, id="a binding that is converted"),
        pytest.param("/<x>/a<y>", None, id="a literal in front"),
        pytest.param("/<x>/<y>a", None, id="a literal behind"),
        pytest.param("/<x>/<y?>", None, id="a flexible binding"),
    ],
)
def test_a_pattern_tells_which_segments_are_the_values(text, places):
    assert Pattern(text).places() == places


def test_an_invalid_pattern_is_refused():
    with pytest.raises(InvalidPattern, match="unknown type 'imt'"):
        Pattern("/<id:imt>")


def test_patterns_are_equal_by_their_text():
    assert Pattern("/<x>") == Pattern("/<x>")
    assert Pattern("/<x>") != Pattern("/<y>")
    assert len({Pattern("/<x>"), Pattern("/<x>"), Pattern("/<y>")}) == 2


def test_a_pattern_does_not_change():
    with pytest.raises(AttributeError, match="does not change"):
        Pattern("/a").text = "/b"


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))]
)
def test_a_copy_of_a_pattern_matches_the_same(again):
    copied = again(Pattern("/a/<x:int>"))
    assert copied == Pattern("/a/<x:int>")
    assert copied.match("/a/1") == {"x": 1}


@pytest.mark.parametrize("text", ["/a", "/<x>", "/<x>/<y>", "/<x:int>", "/a/<x*>", "/<x*>/<y*>"])
def test_the_values_of_one_path_are_not_those_of_another(text):
    pattern = Pattern(text)
    values = pattern.match("/a/1") or pattern.match("/1") or pattern.match("/a")
    again = pattern.match("/a/1") or pattern.match("/1") or pattern.match("/a")
    assert values == again
    assert values is not again


def test_segments_may_be_any_sequence():
    segments = ("a", "1", "2")
    assert Pattern("/a/<x:int>/<y>").match_segments(segments, False) == {"x": 1, "y": "2"}
    assert Pattern("/a/<x*>").match_segments(segments, False) == {"x": ["1", "2"]}
    assert Pattern("/<x*>/<y*>").match_segments(segments, False) == {"x": ["a", "1", "2"], "y": []}


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
def test_a_long_path_that_does_not_match_is_answered(pattern, path):
    assert Pattern(pattern).match(path) is None


def test_a_long_path_that_matches_is_answered():
    values = Pattern("/<a*>/<b?>/<c*int>/a/<d*>").match("/a" * 5000)
    assert values == {"a": ["a"] * 4999, "b": None, "c": [], "d": []}


def expected_match(text, path, slash_mode):
    """Match by trying every way to deal the segments out, first those that favour the left."""
    path = path if not path or path.startswith("/") else f"/{path}"
    words = re.findall("[^/]+", path)
    parts = re.findall("[^/]+", text)
    runs = next(deals(parts, words), None)
    if runs is None:
        return None
    stem = "".join(f"/{word}" for word in words)
    if text.endswith("/"):
        normal_forms = {f"{stem}/"}
    else:
        normal_forms = {stem, f"{stem}/"}
        if path.endswith("/") and runs[-1]:
            return None
    if slash_mode == S_STRICT and path not in normal_forms:
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


def deals(parts, words):
    """Every way to deal the words of a path to the parts of a pattern, as runs of values."""
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
            yield from ([run, *others] for others in deals(parts[1:], words[size:]))


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


PARTS = ["a", "b", "1", "é", "<{}>", "<{}:int>", "<{}:float>", "<{}?>", "<{}*>", "<{}+>"]
PARTS += ["<{}?int>", "<{}*int>", "<{}+float>", "a<{}>", "<{}:int>b", "a<{}>b", "1<{}:int>"]
WORDS = ["a", "b", "1", "-2", "1.5", "é", "\u0661", "ab", "a1b", "11", "1b"]


def text_of(parts, is_branch):
    stem = "".join(f"/{part.format(f'x{place}')}" for place, part in enumerate(parts))
    return f"{stem}/" if is_branch or not parts else stem


TEXTS = st.builds(text_of, st.lists(st.sampled_from(PARTS), max_size=5), st.booleans())
PATHS = st.builds(
    lambda start, words, end: start + "/".join(words) + end,
    st.sampled_from(["/", "/", "/", ""]),
    st.lists(st.sampled_from([*WORDS, ""]), max_size=6),
    st.sampled_from(["", "", "/", "//"]),
)


@st.composite
def texts_and_fitting_paths(draw):
    """A pattern, and a path that was made from it and matches it but for types and slashes."""
    parts = draw(st.lists(st.sampled_from(PARTS), max_size=5))
    path = ""
    for part in parts:
        least, most = (0 if re.search("[?*]", part) else 1), (3 if re.search("[*+]", part) else 1)
        words = draw(st.lists(st.sampled_from(WORDS[:5]), min_size=least, max_size=most))
        path += "".join("/" + re.sub("<.*>", word, part) for word in words)
    return text_of(parts, draw(st.booleans())), path + draw(st.sampled_from(["", "/", "//"]))


@given(st.one_of(st.tuples(TEXTS, PATHS), texts_and_fitting_paths()), st.sampled_from(SLASH_MODES))
@example(("/<x0?>/<x1*int>/<x2+>/", "/1/2//b"), S_REWRITE)
@example(("/<x0*>/a/<x1?int>/<x2*>", "/a/a/1/b"), S_STRICT)
@example(("/<x0*>/<x1*>", "/a/b/"), S_STRICT)
def test_a_match_is_the_greediest_of_all_that_there_are(text_and_path, slash_mode):
    text, path = text_and_path
    assert Pattern(text).match(path, slash_mode) == expected_match(text, path, slash_mode)


@given(TEXTS, st.lists(st.sampled_from(WORDS), max_size=6), st.booleans())
def test_what_matches_is_read_the_same(text, segments, has_trailing_slash):
    pattern = Pattern(text)
    values = pattern.match_segments(segments, has_trailing_slash)
    if values is not None:
        assert pattern.read(segments, has_trailing_slash) == values


@given(TEXTS, st.text(), st.sampled_from(SLASH_MODES))
def test_no_path_raises(text, path, slash_mode):
    values = Pattern(text).match(path, slash_mode)
    assert values is None or tuple(sorted(values)) == Pattern(text).names


def test_a_name_is_normalised_as_python_normalises_arguments() -> None:
    assert Pattern("/<\N{MICRO SIGN}>").names == ("\N{GREEK SMALL LETTER MU}",)
