"""Parse patterns, report their syntax errors, and split paths."""

from __future__ import annotations

import copy
import pickle
import re
from ast import literal_eval
from textwrap import dedent

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clastic.pattern import Binding, InvalidPattern, Literal, Pattern, normal_path, split_path


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        pytest.param("/", (), id="the root has no segments"),
        pytest.param("/a", (Literal("a"),), id="a literal"),
        pytest.param("/a/", (Literal("a"),), id="a branch has the segments of the leaf"),
        pytest.param("/a/b", (Literal("a"), Literal("b")), id="two literals"),
        pytest.param(
            "/a.b/%20/{x}",
            (Literal("a.b"), Literal("%20"), Literal("{x}")),
            id="characters without a special meaning",
        ),
        pytest.param(
            "/*/a?b#c/:d",
            (Literal("*"), Literal("a?b#c"), Literal(":d")),
            id="operators outside of brackets",
        ),
        pytest.param("/é/日 本", (Literal("é"), Literal("日 本")), id="any script, and spaces"),
        pytest.param("/<x>", (Binding("x"),), id="a binding alone is one str"),
        pytest.param("/<x:str>", (Binding("x", ":", "str"),), id="str by name"),
        pytest.param("/<x:unicode>", (Binding("x", ":", "str"),), id="unicode is str"),
        pytest.param("/<x*unicode>", (Binding("x", "*", "str"),), id="unicode is str, repeated"),
        pytest.param("/<x:int>", (Binding("x", ":", "int"),), id="one int"),
        pytest.param("/<x:float>", (Binding("x", ":", "float"),), id="one float"),
        pytest.param("/<x?>", (Binding("x", "?"),), id="an operator without a type is for str"),
        pytest.param("/<x?int>", (Binding("x", "?", "int"),), id="zero or one"),
        pytest.param("/<x*int>", (Binding("x", "*", "int"),), id="zero or more"),
        pytest.param("/<x+int>", (Binding("x", "+", "int"),), id="one or more"),
        pytest.param("/<_é1>", (Binding("_é1"),), id="a name is any identifier"),
        pytest.param(
            "/<int:int>", (Binding("int", ":", "int"),), id="the name of a type is not reserved"
        ),
        pytest.param("/v<x>", (Binding("x", prefix="v"),), id="a literal before it"),
        pytest.param("/<x>.xml", (Binding("x", suffix=".xml"),), id="a literal after it"),
        pytest.param(
            "/a-<x:int>.b", (Binding("x", ":", "int", "a-", ".b"),), id="a literal on either side"
        ),
        pytest.param("/<x>/<y>", (Binding("x"), Binding("y")), id="a binding in each segment"),
    ],
)
def test_a_pattern_is_parsed(text, segments):
    assert Pattern(text).segments == segments


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        pytest.param("/<path:rest>", "<rest+>", id="a path in front of the name"),
        pytest.param("/<string:name>", "<name>", id="a string in front of the name"),
        pytest.param("/<float:size>", "<size:float>", id="a float in front of the name"),
        pytest.param("/<uuid:id>", "<id>", id="a type that does not exist"),
        pytest.param("/<int(min=1):id>", "<id:int>", id="a type with an argument"),
        pytest.param("/<any(a, b):x>", "<x>", id="a type with alternatives"),
        pytest.param("/<rest:path>", "<rest+>", id="a path after the name"),
        pytest.param("/<path:path>", "<path+>", id="a path of this name"),
        pytest.param("/<id:integer>", "<id:int>", id="an integer"),
        pytest.param("/<id:int?>", "<id?int>", id="? after the type"),
        pytest.param("/<ids:int*>", "<ids*int>", id="* after the type"),
        pytest.param("/<ids:str+>", "<ids+>", id="+ after the type"),
        pytest.param("/<name:re:[a-z]+>", "<name>", id="an expression in the brackets"),
        pytest.param(r"/<id:re:\d+>", "<id:int>", id="digits in the brackets"),
        pytest.param(r"/(?P<id>\d+)", "/<id:int>", id="a named group"),
        pytest.param(r"^/x/(?P<rest>.*)$", "/x/<rest*>", id="an expression from ^ to $"),
        pytest.param(r"articles/([^/]+)/?$", "/articles/<name>", id="a group"),
        pytest.param(r"/(\d+)/(\d+)/", "/<number:int>/<number_2:int>/", id="two groups"),
        pytest.param(r"/p\d+", "/p<number:int>", id="digits"),
        pytest.param(r"/a\.html", "/a.html", id="an escape"),
        pytest.param("/[0-9]+", "/<number:int>", id="a range"),
        pytest.param("/<id>/.+", "/<id>/<name+>", id="anything"),
        pytest.param("/(one|two)/a", "/one/a", id="alternatives"),
    ],
)
def test_a_pattern_of_another_language_gets_the_nearest_form_of_this_one(text, nearest):
    with pytest.raises(InvalidPattern) as caught:
        Pattern(text)
    assert str(caught.value).endswith(f"Did you mean {nearest!r}?")


