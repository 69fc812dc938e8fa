"""Reduce any value to plain data that may be shown: no secrets, no ``repr``, nothing endless."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from enum import Enum
from itertools import islice
from typing import Any

from clastic.json import BYTES_TYPES, NoJSONForm, simplify
from clastic.secrets import MASK, Secrets
from clastic.text import to_text

_DEPTH = 6  # containers inside each other
_MEMBERS = 100  # of a container
_CHARACTERS = 1_000  # of a text
_BITS = 256  # of an integer

_SECRETS = Secrets()


def plain(value: object, name: str = "", depth: int = _DEPTH) -> Any:
    """Return a value as dicts with text keys, lists, and JSON's scalars, with secrets masked.

    Bytes, objects that have no form in JSON, and values that are nested too deeply become the name
    of their type.

    :param name: the name of the value; the value of a secret name is masked
    :raises Exception: whatever the value raises when it is read
    """
    if value is None or isinstance(value, bool):
        return value
    if _SECRETS.is_secret_name(name):
        return MASK
    if isinstance(value, int):
        return int(value) if value.bit_length() <= _BITS else _type_only(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, BYTES_TYPES) or depth == 0:
        return _type_only(value)
    if type(value) in (list, tuple):
        return _plain_list(value, name, depth)  # type: ignore[arg-type]
    try:
        simpler = simplify(value)
    except NoJSONForm:
        return _type_only(value)
    if isinstance(simpler, dict):
        return _plain_dict(_without_hidden(value, simpler), depth)
    return plain(simpler, name, depth - 1)


def mask(text: object) -> str:
    """Return the beginning of a text with secrets masked."""
    text = to_text(text)
    return _SECRETS.mask(text, _CHARACTERS) + ("…" if len(text) > _CHARACTERS else "")


def type_name(kind: type) -> str:
    """Return the qualified name of a type: ``dict``, ``app.Database``."""
    module = to_text(kind.__module__)
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def _type_only(value: object) -> str:
    return f"<{type(value).__name__}>"


def _without_hidden(value: object, members: Mapping[Any, object]) -> Mapping[Any, object]:
    """Mask the fields of a dataclass that its ``repr`` leaves out, because they may be secret."""
    if not dataclasses.is_dataclass(value):
        return members
    hidden = {field.name: MASK for field in dataclasses.fields(value) if not field.repr}
    return {name: hidden.get(name, member) for name, member in members.items()}


def _plain_dict(members: Mapping[Any, object], depth: int) -> dict[str, Any]:
    shown = {}
    for key, member in islice(members.items(), _MEMBERS):
        name = _key(key)
        shown[mask(name)] = plain(member, name, depth - 1)
    if len(members) > _MEMBERS:
        shown["…"] = f"and {len(members) - _MEMBERS:,} more"
    return shown


def _key(key: object) -> str:
    if isinstance(key, Enum):
        return to_text(key.name)
    is_textual = key is None or isinstance(key, (str, bytes, int, float))
    return to_text(key) if is_textual else _type_only(key)


def _plain_list(members: Sequence[object], name: str, depth: int) -> list[Any]:
    if len(members) == 2 and _SECRETS.is_secret_name(members[0]):
        return [mask(members[0]), MASK]  # An item of a mapping.
    shown = [plain(member, name, depth - 1) for member in members[:_MEMBERS]]
    return [*shown, f"and {len(members) - _MEMBERS:,} more"] if len(members) > _MEMBERS else shown
