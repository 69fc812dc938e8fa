"""JSON text from any value, by an encoder that is built once.

RFC 8259: UTF-8 without a byte order mark, no NaN and no Infinity.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from clastic.render.json_copy import PlainCopy
from clastic.render.json_values import as_mapping, is_one_shot, simplify

Write = Callable[[object, int], Iterable[str]]


class JSONEncoding:
    """One way of writing JSON. It holds nothing of the values, so threads may share it.

    :param encoding: what bytes inside a value are decoded by; what is written is always UTF-8
    :param indent: spaces a level, ``None`` for the most compact form
    :param sort_keys: order the entries of objects by key
    :param lenient: write the ``repr`` of what has no JSON form instead of raising
    :raises LookupError: when there is no such encoding
    """

    def __init__(
        self,
        *,
        encoding: str = "utf-8",
        indent: int | None = None,
        sort_keys: bool = False,
        lenient: bool = False,
    ) -> None:
        codecs.lookup(encoding)
        self._encoding = encoding
        self._lenient = lenient
        self._write = _writer(partial(simplify, encoding=encoding), indent, sort_keys)

    def encode(self, value: object, trail: tuple[object, ...] = ()) -> bytes:
        """Write ``value``.

        :param trail: the keys and indexes that lead to it, to name its place in an error
        :raises TypeError: for a type or a key that JSON has nothing for
        :raises ValueError: for NaN, Infinity, bytes that are no text, and a value that contains
            itself or is nested too deep; like the ``TypeError`` it names the place
        """
        if not self._lenient:
            try:
                return "".join(self._write(value, 0)).encode()
            except (TypeError, ValueError, RecursionError):
                pass  # The copy below either mends what is in the way or says what it is.
            if is_one_shot(value):
                return self.encode(list(value), trail)  # type: ignore[call-overload]
        copy = self.plain(value, trail)
        # An unpaired surrogate has no UTF-8 form; its backslash form is the one JSON reads.
        return "".join(self._write(copy, 0)).encode("utf-8", "backslashreplace")

    def plain(self, value: object, trail: tuple[object, ...] = ()) -> Any:
        """Give what :meth:`encode` writes as dicts, lists and JSON's scalars.

        :raises TypeError: as :meth:`encode`
        :raises ValueError: likewise
        """
        return PlainCopy(self._encoding, lenient=self._lenient, trail=trail).make(value)

    def iter_encode(self, value: object) -> Iterator[bytes]:
        """Write ``value`` one member at a time, so that an iterator is never in memory whole.

        :raises TypeError: as :meth:`encode`, when the iteration comes to what causes it
        :raises ValueError: likewise
        """
        if isinstance(value, (list, tuple)) or is_one_shot(value):
            yield from _enclosed(b"[", self._members(value), b"]")  # type: ignore[arg-type]
            return
        mapping = as_mapping(value)
        if mapping is None:
            yield self.encode(value)
            return
        entries = (self.encode({key: mapping[key]})[1:-1].strip() for key in mapping)
        yield from _enclosed(b"{", entries, b"}")

    def _members(self, values: Iterable[object]) -> Iterator[bytes]:
        for index, value in enumerate(values):
            yield self.encode(value, (index,))


def _enclosed(opening: bytes, members: Iterable[bytes], closing: bytes) -> Iterator[bytes]:
    start = opening
    for member in members:
        yield start + member
        start = b","
    yield closing if start == b"," else opening + closing


def _writer(default: Callable[[object], object], indent: int | None, sort_keys: bool) -> Write:
    """Give the function that writes a value in pieces.

    ``JSONEncoder`` makes the encoder written in C anew for each value, which is most of the time
    a small one takes, so it is made here, once, where there is one. Without the check for circles
    it has no state: a circle ends in a ``RecursionError``.
    """
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is not None and indent is None:
        escape = json.encoder.encode_basestring
        write: Write = make(None, default, escape, None, ":", ",", sort_keys, False, False)
        return write
    encoder = json.JSONEncoder(
        ensure_ascii=False,
        check_circular=False,
        allow_nan=False,
        sort_keys=sort_keys,
        indent=indent,
        separators=(",", ":" if indent is None else ": "),
        default=default,
    )
    return lambda value, level: encoder.iterencode(value)
