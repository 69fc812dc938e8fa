"""Which precompressed neighbour of a file suits a client (RFC 9110, section 12.5.3)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from clastic.static.files import FoundFile

# The longest Accept-Encoding header, in characters, that is negotiated. It bounds the memory of
# remembered choices; no real client comes near it.
_LONGEST_HEADER = 512


class Coding(NamedTuple):
    """A content coding: its name in HTTP, and the ending that names a file encoded in it."""

    name: str
    suffix: str


IDENTITY = Coding("", "")

# Best compression first.
_CODINGS = (Coding("br", ".br"), Coding("gzip", ".gz"))
_SUFFIXES = tuple(coding.suffix for coding in _CODINGS)


def usable_neighbours(found: FoundFile, name: str) -> dict[Coding, os.stat_result]:
    """Return the precompressed neighbours of a file with their status, best coding first.

    A neighbour that is empty, or older than the file by the second, is what a compression has
    failed to write or has yet to write: it is left alone. (Tools that keep the time of the original
    may round it, so parts of a second do not count.)

    :param name: the file name; what is compressed itself has no neighbours
    """
    if name.endswith(_SUFFIXES):
        return {}
    oldest = int(found.status.st_mtime)
    neighbours = {}
    for coding in _CODINGS:
        status = found.neighbour(coding.suffix)
        if status is not None and status.st_size > 0 and int(status.st_mtime) >= oldest:
            neighbours[coding] = status
    return neighbours


def choose_coding(header: str | None, available: Sequence[Coding]) -> Coding:
    """Return the coding of `available` that an Accept-Encoding header prefers, or `IDENTITY`.

    Of equally welcome ones it is the first of `available`; the file as it is comes last.
    """
    if not header or len(header) > _LONGEST_HEADER:
        return IDENTITY
    return _choose(header, tuple(available))


@lru_cache(maxsize=256)
def _choose(header: str, available: tuple[Coding, ...]) -> Coding:
    accepted = parse_accept_header(header, Accept)
    best, best_quality = IDENTITY, 0.0
    for coding in available:
        quality = float(accepted.quality(coding.name))
        if quality > best_quality:
            best, best_quality = coding, quality
    return IDENTITY if accepted.quality("identity") > best_quality else best
