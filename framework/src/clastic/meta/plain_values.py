"""What may be shown of a value: its plain data, with secrets masked, and never its ``repr``."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping, Sized
from enum import Enum
from itertools import islice
from typing import Any

from clastic.json import BYTES_TYPES, NoJSONForm, simplify
from clastic.secrets import MASK, Secrets
from clastic.text import to_text

DEPTH = 6
"""How many containers inside each other are shown."""

MEMBERS = 100
"""How many members of a container are shown."""

CHARACTERS = 1_000
"""How many characters of a text are shown."""

INTEGER_BITS = 256
"""How large an integer may be to be written out."""

_SECRETS = Secrets()


def plain(value: object, name: str = "", depth: int = DEPTH) -> Any:
    """Return `value` made of nothing but dicts with text keys, lists, and JSON's scalars.

    What has no form in JSON is shown as its type alone, and so are bytes and what is nested too
    deep.

    :param name: what it is called; under the name of a secret nothing is shown
    :raises Exception: what the value raises when it is looked into
    """
    if value is None or isinstance(value, bool):
        return value
    if _SECRETS.is_secret_name(name):
        return MASK
    if isinstance(value, int):
        return int(value) if value.bit_length() <= INTEGER_BITS else _type_alone(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, BYTES_TYPES) or depth == 0:
        return _type_alone(value)
    if type(value) in (list, tuple):
        return _plain_list(value, name, depth)  # type: ignore[arg-type]
    try:
        simpler = simplify(value)
    except NoJSONForm:
        return _type_alone(value)
    if isinstance(simpler, dict):
        return _plain_dict(simpler, depth, _unprinted_fields(value))
    return plain(simpler, name, depth - 1)


def masked(text: object) -> str:
    """Return the beginning of a text, without what in it looks like a secret."""
    text = to_text(text)
    return _SECRETS.mask(text, CHARACTERS) + ("…" if len(text) > CHARACTERS else "")


def type_name(kind: type) -> str:
    """Return the name that a type is known by: ``dict``, ``app.Database``."""
    module = to_text(kind.__module__)
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def _type_alone(value: object) -> str:
    return f"<{type(value).__name__}>"


def _unprinted_fields(value: object) -> frozenset[str]:
    """Return the fields of a dataclass that its ``repr`` leaves out: they may be secret."""
    if isinstance(value, type) or not dataclasses.is_dataclass(value):
        return frozenset()
    return frozenset(field.name for field in dataclasses.fields(value) if not field.repr)


def _plain_dict(
    values: Mapping[Any, object], depth: int, hidden: Collection[str]
) -> dict[str, Any]:
    shown = {}
    for key, value in islice(values.items(), MEMBERS):
        text = _key(key)
        shown[masked(text)] = MASK if text in hidden else plain(value, text, depth - 1)
    if len(values) > MEMBERS:
        shown["…"] = _more(values)
    return shown


def _key(key: object) -> str:
    if isinstance(key, Enum):
        return to_text(key.name)
    is_textual = key is None or isinstance(key, (str, bytes, int, float))
    return to_text(key) if is_textual else _type_alone(key)


def _plain_list(values: list[object] | tuple[object, ...], name: str, depth: int) -> list[Any]:
    if len(values) == 2 and isinstance(values[0], str) and _SECRETS.is_secret_name(values[0]):
        return [masked(values[0]), MASK]  # an item of a mapping that became a list
    shown = [plain(value, name, depth - 1) for value in islice(values, MEMBERS)]
    return [*shown, _more(values)] if len(values) > MEMBERS else shown


def _more(values: Sized) -> str:
    return f"and {len(values) - MEMBERS:,} more"
