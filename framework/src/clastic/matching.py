"""How the segments of a pattern take the segments of a path, and what values that gives.

How a pattern looks at a path is chosen once, by what the pattern has in it, so that a request pays
for no more than that. No path takes longer than in proportion to its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from clastic.grammar import Binding, Literal, Segment

MAX_INT_DIGITS: Final = 4300

Placed = tuple[int, Segment]
Convert = Callable[[str], Any]
Matcher = Callable[[Sequence[str], bool], "dict[str, Any] | None"]

_is_float: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?").fullmatch


def reader(segments: Sequence[Segment], is_branch: bool) -> Matcher:
    """Make the function from the segments of a path to the values by name.

    It takes the non-empty, decoded segments of a path and whether it has a trailing slash, and
    gives ``None`` where these do not match. It takes for granted what an index by segment has found
    out already: of a pattern without flexible bindings it looks at the bindings only.

    :param segments: the segments of the pattern
    :param is_branch: whether the pattern ends in a slash
    """
    flexible = [at for at, segment in enumerate(segments) if _is_flexible(segment)]
    if flexible:
        return _flexible_matcher(segments, is_branch, flexible[0], flexible[-1] + 1)
    return _reader(list(enumerate(segments)))


def fits(
    pattern: Sequence[Segment], is_branch: bool, segments: Sequence[str], has_trailing_slash: bool
) -> bool:
    """Tell whether there is to a path what the reader of a pattern takes for granted.

    :param pattern: the segments of the pattern
    :param is_branch: whether the pattern ends in a slash
    """
    if any(map(_is_flexible, pattern)):
        return True
    if len(segments) != len(pattern) or (has_trailing_slash and not is_branch):
        return False
    return all(segments[position] == text for position, text in _literals(enumerate(pattern)))


def _reader(placed: Sequence[Placed]) -> Matcher:
    """Make the function that reads bindings of one segment, each at its place in the path."""
    bindings = [(at, part) for at, part in placed if isinstance(part, Binding)]
    if not bindings:
        return lambda segments, has_trailing_slash: {}
    converted = [(part.name, at, _converter(part)) for at, part in bindings]
    if all(convert is str for _, _, convert in converted):
        plain = [(name, at) for name, at, _ in converted]
        if len(plain) == 1:
            [(only, place)] = plain
            return lambda segments, has_trailing_slash: {only: segments[place]}
        return lambda segments, has_trailing_slash: {name: segments[at] for name, at in plain}

    def read(segments: Sequence[str], has_trailing_slash: bool) -> dict[str, Any] | None:
        values = {}
        for name, position, convert in converted:
            value = convert(segments[position])
            if value is None:
                return None
            values[name] = value
        return values

    return read


def _flexible_matcher(
    pattern: Sequence[Segment], is_branch: bool, first: int, behind: int
) -> Matcher:
    """Make the function for a pattern with flexible bindings, from ``first`` to before ``behind``.

    What stands in front of these has its place counted from the start of the path, what stands
    behind them has it counted from the end.
    """
    after = len(pattern) - behind
    placed = [*enumerate(pattern[:first]), *enumerate(pattern[behind:], -after)]
    literals = _literals(placed)
    read = _reader(placed)
    takers = [_taker(segment) for segment in pattern[first:behind]]
    take = _take_all if len(takers) == 1 else _take_greedily
    last_may_take_none = not after and takers[-1].is_skippable

    def match(segments: Sequence[str], has_trailing_slash: bool) -> dict[str, Any] | None:
        end = len(segments) - after
        last_takes_none = has_trailing_slash and not is_branch
        if end < first or (last_takes_none and not last_may_take_none):
            return None
        for position, text in literals:
            if segments[position] != text:
                return None
        values = read(segments, has_trailing_slash)
        if values is None or not take(values, takers, segments[first:end], last_takes_none):
            return None
        return values

    return match


def _literals(placed: Iterable[Placed]) -> list[tuple[int, str]]:
    return [(at, segment.text) for at, segment in placed if isinstance(segment, Literal)]


class _Taker(NamedTuple):
    """A segment of a pattern between flexible ones, or one of these.

    :param name: what its value is called, ``None`` for a literal
    :param convert: gives the value of one segment, ``None`` where that does not fit
    :param is_skippable: whether it can take none
    :param is_repeated: whether it can take more than one
    """

    name: str | None
    convert: Convert
    is_skippable: bool
    is_repeated: bool

    def put(self, values: dict[str, Any], run: list[Any]) -> None:
        """Add the value that the values of the segments it took make together."""
        if self.name is not None:
            values[self.name] = run if self.is_repeated else run[0] if run else None


def _taker(segment: Segment) -> _Taker:
    if isinstance(segment, Literal):
        return _Taker(None, {segment.text: segment.text}.get, False, False)
    return _Taker(segment.name, _converter(segment), segment.is_skippable, segment.is_repeated)


def _take_all(
    values: dict[str, Any], takers: Sequence[_Taker], segments: Sequence[str], none_for_last: bool
) -> bool:
    """Let the one taker take all segments, and tell whether it can."""
    [taker] = takers
    if segments:
        if none_for_last or (len(segments) > 1 and not taker.is_repeated):
            return False
        run = list(map(taker.convert, segments))
        taker.put(values, run)
        return None not in run
    taker.put(values, [])
    return taker.is_skippable


def _take_greedily(
    values: dict[str, Any], takers: Sequence[_Taker], segments: Sequence[str], none_for_last: bool
) -> bool:
    """Let each taker take as many segments as the ones behind it allow, and tell whether it ends.

    The time is proportional to the number of segments.
    """
    rows = _reachable(takers, segments)
    if not rows[0][0]:
        return False
    at = 0
    for taker, row, below in zip(takers, rows, rows[1:], strict=False):
        run: list[Any] = []
        while at < len(segments) and (below[at + 1] or (taker.is_repeated and row[at + 1])):
            value = taker.convert(segments[at])
            if value is None:
                break
            run.append(value)
            at += 1
            if not taker.is_repeated:
                break
        taker.put(values, run)
    return not (none_for_last and run)


def _reachable(takers: Sequence[_Taker], segments: Sequence[str]) -> list[bytearray]:
    """Tell from where the end can be reached: ``[t][s]`` by takers from t with segments from s."""
    size = len(segments)
    below = bytearray(size + 1)
    below[size] = True
    rows = [below]
    for taker in reversed(takers):
        row = bytearray(below) if taker.is_skippable else bytearray(size + 1)
        for at in range(size - 1, -1, -1):
            follows = below[at + 1] or (taker.is_repeated and row[at + 1])
            if follows and not row[at] and taker.convert(segments[at]) is not None:
                row[at] = True
        rows.append(row)
        below = row
    return rows[::-1]


def _is_flexible(segment: Segment) -> bool:
    return isinstance(segment, Binding) and segment.is_flexible


def _converter(binding: Binding) -> Convert:
    """Make the function that gives the value of a segment, ``None`` where it does not fit."""
    convert = _CONVERTERS[binding.type_name]
    prefix, suffix = binding.prefix, binding.suffix
    if not prefix and not suffix:
        return convert
    start, shortest = len(prefix), len(prefix) + len(suffix) + 1

    def convert_inside(segment: str) -> Any:
        if len(segment) < shortest or not segment.startswith(prefix):
            return None
        if not segment.endswith(suffix):
            return None
        return convert(segment[start : len(segment) - len(suffix)])

    return convert_inside


def _convert_int(segment: str) -> int | None:
    digits = segment.removeprefix("-")
    if len(digits) > MAX_INT_DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return int(segment)
    except ValueError:  # the process may allow fewer digits, see sys.set_int_max_str_digits
        return None


def _convert_float(segment: str) -> float | None:
    if not _is_float(segment):
        return None
    value = float(segment)
    return value if isfinite(value) else None


_CONVERTERS: Final[Mapping[str, Convert]] = MappingProxyType(
    {"str": str, "int": _convert_int, "float": _convert_float}
)
