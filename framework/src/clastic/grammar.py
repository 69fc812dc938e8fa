"""How a pattern is written, and what is wrong with one that is not.

A pattern is segments with a ``/`` in front of each and, for a branch, one behind the last. A
segment is a literal, or one binding ``<name>`` with an optional operator and type, which may have
a literal around it if it takes exactly one segment of the path. Whatever is not said here is
refused: nothing of a pattern is dropped or guessed.
"""

from __future__ import annotations

import re
from itertools import count
from keyword import iskeyword
from sys import intern
from typing import Final, NamedTuple
from unicodedata import normalize

from clastic.wiring import closest

TYPES: Final = ("str", "int", "float")
OPERATORS: Final = (":", "?", "*", "+")

TYPE_RULE: Final = "Types are str, int and float."
OPERATOR_RULE: Final = "Operators are ':', '?', '*' and '+'."
NAME_RULE: Final = "A name is a Python identifier and no keyword."
AROUND_RULE: Final = "A literal stands only around a binding of one segment."

_TYPE_NAMES: Final = (*TYPES, "unicode")
_FLEXIBLE: Final = ("?", "*", "+")
_BRACKETED: Final = re.compile(r"([^<>]*)<([^<>]*)>([^<>]*)")
_ANY_OPERATOR: Final = re.compile(r"(\W)")
_OPERATOR: Final = re.compile(r"([:?*+])")


class InvalidPattern(ValueError):
    """The text is no pattern: the message marks the place and gives the nearest valid form."""


class Literal(NamedTuple):
    """A segment that matches itself.

    :param text: the segment, as it stands in a decoded path
    """

    text: str


class Binding(NamedTuple):
    """A segment that gives what it matches a name.

    :param name: the name of the value, an identifier
    :param operator: how many segments of the path it takes, one of :data:`OPERATORS`
    :param type_name: what each of them must parse as, one of :data:`TYPES`
    :param prefix: the literal in front, only where exactly one segment is taken
    :param suffix: the literal behind, only where exactly one segment is taken
    """

    name: str
    operator: str = ":"
    type_name: str = "str"
    prefix: str = ""
    suffix: str = ""

    @property
    def is_flexible(self) -> bool:
        """Whether the number of segments it takes depends on the path."""
        return self.operator in _FLEXIBLE

    @property
    def is_skippable(self) -> bool:
        """Whether it can take no segment at all."""
        return self.operator in ("?", "*")

    @property
    def is_repeated(self) -> bool:
        """Whether it can take more than one segment."""
        return self.operator in ("*", "+")


Segment = Literal | Binding


class _Fault(NamedTuple):
    """What is wrong with a part of a pattern.

    :param start: where, counted in characters from the beginning of that part
    :param length: how many characters are wrong
    :param wrong: what is
    :param nearest: the nearest valid form
    :param rule: the rule it breaks, a sentence, where the nearest form does not show it
    """

    start: int
    length: int
    wrong: str
    nearest: str
    rule: str = ""


def parse(text: str) -> tuple[Segment, ...]:
    """Read a pattern.

    :param text: the whole pattern, as written
    :raises InvalidPattern: for what the language does not know
    :raises TypeError: when it is not a string
    """
    if not isinstance(text, str):
        raise TypeError(f"A pattern is a str such as '/links/<id:int>', not {text!r}.")
    segments: list[Segment] = []
    names: set[str] = set()
    start = 0
    for part in text.split("/"):
        if "<" in part or ">" in part:
            binding = _parse_binding(part, names)
            if isinstance(binding, _Fault):
                raise _invalid(text, binding._replace(start=start + binding.start))
            names.add(binding.name)
            segments.append(binding)
        elif part:
            segments.append(Literal(intern(part)))  # many patterns begin alike
        start += len(part) + 1
    fault = _slash_fault(text)
    if fault is not None:
        raise _invalid(text, fault)
    return tuple(segments)


def _parse_binding(part: str, names: set[str]) -> Binding | _Fault:
    """Read a segment that has a bracket in it, behind those that have used ``names``."""
    match = _BRACKETED.fullmatch(part)
    if match is None:
        return _bracket_fault(part)
    prefix, inside, suffix = match.groups()
    name, operator, type_name = _split(inside, _ANY_OPERATOR)
    is_known = type_name in _TYPE_NAMES if operator == ":" else type_name in ("", *_TYPE_NAMES)
    if not is_known or operator not in ("", *OPERATORS) or not _is_name(name):
        return _inside_fault(len(prefix) + 1, name, operator, type_name)
    name = intern(normalize("NFKC", name))  # as Python does with the argument of that name
    if name in names:
        other = next(f"{name}_{n}" for n in count(2) if f"{name}_{n}" not in names)
        wrong = f"the name {name!r} is used twice"
        return _Fault(len(prefix) + 1, len(name), wrong, f"<{other}{operator}{type_name}>")
    if operator in _FLEXIBLE and (prefix or suffix):
        return _around_fault(prefix, suffix, name, operator, type_name)
    known_type = type_name if type_name in TYPES else "str"
    return Binding(name, operator or ":", known_type, prefix, suffix)


