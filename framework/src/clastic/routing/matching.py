"""Read the values of a pattern's bindings from the segments of a path.

:func:`compile_reader` examines a pattern once, so that reading a path is cheap: the time is
linear in the length of the path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, Final, NamedTuple

from clastic.pattern import S_REDIRECT, S_STRICT, Binding, Literal, Pattern, Segment, split_path

Convert = Callable[[str], Any]
Reader = Callable[[Sequence[str]], "dict[str, Any] | None"]

_WHOLE_SEGMENT: Final = Binding("")[1:]
"""The operator and type of a binding of one whole segment that is not converted."""

MAX_INT_DIGITS: Final = 4300
"""The number of digits that Python converts by default."""

_is_float: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?").fullmatch


def match_path(pattern: Pattern, path: str, slash_mode: str = S_REDIRECT) -> dict[str, Any] | None:
    """Return the values that a pattern reads from a path, by name, or ``None`` if it has no match.

    Requests are matched by the router and the dispatcher, which decide the slash modes.

    :param path: a whole decoded path
    :param slash_mode: with ``S_STRICT`` only normal paths match: the root, and paths that have no
        repeated slashes, and a trailing slash if the pattern is a branch. Otherwise slashes make no
        difference
    """
    segments, has_trailing_slash, has_repeated_slashes = split_path(path)
    is_normal = not has_repeated_slashes and has_trailing_slash == pattern.is_branch
    if slash_mode == S_STRICT and not is_normal and path != "/":
        return None
    values: dict[str, Any] = {}
    return values if _read_parts(values, _parts(pattern.segments), segments) else None


def compile_reader(pattern: Pattern) -> Reader:
    """Return the function that reads the values of a pattern.

    It takes the non-empty, decoded segments of a path. It returns the values by name, or ``None``
    if the path does not match. If the pattern has no variadic binding, it checks types, prefixes
    and suffixes only: the caller has compared the literals and the number of segments, as
    :class:`~clastic.routing.router.Router` does.
    """
    segments = enumerate(pattern.segments)
    variadic = [at for at, part in segments if isinstance(part, Binding) and part.is_variadic]
    if variadic:
        return _compile_variadic(pattern, variadic[0], variadic[-1] + 1)
    return _compile_fixed(enumerate(pattern.segments))


def value_positions(pattern: Pattern) -> dict[str, int] | None:
    """Return the position of each value among the segments of a path, by name.

    Return ``None`` if not every value is one whole, unconverted segment.
    """
    positions = {}
    for position, part in enumerate(pattern.segments):
        if isinstance(part, Binding):
            if part[1:] != _WHOLE_SEGMENT:
                return None
            positions[part.name] = position
    return positions


def convert_segment(part: Segment, text: str) -> Any:
    """Return the value of one segment of a path, ``None`` if it does not match.

    :param part: a segment of a pattern; the value of a literal is its text
    """
    [part_read] = _parts([part])
    return part_read.convert(text)


def _compile_fixed(placed: Iterable[tuple[int, Segment]]) -> Reader:
    """Return the reader of bindings of one segment each.

    :param placed: segments of a pattern, with their positions in the path
    """
    bindings = [
        (part.name, at, converter(part)) for at, part in placed if isinstance(part, Binding)
    ]

    def read(segments: Sequence[str]) -> dict[str, Any] | None:
        values = {}
        for name, position, convert in bindings:
            value = convert(segments[position])
            if value is None:
                return None
            values[name] = value
        return values

    return read


def _compile_variadic(pattern: Pattern, first: int, end: int) -> Reader:
    """Return the reader of a pattern whose variadic bindings are within ``segments[first:end]``.

    Segments before these have a fixed position from the start of the path, those after them from
    its end.
    """
    after = len(pattern.segments) - end
    fixed = [*enumerate(pattern.segments[:first]), *enumerate(pattern.segments[end:], -after)]
    literals = [(at, part.text) for at, part in fixed if isinstance(part, Literal)]
    read_fixed = _compile_fixed(fixed)
    parts = _parts(pattern.segments[first:end])
    read_variadic = _read_one if len(parts) == 1 else _read_parts

    def read(segments: Sequence[str]) -> dict[str, Any] | None:
        stop = len(segments) - after
        if stop < first:
            return None
        for position, text in literals:
            if segments[position] != text:
                return None
        values = read_fixed(segments)
        if values is None or not read_variadic(values, parts, segments[first:stop]):
            return None
        return values

    return read


class _Part(NamedTuple):
    """A segment of a pattern as :func:`_read_parts` needs it.

    :param name: the name of the value, empty for a literal
    :param convert: returns the value of one segment, ``None`` if it does not match
    :param is_optional: whether it can take no segment
    :param is_repeated: whether it can take more than one segment
    """

    name: str
    convert: Convert
    is_optional: bool = False
    is_repeated: bool = False


def _parts(segments: Iterable[Segment]) -> list[_Part]:
    return [
        _Part("", {part.text: part.text}.get)
        if isinstance(part, Literal)
        else _Part(part.name, converter(part), part.is_optional, part.is_repeated)
        for part in segments
    ]


def _read_one(values: dict[str, Any], parts: Sequence[_Part], segments: Sequence[str]) -> bool:
    """Add the value of a single binding like :func:`_read_parts`, in less time."""
    [(name, convert, is_optional, is_repeated)] = parts
    if not segments:
        values[name] = [] if is_repeated else None
        return is_optional
    if len(segments) > 1 and not is_repeated:
        return False
    taken = list(map(convert, segments))
    values[name] = taken if is_repeated else taken[0]
    return None not in taken


def _read_parts(values: dict[str, Any], parts: Sequence[_Part], segments: Sequence[str]) -> bool:
    """Add the values of the parts, and return whether they match the segments.

    Each part takes as many segments as those after it allow.
    """
    table = _matching_suffixes(parts, segments)
    if not table[0][0]:
        return False
    start = 0
    for part, rest_matches in zip(parts, table[1:], strict=True):
        taken: list[Any] = []
        count = 0
        for segment in segments[start:] if part.is_repeated else segments[start : start + 1]:
            value = part.convert(segment)
            if value is None:
                break
            taken.append(value)
            if rest_matches[start + len(taken)]:
                count = len(taken)
        start += count
        if part.name:
            values[part.name] = taken[:count] if part.is_repeated else taken[0] if count else None
    return True


def _matching_suffixes(parts: Sequence[_Part], segments: Sequence[str]) -> list[bytearray]:
    """Return a table: ``[p][s]`` is whether ``parts[p:]`` match ``segments[s:]``.

    Filling this table takes time proportional to its size, while backtracking could take longer.
    """
    size = len(segments)
    rest_matches = bytearray(size + 1)
    rest_matches[size] = True
    table = [rest_matches]
    for part in reversed(parts):
        row = bytearray(rest_matches) if part.is_optional else bytearray(size + 1)
        for start in reversed(range(size)):
            can_follow = rest_matches[start + 1] or (part.is_repeated and row[start + 1])
            if can_follow and not row[start] and part.convert(segments[start]) is not None:
                row[start] = True
        table.append(row)
        rest_matches = row
    return table[::-1]


def converter(binding: Binding) -> Convert:
    """Return the function that converts one segment, or returns ``None`` if it does not match."""
    convert = _CONVERTERS[binding.type_name]
    prefix, suffix = binding.prefix, binding.suffix
    if not prefix and not suffix:
        return convert
    shortest = len(prefix) + len(suffix) + 1

    def convert_inside(segment: str) -> Any:
        if len(segment) < shortest or not segment.startswith(prefix):
            return None
        if not segment.endswith(suffix):
            return None
        return convert(segment[len(prefix) : len(segment) - len(suffix)])

    return convert_inside


def _convert_int(segment: str) -> int | None:
    digits = segment.removeprefix("-")
    if len(digits) > MAX_INT_DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return int(segment)
    except ValueError:  # The process allows fewer digits, see sys.set_int_max_str_digits.
        return None


def _convert_float(segment: str) -> float | None:
    value = float(segment) if _is_float(segment) else None
    return value if value is not None and isfinite(value) else None


_CONVERTERS: Final[Mapping[str, Convert]] = {
    "str": str,
    "int": _convert_int,
    "float": _convert_float,
}
