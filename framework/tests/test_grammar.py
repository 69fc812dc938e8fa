"""What the language of patterns holds, and the whole message for what it does not."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clastic.grammar import Binding, InvalidPattern, Literal, parse


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        pytest.param("/", (), id="the root has no segments"),
        pytest.param("/a", (Literal("a"),), id="a literal"),
        pytest.param("/a/", (Literal("a"),), id="a branch has the segments of the leaf"),
        pytest.param("/a/b", (Literal("a"), Literal("b")), id="two literals"),
        pytest.param("/a.b/%20/{x}", (Literal("a.b"), Literal("%20"), Literal("{x}")), id="signs"),
        pytest.param(
            "/*/a?b#c/:d", (Literal("*"), Literal("a?b#c"), Literal(":d")), id="operators"
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
        pytest.param("/<int:int>", (Binding("int", ":", "int"),), id="a type is no reserved name"),
        pytest.param("/v<x>", (Binding("x", prefix="v"),), id="a literal in front"),
        pytest.param("/<x>.xml", (Binding("x", suffix=".xml"),), id="a literal behind"),
        pytest.param(
            "/a-<x:int>.b", (Binding("x", ":", "int", "a-", ".b"),), id="a literal on either side"
        ),
        pytest.param("/<x>/<y>", (Binding("x"), Binding("y")), id="a binding a segment"),
    ],
)
def test_reads(text, segments):
    assert parse(text) == segments


@pytest.mark.parametrize(
    ("operator", "is_flexible", "is_skippable", "is_repeated"),
    [
        pytest.param(":", False, False, False, id="exactly one"),
        pytest.param("?", True, True, False, id="zero or one"),
        pytest.param("*", True, True, True, id="zero or more"),
        pytest.param("+", True, False, True, id="one or more"),
    ],
)
def test_an_operator_says_how_many(operator, is_flexible, is_skippable, is_repeated):
    binding = Binding("x", operator)
    assert binding.is_flexible is is_flexible
    assert binding.is_skippable is is_skippable
    assert binding.is_repeated is is_repeated


MESSAGES = {
    "it is empty": (
        "",
        """
        Invalid pattern '': it does not start with '/'.
          <nothing>
          ^
          Did you mean '/'?
        """,
    ),
    "no slash in front": (
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
    "a type with a slip": (
        "/links/<id:imt>",
        """
        Invalid pattern '/links/<id:imt>': unknown type 'imt'.
          /links/<id:imt>
                     ^^^
          Types are str, int and float. Did you mean '<id:int>'?
        """,
    ),
    "a type like no other": (
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
        Invalid pattern '/<int:id>': unknown type 'id'.
          /<int:id>
                ^^
          Types are str, int and float. Did you mean '<id:int>'?
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
        Invalid pattern '/<my-name>': 'my-name' is no name.
          /<my-name>
            ^^^^^^^
          A name is a Python identifier and no keyword. Did you mean '<my_name>'?
        """,
    ),
    "a name with a dash, and a type": (
        "/<my-id:int>",
        """
        Invalid pattern '/<my-id:int>': 'my-id' is no name.
          /<my-id:int>
            ^^^^^
          A name is a Python identifier and no keyword. Did you mean '<my_id:int>'?
        """,
    ),
    "a name with a digit in front": (
        "/<1st>",
        """
        Invalid pattern '/<1st>': '1st' is no name.
          /<1st>
            ^^^
          A name is a Python identifier and no keyword. Did you mean '<_1st>'?
        """,
    ),
    "a name that is a keyword": (
        "/<class?>",
        """
        Invalid pattern '/<class?>': 'class' is no name.
          /<class?>
            ^^^^^
          A name is a Python identifier and no keyword. Did you mean '<class_?>'?
        """,
    ),
    "a name that nothing is like": (
        "/<²>",
        """
        Invalid pattern '/<²>': '²' is no name.
          /<²>
            ^
          A name is a Python identifier and no keyword. Did you mean '<name>'?
        """,
    ),
    "no name": (
        "/a/<>",
        """
        Invalid pattern '/a/<>': a binding without a name.
          /a/<>
             ^^
          A name is a Python identifier and no keyword. Did you mean '<name>'?
        """,
    ),
    "a type without a name": (
        "/<:int>",
        """
        Invalid pattern '/<:int>': a binding without a name.
          /<:int>
           ^^^^^^
          A name is a Python identifier and no keyword. Did you mean '<name:int>'?
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
    "a name for the second time": (
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
        Invalid pattern '/links/<id/edit': a '<' that is not closed.
          /links/<id/edit
                 ^
          Did you mean '<id>'?
        """,
    ),
    "a bracket that is not opened": (
        "/links/id>",
        """
        Invalid pattern '/links/id>': a '>' that closes nothing.
          /links/id>
                   ^
          Did you mean '<id>'?
        """,
    ),
    "a bracket that is closed twice": (
        "/<id>>",
        """
        Invalid pattern '/<id>>': a '>' that closes nothing.
          /<id>>
               ^
          Did you mean '<id>'?
        """,
    ),
    "a bracket in brackets": (
        "/<a<b>",
        """
        Invalid pattern '/<a<b>': a '<' within a binding.
          /<a<b>
             ^
          Did you mean '<b>'?
        """,
    ),
    "a literal in front of a flexible binding": (
        "/static<path*>",
        """
        Invalid pattern '/static<path*>': 'static' beside a binding with '*'.
          /static<path*>
           ^^^^^^
          A literal stands only around a binding of one segment. Did you mean 'static/<path*>'?
        """,
    ),
    "a literal behind a flexible binding": (
        "/<page?>.html",
        """
        Invalid pattern '/<page?>.html': '.html' beside a binding with '?'.
          /<page?>.html
                  ^^^^^
          A literal stands only around a binding of one segment. Did you mean '<page>.html'?
        """,
    ),
    "a literal on either side of a flexible binding": (
        "/v<x+int>.txt",
        """
        Invalid pattern '/v<x+int>.txt': 'v' beside a binding with '+'.
          /v<x+int>.txt
           ^
          A literal stands only around a binding of one segment. Did you mean 'v<x:int>.txt'?
        """,
    ),
    "a name for the second time in one segment": (
        "/<a?><a>",
        """
        Invalid pattern '/<a?><a>': a second binding in one segment.
          /<a?><a>
               ^
          Did you mean '<a>'?
        """,
    ),
    "the mark stands right behind what cannot be printed": (
        "/a\n<id",
        """
        Invalid pattern '/a\\n<id': a '<' that is not closed.
          /a\\n<id
              ^
          Did you mean '<id>'?
        """,
    ),
}


