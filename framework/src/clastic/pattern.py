"""Parse URL patterns such as ``/links/<id:int>`` and split paths into segments.

A pattern is a sequence of segments, each after a ``/``, and ends with one more ``/`` if it is a
branch. A segment is a literal or a binding, ``<name>``, with an optional operator and type. A
binding that takes exactly one segment of a path can have a literal prefix and suffix. Anything else
is an error: no part of a pattern is ignored or guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from keyword import iskeyword
from sys import intern
from typing import Final, NamedTuple
from unicodedata import normalize

from clastic.wiring import closest

# What a slash mode does to a request is decided in two places: `routing.router.Router` leaves out
# the routes that respond 404, and `Dispatcher.respond` redirects. `routing.matching.match_path`
# follows the same rules for one pattern; docs/application.md has them as a table.
S_REDIRECT: Final = "redirect"
S_REWRITE: Final = "rewrite"
S_STRICT: Final = "strict"

TYPES: Final = ("str", "int", "float")
OPERATORS: Final = (":", "?", "*", "+")

_TYPE_NAMES: Final = (*TYPES, "unicode")
_VARIADIC: Final = ("?", "*", "+")

_TYPE_RULE: Final = "Types are str, int and float."
_OPERATOR_RULE: Final = "Operators are ':', '?', '*' and '+'."
_NAME_RULE: Final = "A name is a Python identifier that is not a keyword."
_LITERAL_RULE: Final = "Text outside of <> is literal."
_AFFIX_RULE: Final = "A prefix or suffix needs a binding of exactly one segment."

_BINDING: Final = re.compile(
    r"(?P<prefix>[^<>]*)<(?P<name>\w*)(?P<operator>[^\w<>]?)(?P<type>[^<>]*)>(?P<suffix>[^<>]*)"
)
_OPERATOR: Final = re.compile(r"([:?*+])")

# Match what has a meaning in a regular expression, and hardly occurs in a path.
_EXPRESSION: Final = re.compile(
    r"""
    \(\?[^()]*\)?                # a group with a name or flags
    | \([^()/]*\|[^()/]*\)       # alternatives
    | \\[\w.+*?()\[\]/-][+*?]?   # an escape
    | \[[^]/]*-[^]/]*\][+*?]?    # a range of characters
    | \[[^]/]+\][+*]             # repeated characters
    | \[\^[^]]*\]                # other characters
    | \.[*+]
    | ^\^ | \$\Z
    """,
    re.VERBOSE,
)
# What is wrong with the last of these brackets, when a segment begins with them.
_BRACKET_ERRORS: Final = (
    (">", "'>' without a '<' before it"),
    ("<<", "'<' inside a binding"),
    ("<>>", "'>' without a '<' before it"),
    ("<><", "a second binding in one segment"),
    ("<", "'<' without a '>' after it"),
)


class InvalidPattern(ValueError):
    """A pattern has a syntax error; the message marks it and suggests the closest valid form."""


class Literal(NamedTuple):
    """A segment that matches an equal segment.

    :param text: the segment as it appears in a decoded path
    """

    text: str


class Binding(NamedTuple):
    """A segment whose value is passed on under a name.

    :param name: the name of the value, an identifier
    :param operator: how many segments of a path it takes, one of :data:`OPERATORS`
    :param type_name: the type that each segment is converted to, one of :data:`TYPES`
    :param prefix: literal text before the value, only if exactly one segment is taken
    :param suffix: literal text after the value, only if exactly one segment is taken
    """

    name: str
    operator: str = ":"
    type_name: str = "str"
    prefix: str = ""
    suffix: str = ""

    @property
    def is_variadic(self) -> bool:
        """Whether the number of segments it takes depends on the path."""
        return self.operator in _VARIADIC

    @property
    def is_optional(self) -> bool:
        """Whether it can take no segment."""
        return self.operator in ("?", "*")

    @property
    def is_repeated(self) -> bool:
        """Whether it can take more than one segment, and its value is a list."""
        return self.operator in ("*", "+")


Segment = Literal | Binding


@dataclass(frozen=True, slots=True)
class Pattern:
    """A parsed pattern. It is immutable, and equal to patterns of the same text.

    :param text: the pattern as described in :mod:`clastic.pattern`
    :raises InvalidPattern: if the text has a syntax error
    :raises TypeError: if it is not a string
    """

    text: str
    segments: tuple[Segment, ...] = field(init=False, repr=False, compare=False)
    """Its literals and bindings, in order."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", _parse(self.text))

    @property
    def is_branch(self) -> bool:
        """Whether it ends with a slash, as the normal form of its paths does."""
        return self.text.endswith("/")

    @property
    def shape(self) -> tuple[Segment, ...]:
        """Its segments without the names of the bindings.

        Two patterns of one shape match the same paths, if both are branches or both are leaves.
        """
        return tuple(
            [
                part._replace(name="") if isinstance(part, Binding) else part
                for part in self.segments
            ]
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its bindings, in order."""
        return tuple([part.name for part in self.segments if isinstance(part, Binding)])

    def with_prefix(self, prefix: str) -> Pattern:
        """Return this pattern below a prefix.

        :param prefix: a pattern; a slash at its end makes no difference
        :raises InvalidPattern: if the prefix has a syntax error, or repeats a name of this pattern
        """
        return Pattern(Pattern(prefix).text.rstrip("/") + self.text)


class SplitPath(NamedTuple):
    """A path split into segments.

    :param segments: the non-empty segments, decoded
    :param has_trailing_slash: whether the path ends with a slash
    :param has_repeated_slashes: whether it has two slashes in a row anywhere
    """

    segments: list[str]
    has_trailing_slash: bool
    has_repeated_slashes: bool


def split_path(path: str) -> SplitPath:
    """Split a decoded path; a missing first slash makes no difference."""
    segments = [segment for segment in path.split("/") if segment]
    return SplitPath(segments, path.endswith("/"), "//" in path)


def normal_path(segments: Sequence[str], is_branch: bool) -> str:
    """Return the normal form of a path, decoded.

    :param segments: its non-empty segments, decoded
    :param is_branch: whether to end it with a slash
    """
    path = "/" + "/".join(segments)
    return path + "/" if is_branch and segments else path


def _parse(text: str) -> tuple[Segment, ...]:
    if not isinstance(text, str):
        raise TypeError(f"A pattern is a str such as '/links/<id:int>', not {text!r}.")
    if _EXPRESSION.search(text):
        _refuse_expression(text)
    segments: list[Segment] = []
    names: set[str] = set()
    start = 0
    for part in text.split("/"):
        end = start + len(part)
        if "<" in part or ">" in part:
            binding = _read_binding(part)
            if binding is None or binding.name in names:
                raise _invalid_binding(text, start, end, names)
            names.add(binding.name)
            segments.append(binding)
        elif part:
            segments.append(_read_literal(part))
        start = end + 1
    # Slashes come last: the suggestion is the whole pattern, valid only if its segments are.
    if not text.startswith("/") or "//" in text:
        raise _slash_error(text)
    return tuple(segments)


# Caches of pure functions: the patterns of an application share most of their segments.
@lru_cache(256)
def _read_literal(segment: str) -> Literal:
    return Literal(intern(segment))


@lru_cache(256)
def _read_binding(segment: str) -> Binding | None:
    """Return a segment with a bracket as a binding, ``None`` if it is invalid."""
    match = _BINDING.fullmatch(segment)
    if match is None or not _is_valid(match):
        return None
    prefix, name, operator, type_name, suffix = match.groups()
    if operator in _VARIADIC and (prefix or suffix):
        return None
    known_type = type_name if type_name in TYPES else "str"
    return Binding(_argument_name(name), operator or ":", known_type, prefix, suffix)


def _is_valid(match: re.Match[str]) -> bool:
    """Return whether a binding has a valid name, operator and type."""
    name, operator, type_name = match.group("name", "operator", "type")
    is_known = type_name in _TYPE_NAMES or (not type_name and operator != ":")
    return is_known and operator in ("", *OPERATORS) and _is_name(name)


def _argument_name(name: str) -> str:
    """Return a name as Python normalizes the argument of that name."""
    return intern(normalize("NFKC", name))


def _invalid_binding(text: str, start: int, end: int, names: set[str]) -> InvalidPattern:
    """Return the error for the segment ``text[start:end]``, which contains a bracket.

    :param names: the names of the bindings before it
    """
    match = _BINDING.fullmatch(text, start, end)
    if match is None:
        return _bracket_error(text, start, text[start:end])
    if not _is_valid(match):
        return _binding_error(text, match)
    name = _argument_name(match["name"])
    if name in names:
        other = next(f"{name}_{n}" for n in count(2) if f"{name}_{n}" not in names)
        what = f"the name {name!r} is used twice"
        return _error(
            text, match.span("name"), what, f"<{other}{match['operator']}{match['type']}>"
        )
    return _affix_error(text, match)


def _is_name(text: str) -> bool:
    return text.isidentifier() and not iskeyword(text)


def _refuse_expression(text: str) -> None:
    """Raise an error if the text outside of the brackets looks like a regular expression."""
    match = _find_expression(text)
    if match is None:
        return
    from clastic.foreign import nearest_to_expression  # only errors need it

    rule, nearest = _LITERAL_RULE, text
    if "|" in match[0]:
        rule = f"{_LITERAL_RULE} Declare one route for each alternative."
        nearest = text.replace(match[0], match[0].strip("(?:)").split("|")[0])
    try:
        nearest = Pattern(nearest_to_expression(nearest)).text
    except InvalidPattern:
        nearest = "/<name>"
    raise _error(text, match.span(), "it looks like a regular expression", nearest, rule)


def _find_expression(text: str) -> re.Match[str] | None:
    """Return the first part of a regular expression outside of the brackets."""
    return _EXPRESSION.search(re.sub(r"<[^<>]*>", lambda match: "_" * len(match[0]), text))


def _slash_error(text: str) -> InvalidPattern:
    nearest = re.sub("/+", "/", f"/{text}")
    if not text.startswith("/"):
        return _error(text, (0, 1), "it does not start with '/'", nearest)
    start = text.index("//")
    return _error(text, (start, start + 2), "a segment is empty", nearest)


def _bracket_error(text: str, start: int, part: str) -> InvalidPattern:
    """Return the error for a segment that does not have one pair of brackets."""
    brackets = list(re.finditer("[<>]", part))
    order = "".join(bracket.group() for bracket in brackets)
    begins, what = next(error for error in _BRACKET_ERRORS if order.startswith(error[0]))
    position = start + brackets[len(begins) - 1].start()
    found = re.findall(r"<([^<>]*)>", part) or [part.split("<")[-1].split(">")[0]]
    forms = {_OPERATOR.split(form[1:-1])[0]: form for form in map(_nearest_binding, found)}
    return _error(text, (position, position + 1), what, "/".join(forms.values()))


def _binding_error(text: str, match: re.Match[str]) -> InvalidPattern:
    """Return the error for a binding with an invalid name, operator or type."""
    name, operator, type_name = match.group("name", "operator", "type")
    start, operator_start = match.span("name")
    type_start, end = match.span("type")
    inside = text[start:end]
    nearest = _nearest_binding(inside)
    if space := re.search(r"\s+", inside):
        span = start + space.start(), start + space.end()
        return _error(text, span, "a space in a binding", nearest)
    if not name:
        return _error(text, (start - 1, end + 1), "a binding without a name", nearest, _NAME_RULE)
    if operator not in ("", *OPERATORS):
        if type_name in ("", *_TYPE_NAMES):
            what = f"unknown operator {operator!r}"
            return _error(text, (operator_start, type_start), what, nearest, _OPERATOR_RULE)
        name = _OPERATOR.split(inside)[0]
    if not _is_name(name):
        what = f"{name!r} is not a valid name"
        return _error(text, (start, start + len(name)), what, nearest, _NAME_RULE)
    if not type_name:
        what = "':' without a type"
        return _error(text, (operator_start, type_start), what, nearest, _TYPE_RULE)
    if not type_name.endswith(OPERATORS) and nearest.startswith(f"<{type_name}"):
        return _error(text, (start, end), "the type is in front of the name", nearest)
    return _error(text, (type_start, end), f"unknown type {type_name!r}", nearest, _TYPE_RULE)


def _affix_error(text: str, match: re.Match[str]) -> InvalidPattern:
    """Return the error for a prefix or suffix of a binding that is not exactly one segment."""
    prefix, name, operator, type_name, suffix = match.groups()
    if prefix and not suffix:
        nearest = f"{prefix}/<{name}{operator}{type_name}>"
    else:
        nearest = f"{prefix}<{name}{type_name and ':'}{type_name}>{suffix}"
    span = match.span("prefix" if prefix else "suffix")
    what = f"{prefix or suffix!r} beside a binding with {operator!r}"
    return _error(text, span, what, nearest, _AFFIX_RULE)


def _nearest_binding(inside: str) -> str:
    """Return the valid binding closest to the text between brackets."""
    inside = re.sub(r"\s*([:?*+])\s*", r"\1", inside.strip())
    from clastic.foreign import read_binding  # only errors need it

    if (foreign := read_binding(inside)) is not None:
        name, form = foreign
        return f"<{_nearest_name(name)}{form}>"
    name, operator, type_name, *_ = *_OPERATOR.split(inside, maxsplit=1), "", ""
    if not operator:
        if unknown := re.fullmatch(rf"(\w*)\W({'|'.join(_TYPE_NAMES)})", inside):
            name, operator, type_name = unknown[1], ":", unknown[2]
    elif type_name and type_name not in _TYPE_NAMES:
        type_name = closest(type_name, TYPES) or ""
    if operator == ":" and not type_name:
        operator = ""
    return f"<{_nearest_name(name)}{operator}{type_name}>"


def _nearest_name(text: str) -> str:
    name = re.sub(r"\W+", "_", text).strip("_")
    return next(
        (form for form in (name, f"{name}_", f"_{name}") if name and _is_name(form)), "name"
    )


def _error(
    text: str, span: tuple[int, int], what: str, nearest: str, rule: str = ""
) -> InvalidPattern:
    """Return the error that marks a span of a pattern.

    :param what: what is wrong there
    :param nearest: the closest valid form
    :param rule: a sentence, if the valid form does not explain itself
    """
    start, end = span
    indent = " " * len(_printable(text[:start]))
    marks = "^" * max(1, len(_printable(text[start:end])))
    advice = f"{rule} Did you mean {nearest!r}?".lstrip()
    return InvalidPattern(
        f"Invalid pattern {text!r}: {what}.\n  {_printable(text)}\n  {indent}{marks}\n  {advice}"
    )


def _printable(text: str) -> str:
    """Escape characters that would break the line that is marked."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
