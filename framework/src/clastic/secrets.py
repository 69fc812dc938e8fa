"""What hides secrets in what is shown to a developer: by their names, by their values, by look.

A name such as ``db_password`` makes what it names a secret. The value of a secret is looked for
wherever else it may stand: in messages, in other values, in source code. And some texts are secrets
by their look, whatever they are called: passwords in URLs, bearer tokens, PEM blocks, random keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

from clastic.secret_names import SecretNames, Span

MASK = "[masked]"
"""What is shown in place of a secret."""

SHORTEST = 6
"""How many characters a secret has at least that is masked where it is a part of a text."""

# How many it has at least to be masked where it is the whole of a text but has no secret name.
_SHORTEST_WHOLE = 4

# A secret is looked for in pieces of this many characters, so that one that is cut off is found.
_PIECE = 128
# How far one has to read past the end of what is shown to know what in it is secret: a piece, each
# character of it written as up to sixteen.
_MARGIN = 16 * _PIECE
# The part of a secret that is looked for, in characters, and the number of pieces of all secrets.
_LONGEST = 8_192
_MOST_PIECES = 2_000

# What is often found where a secret is expected, and is none.
_ORDINARY = frozenset(
    {"authorization", "basic", "bearer", "cookie", "credentials", "default", "digest", "optional"}
    | {"passwd", "password", "private", "required", "secret", "session", "string", "token"}
)

# A number and a slash behind the colon are a port and a path.
_URL_PASSWORD = re.compile(r"://[^\s:/?#@]*:(?!\d{1,5}/)([^\s\"'<>]+)@")
_LOOKS = (
    _URL_PASSWORD,
    re.compile(r"\b(?:bearer|basic|digest|negotiate|apikey)\s+([\w.~+/=:-]{4,})", re.IGNORECASE),
    re.compile(r"(-----BEGIN [^-]{1,80}-----.*?(?:-----END [^-]{1,80}-----|\Z))", re.DOTALL),
    re.compile(r"\b(eyJ[\w-]+\.[\w.-]+)"),
    re.compile(r"\b(A[KS]IA[A-Z0-9]{16})\b"),
)
_RUN = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]{32,}", re.IGNORECASE)
_CHANGE = re.compile("(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[a-z0-9])|(?<=[0-9])(?=[A-Za-z])")
_NOT_ALPHANUMERIC = re.compile("[^A-Za-z0-9]")
_WORD = re.compile("[A-Z]?[a-z]{3,}")


class Secrets:
    """The secrets that are known, and masks for them and for what looks like one.

    :param names: tells which names are those of secrets
    """

    def __init__(self, names: SecretNames | None = None) -> None:
        self.names = SecretNames() if names is None else names
        self._whole: set[str] = set()
        self._pieces: set[str] = set()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self._whole)} values>"

    def add(self, value: Any, shortest: int = SHORTEST) -> None:
        """Take note of the value of a secret: a string, bytes, or an integer.

        Short ones are often something else, and are masked only where their names tell.

        :param shortest: how many characters it has to have to be masked as a part of a text
        """
        if issubclass(type(value), int):
            # Small ones are counts, and Python refuses to write very long ones.
            value = int.__repr__(value) if 16 < int.bit_length(value) < _LONGEST else ""
        elif issubclass(type(value), bytes):
            value = bytes.__getitem__(value, slice(_LONGEST)).decode("utf-8", "backslashreplace")
        text = str.__getitem__(value, slice(_LONGEST)).strip()
        if len(text) >= _SHORTEST_WHOLE and text.lower() not in _ORDINARY:
            self._whole.add(text)
            if len(text) >= shortest:
                self._pieces.update(self._pieces_of(text, shortest))

    def add_from(self, text: str) -> None:
        """Take note of the passwords in the URLs in `text`."""
        if "://" in text:
            for match in _URL_PASSWORD.finditer(text[:_LONGEST]):
                self.add(match[1])

    def mask(self, text: str, most: int | None = None, *, is_source: bool = False) -> str:
        """Return the beginning of `text` with a mask in place of each secret.

        :param most: how many characters of it to show; all if None
        :param is_source: whether it is Python, of which only literals can be secret by their names.
            A secret of several lines is then masked line by line
        """
        seen = text if most is None else text[: most + _MARGIN]
        if seen.strip() in self._whole:
            return MASK
        spans = sorted(self._find(seen, is_source))
        return "".join(_masked(seen[:most], spans, by_line=is_source))

    def _find(self, text: str, is_source: bool) -> Iterator[Span]:
        for piece in self._pieces:
            start = text.find(piece)
            while start >= 0:
                yield start, start + len(piece)
                start = text.find(piece, start + 1)
        yield from self.names.literals_in(text) if is_source else self.names.values_in(text)
        for look in _LOOKS:
            for match in look.finditer(text):
                yield match.span(1)
        for match in _RUN.finditer(text):
            if _looks_random(match[0]):
                yield match.span()

    def _pieces_of(self, text: str, shortest: int) -> Iterator[str]:
        """Give the forms that the pieces of a secret can have in a text."""
        lines = [line.strip() for line in text.splitlines()] if "\n" in text else [text]
        for line in lines:
            # The last piece is as long as the others, so that no end is too short to be found.
            for end in (*range(_PIECE, len(line), _PIECE), len(line)):
                piece = line[max(end - _PIECE, 0) : end]
                if len(piece) >= shortest and len(self._pieces) < _MOST_PIECES:
                    yield from _forms(piece)


def _forms(text: str) -> set[str]:
    """Give the ways in which a text is written inside others: as it is, in URLs, in literals.

    The text of a literal may itself be in a literal: in the repr of a string with JSON in it, say.
    """
    data = text.encode("utf-8", "surrogatepass")
    forms = {text, quote(data), quote(data, safe=""), quote_plus(data)}
    forms |= {repr(data)[2:-1], repr(b'"' + data)[3:-1]}
    once = _in_literals(text)
    return forms | once.union(*map(_in_literals, once))


def _in_literals(text: str) -> set[str]:
    # Whether a repr escapes single quotes depends on whether there are double ones, too.
    return {
        repr(text)[1:-1],
        repr('"' + text)[2:-1],
        ascii(text)[1:-1],
        ascii('"' + text)[2:-1],
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
    }


def _looks_random(text: str) -> bool:
    """Tell whether a run of letters and digits is a key rather than words, a path or an id.

    In words and paths, letters of one case and digits come in rows; in a key they alternate. Both
    bounds were tried on the runs in some thousand Python files (0.7% of them taken for keys) and on
    random keys (3% of those with 128 bits missed, none of those with 256).
    """
    if _UUID.fullmatch(text):
        return False
    characters = _NOT_ALPHANUMERIC.sub("", text)
    if len(characters) < 16 or characters.isalpha() or characters.isdigit():
        return False
    if _HEX.fullmatch(characters):
        return True
    changes = len(_CHANGE.findall(characters))
    outside_words = len(_WORD.sub("", characters))
    return 4 * changes >= len(characters) - 1 and 5 * outside_words >= len(characters)


def _masked(text: str, spans: list[Span], *, by_line: bool) -> Iterator[str]:
    """Give the parts of `text` with masks in place of `spans`.

    :param spans: in order; they may overlap, and reach beyond the end
    :param by_line: whether to put a mask in place of each line of a span
    """
    position, masked_to = 0, -1
    for start, end in spans:
        start, end = max(start, position), min(end, len(text))
        if start >= end:
            continue
        yield text[position:start]
        if start > masked_to:
            yield MASK
        if by_line:
            yield ("\n" + MASK) * text.count("\n", start, end)
        position = masked_to = end
    yield text[position:]