@pytest.mark.parametrize("text", ["/c++", "/a(b)", "/posts/[id]", "/$x", "/a^b", "/what?", "/~a"])
def test_a_literal_with_some_characters_of_expressions_is_a_literal(text):
    assert Pattern(text).segments[-1] == Literal(text.rpartition("/")[2])


@pytest.mark.parametrize(
    ("operator", "is_variadic", "is_optional", "is_repeated"),
    [
        pytest.param(":", False, False, False, id="exactly one"),
        pytest.param("?", True, True, False, id="zero or one"),
        pytest.param("*", True, True, True, id="zero or more"),
        pytest.param("+", True, False, True, id="one or more"),
    ],
)
def test_an_operator_determines_the_number_of_segments(
    operator, is_variadic, is_optional, is_repeated
):
    binding = Binding("x", operator)
    assert binding.is_variadic is is_variadic
    assert binding.is_optional is is_optional
    assert binding.is_repeated is is_repeated


MESSAGES = {
    "an empty pattern": (
        "",
        """
        Invalid pattern '': it does not start with '/'.
          <nothing>
          ^
          Did you mean '/'?
        """,
    ),
    "no slash before it": (
        "links/<id>",
        """
        Invalid pattern 'links/<id>': it does not start with '/'.
          links/<id>
          ^
          Did you mean '/links/<id>'?
        """,
    ),
    "two slashes within": (
        "/a//b/",
        """
        Invalid pattern '/a//b/': a segment is empty.
          /a//b/
            ^^
          Did you mean '/a/b/'?
        """,
    ),
    "nothing but two slashes": (
        "//",
        """
        Invalid pattern '//': a segment is empty.
          //
          ^^
          Did you mean '/'?
        """,
    ),
    "a misspelled type": (
        "/links/<id:imt>",
        """
        Invalid pattern '/links/<id:imt>': unknown type 'imt'.
          /links/<id:imt>
                     ^^^
          Types are str, int and float. Did you mean '<id:int>'?
        """,
    ),
    "a type that is close to no other": (
        "/<id:uuid>/a",
        """
        Invalid pattern '/<id:uuid>/a': unknown type 'uuid'.
          /<id:uuid>/a
               ^^^^
          Types are str, int and float. Did you mean '<id>'?
        """,
    ),
    "a type in front of the name": (
        "/<int:id>",
        """
        Invalid pattern '/<int:id>': the type is in front of the name.
          /<int:id>
            ^^^^^^
          Did you mean '<id:int>'?
        """,
    ),
    "a regular expression": (
        r"/p\d+/<id>",
        """
        Invalid pattern '/p\\\\d+/<id>': it looks like a regular expression.
          /p\\d+/<id>
            ^^^
          Text outside of <> is literal. Did you mean '/p<number:int>/<id>'?
        """,
    ),
    "alternatives": (
        "/(a|b)",
        """
        Invalid pattern '/(a|b)': it looks like a regular expression.
          /(a|b)
           ^^^^^
          Text outside of <> is literal. Declare one route for each alternative. Did you mean '/a'?
        """,
    ),
    "a type that is two operators": (
        "/<ids**>",
        """
        Invalid pattern '/<ids**>': unknown type '*'.
          /<ids**>
                ^
          Types are str, int and float. Did you mean '<ids*>'?
        """,
    ),
    "a colon without a type": (
        "/<id:>",
        """
        Invalid pattern '/<id:>': ':' without a type.
          /<id:>
              ^
          Types are str, int and float. Did you mean '<id>'?
        """,
    ),
    "an unknown operator": (
        "/<id=int>",
        """
        Invalid pattern '/<id=int>': unknown operator '='.
          /<id=int>
              ^
          Operators are ':', '?', '*' and '+'. Did you mean '<id:int>'?
        """,
    ),
    "an unknown operator without a type": (
        "/<id!>",
        """
        Invalid pattern '/<id!>': unknown operator '!'.
          /<id!>
              ^
          Operators are ':', '?', '*' and '+'. Did you mean '<id>'?
        """,
    ),
    "a name with a dash": (
        "/<my-name>",
        """
        Invalid pattern '/<my-name>': 'my-name' is not a valid name.
          /<my-name>
            ^^^^^^^
          A name is a Python identifier that is not a keyword. Did you mean '<my_name>'?
        """,
    ),
    "a name with a dash, and a type": (
        "/<my-id:int>",
        """
        Invalid pattern '/<my-id:int>': 'my-id' is not a valid name.
          /<my-id:int>
            ^^^^^
          A name is a Python identifier that is not a keyword. Did you mean '<my_id:int>'?
        """,
    ),
    "a name with a digit before it": (
        "/<1st>",
        """
        Invalid pattern '/<1st>': '1st' is not a valid name.
          /<1st>
            ^^^
          A name is a Python identifier that is not a keyword. Did you mean '<_1st>'?
        """,
    ),
    "a name that is a keyword": (
        "/<class?>",
        """
        Invalid pattern '/<class?>': 'class' is not a valid name.
          /<class?>
            ^^^^^
          A name is a Python identifier that is not a keyword. Did you mean '<class_?>'?
        """,
    ),
    "a name that no identifier is close to": (
        "/<²>",
        """
        Invalid pattern '/<²>': '²' is not a valid name.
          /<²>
            ^
          A name is a Python identifier that is not a keyword. Did you mean '<name>'?
        """,
    ),
    "no name": (
        "/a/<>",
        """
        Invalid pattern '/a/<>': a binding without a name.
          /a/<>
             ^^
          A name is a Python identifier that is not a keyword. Did you mean '<name>'?
        """,
    ),
    "a type without a name": (
        "/<:int>",
        """
        Invalid pattern '/<:int>': a binding without a name.
          /<:int>
           ^^^^^^
          A name is a Python identifier that is not a keyword. Did you mean '<name:int>'?
        """,
    ),
    "spaces around a name": (
        "/<  id >",
        """
        Invalid pattern '/<  id >': a space in a binding.
          /<  id >
            ^^
          Did you mean '<id>'?
        """,
    ),
    "a space in front of a type": (
        "/<id: int>",
        """
        Invalid pattern '/<id: int>': a space in a binding.
          /<id: int>
               ^
          Did you mean '<id:int>'?
        """,
    ),
    "a space for an operator": (
        "/<id int>",
        """
        Invalid pattern '/<id int>': a space in a binding.
          /<id int>
              ^
          Did you mean '<id:int>'?
        """,
    ),
    "a name that is used twice": (
        "/<id>/<id_2>/<id:int>",
        """
        Invalid pattern '/<id>/<id_2>/<id:int>': the name 'id' is used twice.
          /<id>/<id_2>/<id:int>
                        ^^
          Did you mean '<id_3:int>'?
        """,
    ),
    "two bindings in one segment": (
        "/<year>-<month:int>",
        """
        Invalid pattern '/<year>-<month:int>': a second binding in one segment.
          /<year>-<month:int>
                  ^
          Did you mean '<year>/<month:int>'?
        """,
    ),
    "a bracket that is not closed": (
        "/links/<id/edit",
        """
        Invalid pattern '/links/<id/edit': '<' without a '>' after it.
          /links/<id/edit
                 ^
          Did you mean '<id>'?
        """,
    ),
    "a bracket that is not opened": (
        "/links/id>",
        """
        Invalid pattern '/links/id>': '>' without a '<' before it.
          /links/id>
                   ^
          Did you mean '<id>'?
        """,
    ),
    "a bracket that is closed twice": (
        "/<id>>",
        """
        Invalid pattern '/<id>>': '>' without a '<' before it.
          /<id>>
               ^
          Did you mean '<id>'?
        """,
    ),
    "a bracket in brackets": (
        "/<a<b>",
        """
        Invalid pattern '/<a<b>': '<' inside a binding.
          /<a<b>
             ^
          Did you mean '<b>'?
        """,
    ),
    "a prefix of a variadic binding": (
        "/static<path*>",
        """
        Invalid pattern '/static<path*>': 'static' beside a binding with '*'.
          /static<path*>
           ^^^^^^
          A prefix or suffix needs a binding of exactly one segment. Did you mean 'static/<path*>'?
        """,
    ),
    "a suffix of a variadic binding": (
        "/<page?>.html",
        """
        Invalid pattern '/<page?>.html': '.html' beside a binding with '?'.
          /<page?>.html
                  ^^^^^
          A prefix or suffix needs a binding of exactly one segment. Did you mean '<page>.html'?
        """,
    ),
    "a prefix and a suffix of a variadic binding": (
        "/v<x+int>.txt",
        """
        Invalid pattern '/v<x+int>.txt': 'v' beside a binding with '+'.
          /v<x+int>.txt
           ^
          A prefix or suffix needs a binding of exactly one segment. Did you mean 'v<x:int>.txt'?
        """,
    ),
    "a name that is used twice in one segment": (
        "/<a?><a>",
        """
        Invalid pattern '/<a?><a>': a second binding in one segment.
          /<a?><a>
               ^
          Did you mean '<a>'?
        """,
    ),
    "an error after a character that cannot be printed": (
        "/a\n<id",
        """
        Invalid pattern '/a\\n<id': '<' without a '>' after it.
          /a\\n<id
              ^
          Did you mean '<id>'?
        """,
    ),
}


