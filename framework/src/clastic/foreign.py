"""Translate the patterns of other frameworks, and regular expressions, for error messages."""

from __future__ import annotations

import re
from itertools import count
from types import MappingProxyType
from typing import Final

# The types of other frameworks: the operator and type that take the same values here.
_FOREIGN_FORMS: Final = MappingProxyType(
    {
        **dict.fromkeys(("any", "re", "regex", "slug", "string", "uuid"), ""),
        **dict.fromkeys(("integer", "num", "number"), ":int"),
        **dict.fromkeys(("decimal", "double"), ":float"),
        "path": "+",
    }
)
_FORMS: Final = MappingProxyType(
    {**_FOREIGN_FORMS, "str": "", "unicode": "", "int": ":int", "float": ":float"}
)

# Match a group with a name, a group without one, or a class of characters.
_GROUP: Final = re.compile(
    r"\(\?P?(?:<(\w+)>|:)([^()]*)\)|\(([^()|]*)\)|((?:\\[dw]|\[[^]]*\])[+*?]?|\.[*+])"
)


def read_binding(inside: str) -> tuple[str, str] | None:
    """Return the name, and the operator and type, of a binding as other frameworks write it.

    :param inside: the text between the brackets, such as ``int:id`` or ``rest:path``
    :return: such as ``("id", ":int")`` or ``("rest", "+")``; ``None`` for anything else
    """
    if match := re.fullmatch(r"(\w+)(?:\(.*\))?:(\w+)", inside):
        first, second = match.groups()
        if (first in _FORMS and second not in _FOREIGN_FORMS) or first == second in _FORMS:
            return second, _FORMS[first]
        if second in _FOREIGN_FORMS:
            return first, _FORMS[second]
    if match := re.fullmatch(r"(\w+):(str|int|float)([?*+])", inside):
        name, type_name, operator = match.groups()
        return name, operator + ("" if type_name == "str" else type_name)
    if match := re.fullmatch(r"(\w+):(?:re|regex)?:?(.*[\\[].*)", inside):
        return match[1], _form_of_expression(match[2])
    return None


def nearest_to_expression(text: str) -> str:
    """Return a pattern that matches about the same as a regular expression."""
    unnamed = count(1)

    def to_binding(group: re.Match[str]) -> str:
        name, *expressions = group.groups()
        form = _form_of_expression(next(filter(None, expressions), ""))
        if name is None:
            number = next(unnamed)
            kind = "number" if form == ":int" else "name"
            name = kind if number == 1 else f"{kind}_{number}"
        return f"<{name}{form}>"

    nearest = _GROUP.sub(to_binding, re.sub(r"^\^|(/\?)?\$\Z", "", text))
    return "/" + re.sub(r"\\(\W)", r"\1", nearest).removeprefix("/")


def _form_of_expression(expression: str) -> str:
    """Return the operator and type for what a regular expression matches."""
    if expression in (".*", ".+"):
        return expression[1]
    if re.fullmatch(r"-?\??(\\d|\[0-9\])([+*]|\{[\d,]+\})?", expression):
        return ":int"
    if re.match(r"-?\??(\\d|\[0-9\])", expression) and r"\." in expression:
        return ":float"
    return ""