def _split(inside: str, operator_like: re.Pattern[str]) -> tuple[str, str, str]:
    """Split what is between brackets into name, operator and type, ``""`` for what is absent."""
    name, operator, type_name, *_ = *operator_like.split(inside, maxsplit=1), "", ""
    return name, operator, type_name


def _is_name(text: str) -> bool:
    return text.isidentifier() and not iskeyword(text)


def _bracket_fault(part: str) -> _Fault:
    """Find the first bracket in ``part`` that is in the way of it being one binding."""
    found = re.findall(r"<([^<>]*)>", part) or [part.split("<")[-1].split(">")[0]]
    bindings = map(_nearest_binding, found)
    nearest = "/".join({_split(form[1:-1], _OPERATOR)[0]: form for form in bindings}.values())
    opening, is_closed = -1, False
    for bracket in re.finditer("[<>]", part):
        position = bracket.start()
        if bracket.group() == ">":
            if opening < 0 or is_closed:
                return _Fault(position, 1, "a '>' that closes nothing", nearest)
            is_closed = True
        elif is_closed:
            return _Fault(position, 1, "a second binding in one segment", nearest)
        elif opening >= 0:
            return _Fault(position, 1, "a '<' within a binding", nearest)
        else:
            opening = position
    return _Fault(opening, 1, "a '<' that is not closed", nearest)


def _inside_fault(start: int, name: str, operator: str, type_name: str) -> _Fault:
    """Say what is wrong between brackets.

    :param start: where in the segment the name begins
    """
    inside = name + operator + type_name
    nearest = _nearest_binding(inside)
    space = re.search(r"\s+", inside)
    if space:
        return _Fault(start + space.start(), len(space.group()), "a space in a binding", nearest)
    if not name:
        wrong = "a binding without a name"
        return _Fault(start - 1, len(inside) + 2, wrong, nearest, NAME_RULE)
    if operator not in ("", *OPERATORS):
        if type_name in ("", *_TYPE_NAMES):
            wrong = f"unknown operator {operator!r}"
            return _Fault(start + len(name), 1, wrong, nearest, OPERATOR_RULE)
        name = _split(inside, _OPERATOR)[0]
    if not _is_name(name):
        return _Fault(start, len(name), f"{name!r} is no name", nearest, NAME_RULE)
    if not type_name:
        return _Fault(start + len(name), 1, "':' without a type", nearest, TYPE_RULE)
    wrong = f"unknown type {type_name!r}"
    return _Fault(start + len(name) + 1, len(type_name), wrong, nearest, TYPE_RULE)


def _around_fault(prefix: str, suffix: str, name: str, operator: str, type_name: str) -> _Fault:
    """Say that a literal stands around a binding that may take any number of segments."""
    binding = f"<{name}{operator}{type_name}>"
    wrong = f"{prefix or suffix!r} beside a binding with {operator!r}"
    if prefix and not suffix:
        return _Fault(0, len(prefix), wrong, f"{prefix}/{binding}", AROUND_RULE)
    nearest = f"{prefix}<{name}{type_name and ':'}{type_name}>{suffix}"
    start = 0 if prefix else len(binding)
    return _Fault(start, len(prefix or suffix), wrong, nearest, AROUND_RULE)


def _slash_fault(text: str) -> _Fault | None:
    """Say what is wrong with the slashes of a pattern whose segments are all valid, if anything."""
    if text.startswith("/") and "//" not in text:
        return None
    nearest = re.sub("/+", "/", f"/{text}")
    if not text.startswith("/"):
        return _Fault(0, 1, "it does not start with '/'", nearest)
    return _Fault(text.index("//"), 2, "a segment is empty", nearest)


def _nearest_binding(inside: str) -> str:
    """Give the valid binding that is most like what stands between brackets."""
    inside = re.sub(r"\s*([:?*+])\s*", r"\1", inside.strip())
    name, operator, type_name = _split(inside, _OPERATOR)
    if not operator:
        first, _, last = _split(inside, _ANY_OPERATOR)
        if last in _TYPE_NAMES:
            name, operator, type_name = first, ":", last
    elif type_name and type_name not in _TYPE_NAMES:
        if name in TYPES and _is_name(type_name):
            name, type_name = type_name, name
        else:
            type_name = closest(type_name, TYPES) or ""
    if operator == ":" and not type_name:
        operator = ""
    return f"<{_nearest_name(name)}{operator}{type_name}>"


def _nearest_name(text: str) -> str:
    name = re.sub(r"\W+", "_", text).strip("_")
    return next(
        (form for form in (name, f"{name}_", f"_{name}") if name and _is_name(form)), "name"
    )


def _invalid(text: str, fault: _Fault) -> InvalidPattern:
    before, marked = text[: fault.start], text[fault.start : fault.start + fault.length]
    indent = " " * len(_printable(before))
    carets = "^" * max(1, len(_printable(marked)))
    advice = f"{fault.rule} Did you mean {fault.nearest!r}?".lstrip()
    return InvalidPattern(
        f"Invalid pattern {text!r}: {fault.wrong}.\n"
        f"  {_printable(text)}\n"
        f"  {indent}{carets}\n"
        f"  {advice}"
    )


def _printable(text: str) -> str:
    """Write what would break the line of the marked pattern as an escape."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