@pytest.mark.parametrize(("text", "message"), MESSAGES.values(), ids=MESSAGES.keys())
def test_the_message_marks_the_error_and_suggests_a_valid_form(text, message):
    with pytest.raises(InvalidPattern) as caught:
        Pattern(text)
    assert str(caught.value) == dedent(message).strip().replace("<nothing>", "")


def test_an_invalid_pattern_is_a_value_error():
    with pytest.raises(ValueError, match="Invalid pattern"):
        Pattern("a")


@pytest.mark.parametrize("value", [None, b"/", 1], ids=["None", "bytes", "a number"])
def test_a_pattern_that_is_not_a_string_is_a_type_error(value):
    with pytest.raises(TypeError) as caught:
        Pattern(value)
    assert str(caught.value) == f"A pattern is a str such as '/links/<id:int>', not {value!r}."


# Without these characters, no text looks like a regular expression.
LITERAL = st.text(st.characters(exclude_characters="/<>()[]\\.^$"), min_size=1, max_size=4)
AROUND = st.one_of(st.just(""), LITERAL)
NAME = st.sampled_from(["a", "b", "id", "é", "_"])
TYPE = st.sampled_from(["str", "int", "float"])
SEGMENT = st.one_of(
    st.builds(Literal, LITERAL),
    st.builds(Binding, NAME, st.just(":"), TYPE, AROUND, AROUND),
    st.builds(Binding, NAME, st.sampled_from("?*+"), TYPE, st.just(""), st.just("")),
)


