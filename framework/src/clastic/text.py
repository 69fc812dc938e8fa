"""Convert any value to printable text."""

from __future__ import annotations

import re

# All characters that are not both printable or white space and allowed in XML 1.0, HTML and UTF-8.
# The expression is compiled on use, because most errors do not need it.
_FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]"


def to_text(value: object) -> str:
    """Return `value` as plain text that every output format can contain.

    Bytes are decoded as UTF-8. Control characters, lone surrogates and non-characters become
    U+FFFD. A value whose ``__str__`` fails is replaced by the name of its type.
    """
    try:
        # str.__str__ turns a subclass of str into str: escaping would trust Markup.
        text = str.__str__(
            value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        )
    except Exception:
        text = f"<unprintable {type(value).__name__} object>"
    if text.isprintable():
        return text
    return re.sub(_FORBIDDEN, "\ufffd", text)
