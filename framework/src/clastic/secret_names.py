"""Which names are those of secrets, and where the values beside such names stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

Span = tuple[int, int]
"""A part of a text: where it begins, and where it ends."""

# Parts of names. Any may have more of the name on both sides; those of the second row stand for
# themselves, for they are parts of harmless words too.
_WORDS = (
    r"passw(?:or)?d|passwrd|pass_?(?:phrase|code)|pwd|secret|token|credential|private|cookie"
    r"|sess(?:ion|_?id)|authori[sz]ation|csrf|xsrf|jwt"
    r"|(?:api|access|auth|account|sign(?:ing)?|encrypt(?:ion)?|crypto|master|service|ssh|deploy"
    r"|storage|fernet|hmac)[ ._-]?key"
)
_WHOLE_WORDS = r"(?<![a-z])(?:auth|pass|otp|pin)(?![a-z])"

# How many characters of a name are looked at.
_LONGEST_NAME = 200

_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_QUOTE = re.compile(r"""[rbfuRBFU]{0,2}(\\*)(["'])""")
_LITERAL = re.compile(r"""(\\*)(["'])""")
_CLOSING_BY_OPENING = {"(": ")", "[": "]", "{": "}", "<": ">"}
# What ends a value without quotes: a quote does if that is the end of what has the value in it.
_AFTER_VALUE = re.compile(r"""[\s,;&)\]}>]|\\*["'](?!\w)""")


class SecretNames:
    """Tells by a name whether what it names is a secret: ``db_password``, ``X-Api-Key``, ``auth``.

    :param more: further words to know a name by, as parts of it, in any case
    """

    def __init__(self, more: Iterable[str] = ()) -> None:
        words = "|".join((_WORDS, _WHOLE_WORDS, *map(re.escape, more)))
        search = re.compile(words, re.IGNORECASE).search
        # The same names come again and again.
        self._is_secret = lru_cache(4_096)(lambda name: bool(search(_CAMEL_CASE.sub("_", name))))
        # The rest of the name, an index, and what stands between a name and its value.
        named = (
            rf"(?:{words})[\w.-]{{0,100}}(?:\[[^\]\n]{{0,40}}\])?(?P<quote>\\*[\"'])?[\])]{{0,2}}"
        )
        self._beside = re.compile(
            rf"(?P<name>{named})\s{{0,8}}(?:=>|[:!=]?=|:|(?P<comma>,))\s{{0,8}}", re.IGNORECASE
        )
        self._in_tags = re.compile(rf"(?:{words})[\w.:-]{{0,100}}>([^<]+)</", re.IGNORECASE)
        self._in_source = re.compile(
            rf"{named}(?:\s*:[^=\n\"']{{0,60}})?\s*(?:[:!=]?=|:|(?P<comma>,))[\s([{{]*"
            rf"(?=[rbfu]{{0,2}}[\"'])",
            re.IGNORECASE,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __contains__(self, name: object) -> bool:
        """Tell whether `name`, a string or bytes, names a secret. Anything else does not."""
        if isinstance(name, bytes):
            name = name.decode("latin-1")
        if not isinstance(name, str):
            return False
        return self._is_secret(str.__getitem__(name, slice(_LONGEST_NAME)))

    def values_in(self, text: str) -> Iterator[Span]:
        """Find the values that stand beside a secret name, as in ``token=abc`` or ``"pin": 12``.

        After the name of a header that is all secret the rest of the line is its value.
        """
        for match in self._beside.finditer(text):
            start = match.end()
            quote = _QUOTE.match(text, start)
            if match["comma"] and not (match["quote"] and quote):
                continue
            if quote:
                yield start, _end_of_literal(text, quote)
            elif re.match("authori[sz]ation|cookie", match["name"], re.IGNORECASE):
                yield start, _end_of_line(text, start)
            else:
                yield start, _end_of_value(text, start)
        for match in self._in_tags.finditer(text):
            yield match.span(1)

    def literals_in(self, source: str) -> Iterator[Span]:
        """Find the string literals that source code puts beside a secret name."""
        for match in self._in_source.finditer(source):
            if match["comma"] and not match["quote"]:
                continue
            end = match.end()
            # Literals that follow each other are one.
            while quote := _QUOTE.match(source, end):
                start, end = end, _end_of_literal(source, quote)
                yield start, end
                end += len(source[end:]) - len(source[end:].lstrip())


def _end_of_line(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _end_of_literal(text: str, opening: re.Match[str]) -> int:
    """Return the end of a string literal, the quote included, or of the text.

    A literal within a literal has backslashes before its quotes; what is escaped in it has more.

    :param opening: the match of its prefix and first quote
    """
    backslashes, quote = len(opening[1]), opening[2]
    if not backslashes and text.startswith(quote * 2, opening.end()):
        end = text.find(quote * 3, opening.end() + 2)
        return len(text) if end < 0 else end + 3
    for closing in re.compile(rf"(\\*){quote}").finditer(text, opening.end()):
        if len(closing[1]) % (2 * (backslashes + 1)) == backslashes:
            return closing.end()
    return len(text)


def _end_of_value(text: str, start: int) -> int:
    """Return the end of a value without quotes around it: of a word, or of what has brackets."""
    expected: list[str] = []
    position = start
    while position < len(text):
        character = text[position]
        if expected and (quote := _LITERAL.match(text, position)):
            position = _end_of_literal(text, quote)
            continue
        if character in _CLOSING_BY_OPENING:
            expected.append(_CLOSING_BY_OPENING[character])
        elif expected and character == expected[-1]:
            expected.pop()
        elif not expected and _AFTER_VALUE.match(text, position):
            break
        position += 1
    return position