def format_segment(segment):
    if isinstance(segment, Literal):
        return segment.text
    inside = f"{segment.name}{segment.operator}{segment.type_name}"
    return f"{segment.prefix}<{inside}>{segment.suffix}"


@given(st.lists(SEGMENT, max_size=5), st.booleans())
def test_every_sequence_of_segments_can_be_written_and_parsed(segments, is_branch):
    names = [segment.name for segment in segments if isinstance(segment, Binding)]
    assume(len(names) == len(set(names)))
    text = "/" + "/".join(map(format_segment, segments)) + ("/" if is_branch and segments else "")
    assert Pattern(text).segments == tuple(segments)


@given(st.text("/<>:?*+ -.1aint\n"))
def test_every_invalid_text_gets_a_valid_suggestion(text):
    try:
        Pattern(text)
    except InvalidPattern as error:
        form = literal_eval(re.search(r"Did you mean ('.*')\?$", str(error))[1])
        Pattern(form if form.startswith("/") else f"/{form}")


@given(st.text("/<>:?*+ -.1aint"))
def test_the_marked_span_is_within_the_pattern(text):
    try:
        Pattern(text)
    except InvalidPattern as error:
        _, shown, mark, _ = str(error).splitlines()
        assert shown == f"  {text}"
        assert re.fullmatch(r"  +\^+", mark)
        assert len(mark) <= max(3, len(shown))


