"""Recognize secrets by their names, and mask their values in text.

:class:`Secrets` collects the values that have the name of a secret, such as ``db_password``, and
masks them wherever they occur in a text. It also masks values that follow such a name in the text
(``token=abc``), passwords in URLs, and tokens of well-known formats. The time is linear in the
length of the text: no pattern matches a part of a text twice.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from types import ModuleType
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "[masked]"
"""The text shown in place of a secret."""

# Stands for each character of a secret until the masks are in the text; proper text has none.
_HIDDEN = "\uffff"

_Span = tuple[int, int]
_SCALARS = (str, bytes, int)
_CONTAINERS = (Mapping, list, tuple, set, frozenset)

_NAME = (
    r"passw(?:or)?d|passwrd|pass_?(?:phrase|code)|pwd|secret|token|credential|private|cookie"
    r"|sess(?:ion|_?id)|authori[sz]ation|csrf|xsrf|jwt|signature|webhook|card_?number"
    r"|conn(?:ection)?_?str|(?:api|access|auth|account|crypto|deploy|encrypt(?:ion)?|fernet|hmac"
    r"|master|service|sign(?:ing)?|ssh|storage)_?key"
    r"|(?<![a-z])(?:auth|cvc|cvv|dsn|t?otp|pass|pin|psk|salt|sid|sig|ssn)(?![a-z])"
    r"|(?<!cache)(?<!foreign)(?<!group)(?<!primary)(?<!public)(?<!sort)_keys?(?![a-z])"
)
_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[ .-]")

# The least length of a secret, in characters, that is a whole text; that is a part of a text; and
# the most characters of a secret that are looked for.
_SHORTEST_WHOLE = 4
_SHORTEST = 6
_LONGEST = 8_192
# A secret is looked for in pieces, so that a part of it is found where a text is cut off. The text
# is read up to this margin beyond the cut: a piece, each character of it written as up to sixteen.
_PIECE = 128
_MOST_PIECES = 1_000
_MARGIN = 16 * _PIECE
# The most values that are searched at once, and members of one of them.
_MOST_VALUES = 1_000
_MOST_MEMBERS = 100

# Frequent values of secret names that are not secret.
_ORDINARY = frozenset(
    {"authorization", "basic", "bearer", "cookie", "credentials", "default", "digest", "optional"}
    | {"passwd", "password", "private", "required", "secret", "session", "string", "token"}
)
_EMPTY = frozenset(["", "None", "True", "False", "null", "true", "false", "''", '""', "b''"])

# A name and a separator. A match starts only where a word starts.
_NAMED = (
    r"""(?<![\w.-])(?P<name>[\w.-]+)(?:\[[^\]\n"']{0,40}\])?(?P<quote>\\{0,7}["'])?"""
    r"[\])]{0,2}\s{0,8}"
)
_NAMED_IN_TEXT = re.compile(_NAMED + r"(?:=>|[:!=]?=|:|(?P<comma>,))\s{0,8}")
_NAMED_IN_SOURCE = re.compile(
    _NAMED + r"""(?::[^=\n"',)]{0,60})?(?:[:!=]?=|(?<=:)|(?P<comma>,))[\s(\[{]{0,80}"""
)
# String literals that follow each other; the quotes of a literal in a literal have backslashes. A
# literal that is not closed ends with the text.
_LITERALS = re.compile(
    r'''(?:[rbfu]{0,2}(?:"""(?:.*?"""|.*)|\'\'\'(?:.*?\'\'\'|.*)'''
    r"""|"[^"\\]*(?:\\.?[^"\\]*)*(?:"|\Z)|'[^'\\]*(?:\\.?[^'\\]*)*(?:'|\Z)"""
    r"""|(?P<escape>\\{1,7})(?P<mark>["']).*?(?:(?<!\\)(?P=escape)(?P=mark)|\Z))"""
    r"""(?:\s*(?=[rbfu]{0,2}["']))?)+""",
    re.DOTALL | re.IGNORECASE,
)
_VALUE_PART = re.compile(
    r"""(?P<open>[(\[{<])|(?P<close>[)\]}>])|(?P<end>[\s,;&]|\\{0,7}["'](?!\w))|\\{0,7}["']"""
)
_HEADER = re.compile("authori[sz]ation|cookie", re.IGNORECASE)
_TAG = re.compile(r"<([\w.:-]+)>([^<]*)</")
_URL = re.compile(r"""://[^\s"'<>]+""")
# A number and a slash after the colon are a port and a path.
_URL_PASSWORD = re.compile(r"://[^:/?#@]*:(?!\d{1,5}/)(.+)@")
# The secret is in the last group.
_TOKEN = re.compile(
    r"(?i:\b(?:bearer|basic|digest|negotiate|apikey))\s+([\w.~+/=:-]{4,})"
    r"|(-----BEGIN [^-]{1,80}-----.*?(?:-----END [^-]{1,80}-----|\Z)"  # PEM
    r"|(?<![\w-])eyJ[\w-]+\.[\w.-]+"  # JSON Web Token
    r"|\bA[KS]IA[A-Z0-9]{16}\b"  # AWS
    r"|\b(?:gh[oprsu]|github_pat)_\w{20,}"  # GitHub
    r"|\b[prs]k_(?:live|test)_\w{10,}"  # Stripe
    r"|(?<![\w-])xox[abeoprs]-[\w-]{10,}"  # Slack
    r"|\bAIza[\w-]{35}"  # Google
    r"|(?<=hooks\.slack\.com/services/)[\w/]+|(?<=/api/webhooks/)[\w/-]+)",  # webhook URLs
    re.DOTALL,
)


class Secrets:
    """Recognize names of secrets, collect the values of secrets, and mask them in texts.

    :param words: more words that make a name secret if they are a part of it, in any case
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        own = (re.escape(_WORD_BOUNDARY.sub("_", word)) for word in words)
        self._name = re.compile("|".join((_NAME, *own)), re.IGNORECASE)
        self._values: set[str] = set()
        self._pieces: set[str] = set()

    def is_secret_name(self, name: object) -> bool:
        """Return whether `name` is that of a secret: ``db_password``, ``X-Api-Key``, ``auth``."""
        if isinstance(name, bytes):
            name = name.decode("latin-1")
        return isinstance(name, str) and bool(self._name.search(_WORD_BOUNDARY.sub("_", name)))

    def add(self, value: str | bytes | int) -> None:
        """Add the value of a secret.

        It is masked as a part of a text from six characters on, as a whole text from four on.
        """
        if isinstance(value, int):
            # Small numbers are counts, and Python refuses to write very long ones.
            value = str(value) if 16 < value.bit_length() < _LONGEST else ""
        elif isinstance(value, bytes):
            value = value[:_LONGEST].decode("utf-8", "backslashreplace")
        text = value[:_LONGEST].strip()
        is_path = os.path.isabs(text) and os.path.exists(text)  # of a key file, or PWD
        if len(text) < _SHORTEST_WHOLE or text.lower() in _ORDINARY or is_path:
            return
        self._values.add(text)
        for line in map(str.strip, text.split("\n")):
            # The last piece is as long as the others, so that no end is too short to be found.
            for end in (*range(_PIECE, len(line), _PIECE), len(line)):
                piece = line[max(end - _PIECE, 0) : end]
                if len(piece) >= _SHORTEST and len(self._pieces) < _MOST_PIECES:
                    self._pieces |= _forms(piece)

    def add_named(self, *values: object) -> None:
        """Add the values with secret names that are in `values`, and the passwords in URLs.

        This searches a bounded number of mappings, sequences and objects, the outer ones first.
        """
        found = [(value, False) for value in values]
        for value, is_secret in found:  # it grows meanwhile
            with suppress(Exception):  # an object can fail in any way
                if not isinstance(value, _SCALARS):
                    most = _MOST_MEMBERS if len(found) < _MOST_VALUES else 0
                    found.extend(islice(self._members(value, is_secret), most))
                elif is_secret:
                    self.add(value)
                if isinstance(value, str):
                    for start, end in _url_passwords(value[:_LONGEST]):
                        self.add(value[start:end])

    def _members(self, value: Any, is_secret: bool) -> Iterator[tuple[Any, bool]]:
        """Return the members of `value`, each with whether it is secret."""
        is_namespace = isinstance(value, (type, ModuleType))
        for name, member in _named_members(value):
            is_scalar = issubclass(type(member), _SCALARS)
            if self.is_secret_name(name):
                yield member, is_scalar or not is_namespace
            elif not is_namespace:
                # A secret object, such as a session, also has members that are not secret.
                yield member, is_secret and (is_scalar or isinstance(value, _CONTAINERS))

    def mask(self, text: str, most: int | None = None, *, is_source: bool = False) -> str:
        """Return `text` with a mask in place of each secret.

        :param most: the number of characters to cut the text off after; all if None
        :param is_source: whether the text is Python source code: then only string literals are
            masked as values of secret names, and the number of lines stays the same
        """
        seen = text if most is None else text[: most + _MARGIN]
        if seen.strip() in self._values:
            return MASK
        is_hidden = bytearray(len(seen))
        for start, end in self._find(seen, is_source):
            is_hidden[start:end] = b"\1" * (end - start)
        characters = (
            _HIDDEN if hidden and character != "\n" else character
            for character, hidden in zip(seen[:most], is_hidden, strict=False)
        )
        return re.sub(f"{_HIDDEN}+", MASK, "".join(characters))

    def mask_named(self, name: object, text: str) -> str:
        """Return `text`, or a mask if `name` is that of a secret and there is a value."""
        return MASK if text not in _EMPTY and self.is_secret_name(name) else text

    def _find(self, text: str, is_source: bool) -> Iterator[_Span]:
        for piece in self._pieces:
            start = text.find(piece)
            while start >= 0:
                yield start, start + len(piece)
                start = text.find(piece, start + 1)
        yield from self._find_named(text, is_source)
        yield from _url_passwords(text)
        for match in _TOKEN.finditer(text):
            yield match.span(match.lastindex or 0)

    def _find_named(self, text: str, is_source: bool) -> Iterator[_Span]:
        """Find the values that follow a secret name, as in ``token=abc`` or ``"pin": 12``."""
        named, end = _NAMED_IN_SOURCE if is_source else _NAMED_IN_TEXT, 0
        while match := named.search(text, end):
            start = end = match.end()
            if not self.is_secret_name(match["name"]):
                continue
            literals = _LITERALS.match(text, start)
            if match["comma"] and not (match["quote"] and literals):
                continue
            if literals:
                end = literals.end()
            elif not is_source:
                end = _end_of_value(text, start, _HEADER.match(match["name"]) is not None)
            if text[start:end] not in _EMPTY:
                yield start, end
        for match in _TAG.finditer(text):
            if self.is_secret_name(match[1]):
                yield match.span(2)


def _named_members(value: Any) -> Iterable[tuple[object, Any]]:
    """Return the items of a container, and the attributes of anything else, with their names."""
    if isinstance(value, Mapping):
        # Only dict.items returns all the values of a MultiDict.
        return dict.items(value) if isinstance(value, dict) else value.items()
    if isinstance(value, (list, tuple)) and len(value) == 2 and type(value[0]) in (str, bytes):
        return [(value[0], value[1])]
    if isinstance(value, _CONTAINERS):
        return ((None, member) for member in value)
    slots = ((name, getattr(value, name, None)) for name in getattr(value, "__slots__", ()))
    return chain(tuple(getattr(value, "__dict__", {}).items()), slots)


def _forms(text: str) -> set[str]:
    """Return the spellings of a text inside other texts: as it is, in URLs, in literals."""
    data = text.encode("utf-8", "surrogatepass")
    forms = {text, quote(data), quote(data, safe=""), quote_plus(data), repr(data)[2:-1]}
    literals = {text}
    writers = (repr, ascii, json.dumps, partial(json.dumps, ensure_ascii=False))
    for _ in range(2):  # a literal can be in another one: JSON in the repr of a string
        literals |= {write(form)[1:-1] for form in literals for write in writers}
        literals |= {form.replace("'", "\\'") for form in literals}
    return forms | literals


def _url_passwords(text: str) -> Iterator[_Span]:
    for url in _URL.finditer(text):
        if password := _URL_PASSWORD.match(url[0]):
            yield url.start() + password.start(1), url.start() + password.end(1)


def _end_of_value(text: str, position: int, is_line: bool) -> int:
    """Return the end of a value without quotes: a word, or brackets with their content.

    :param is_line: whether the value is the rest of the line instead
    """
    if is_line:
        end = text.find("\n", position)
        return len(text) if end < 0 else end
    depth = 0
    while part := _VALUE_PART.search(text, position):
        position = part.end()
        if depth and part[0][-1] in "\"'":
            literal = _LITERALS.match(text, part.start())
            position = literal.end() if literal else position
        elif part["open"]:
            depth += 1
        elif part["close"]:
            depth -= 1
        if depth < 0 or (part["end"] and not depth):
            return part.start()
    return len(text)
