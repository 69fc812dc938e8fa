"""Turn any value into text that can be shown."""

from __future__ import annotations

import re

# Whatever is neither printable nor white space in each of XML 1.0, HTML and UTF-8. It is compiled
# when it is used, for it is not by most errors.
_UNSHOWABLE = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]"


def to_text(value: object) -> str:
    """Return `value` as plain text that every format can carry.

    Bytes are read as UTF-8. Control characters, lone surrogates and non-characters become U+FFFD. A
    value whose ``__str__`` fails is named by its type.
    """
    try:
        # An object's own `str` may be a subclass (Markup), which escaping would trust.
        text = str.__str__(
            value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        )
    except Exception:
        text = f"<unprintable {type(value).__name__} object>"
    if text.isprintable():
        return text
    return re.sub(_UNSHOWABLE, "\ufffd", text)