def test_names_are_normalized_as_python_normalizes_arguments() -> None:
    assert Pattern("/<\N{MICRO SIGN}>").names == ("\N{GREEK SMALL LETTER MU}",)


def test_a_pattern_has_attributes():
    pattern = Pattern("/a/<x:int>/<y*>/")
    assert pattern.text == "/a/<x:int>/<y*>/"
    assert pattern.is_branch
    assert pattern.names == ("x", "y")
    assert pattern.segments == (Literal("a"), Binding("x", ":", "int"), Binding("y", "*"))
    assert repr(pattern) == "Pattern(text='/a/<x:int>/<y*>/')"


def test_the_shape_of_a_pattern_leaves_out_its_names_and_its_slash():
    shape = Pattern("/a/<x:int>/v<y>").shape
    assert shape == Pattern("/a/<id:int>/v<name>/").shape
    assert shape != Pattern("/a/<x>/v<y>").shape
    assert shape != Pattern("/a/<x:int>/<y>").shape


def test_patterns_are_equal_by_their_text():
    assert Pattern("/<x>") == Pattern("/<x>")
    assert Pattern("/<x>") != Pattern("/<y>")
    assert len({Pattern("/<x>"), Pattern("/<x>"), Pattern("/<y>")}) == 2


def test_a_pattern_is_immutable():
    with pytest.raises(AttributeError, match="cannot assign to field"):
        Pattern("/a").text = "/b"


@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_of_a_pattern_is_equal_and_parsed(again):
    copied = again(Pattern("/a/<x:int>"))
    assert copied == Pattern("/a/<x:int>")
    assert copied.segments == (Literal("a"), Binding("x", ":", "int"))


@pytest.mark.parametrize(
    ("prefix", "pattern", "expected"),
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
def test_a_pattern_can_be_put_below_a_prefix(prefix, pattern, expected):
    assert Pattern(pattern).with_prefix(prefix) == Pattern(expected)


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        pytest.param("a", "'a': it does not start with '/'", id="no slash before it"),
        pytest.param("", "'': it does not start with '/'", id="nothing"),
        pytest.param("//", "'//': a segment is empty", id="two slashes"),
        pytest.param("/<id>/", "'/<id>/<id>': the name 'id' is used twice", id="a name again"),
    ],
)
def test_an_invalid_prefix_is_refused(prefix, message):
    with pytest.raises(InvalidPattern, match=re.escape(f"Invalid pattern {message}.\n")):
        Pattern("/<id>").with_prefix(prefix)


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
        pytest.param("//a", ["a"], False, True, id="two slashes before it"),
        pytest.param("/a//", ["a"], True, True, id="two slashes at the end"),
        pytest.param("/ /\\", [" ", "\\"], False, False, id="only a slash is a slash"),
    ],
)
def test_a_path_is_split_into_segments(path, segments, has_trailing_slash, has_repeated_slashes):
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
def test_a_path_has_a_normal_form(segments, is_branch, path):
    assert normal_path(segments, is_branch) == path