@pytest.mark.parametrize(("text", "message"), MESSAGES.values(), ids=MESSAGES.keys())
def test_says_what_is_wrong_where_and_what_would_be_right(text, message):
    with pytest.raises(InvalidPattern) as caught:
        parse(text)
    assert str(caught.value) == dedent(message).strip().replace("<nothing>", "")


def test_an_invalid_pattern_is_a_value_error():
    with pytest.raises(ValueError, match="Invalid pattern"):
        parse("a")


@pytest.mark.parametrize("value", [None, b"/", 1], ids=["nothing", "bytes", "a number"])
def test_what_is_no_string_is_a_type_error(value):
    with pytest.raises(TypeError) as caught:
        parse(value)
    assert str(caught.value) == f"A pattern is a str such as '/links/<id:int>', not {value!r}."


LITERAL = st.text(st.characters(exclude_characters="/<>"), min_size=1, max_size=4)
AROUND = st.one_of(st.just(""), LITERAL)
NAME = st.sampled_from(["a", "b", "id", "é", "_"])
TYPE = st.sampled_from(["str", "int", "float"])
SEGMENT = st.one_of(
    st.builds(Literal, LITERAL),
    st.builds(Binding, NAME, st.just(":"), TYPE, AROUND, AROUND),
    st.builds(Binding, NAME, st.sampled_from("?*+"), TYPE, st.just(""), st.just("")),
)


def written(segment):
    if isinstance(segment, Literal):
        return segment.text
    inside = f"{segment.name}{segment.operator}{segment.type_name}"
    return f"{segment.prefix}<{inside}>{segment.suffix}"


@given(st.lists(SEGMENT, max_size=5), st.booleans())
def test_reads_whatever_can_be_written(segments, is_branch):
    names = [segment.name for segment in segments if isinstance(segment, Binding)]
    assume(len(names) == len(set(names)))
    text = "/" + "/".join(map(written, segments)) + ("/" if is_branch and segments else "")
    assert parse(text) == tuple(segments)


@given(st.text("/<>:?*+ -.1aint\n"))
def test_any_text_is_read_or_answered_with_a_valid_form(text):
    try:
        parse(text)
    except InvalidPattern as error:
        form = re.search(r"Did you mean '(.*)'\?$", str(error))[1]
        parse(form if form.startswith("/") else f"/{form}")


@given(st.text("/<>:?*+ -.1aint"))
def test_the_mark_is_within_the_pattern(text):
    try:
        parse(text)
    except InvalidPattern as error:
        _, shown, mark, _ = str(error).splitlines()
        assert shown == f"  {text}"
        assert re.fullmatch(r"  +\^+", mark)
        assert len(mark) <= max(3, len(shown))
