"""Compare the annotations of arguments with the types of path values, as text.

An annotation may be any text, or any object. It is never evaluated. Annotations that are not in the
table of this module, such as the name of a class, are not checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from types import FunctionType, MappingProxyType, MethodType
from typing import Any, Final

from clastic.describe import describe_callable
from clastic.injection import PATH, Plan
from clastic.pattern import Binding, Pattern
from clastic.wiring import Problems

_SCALARS: Final = ("str", "int", "float", "bool", "bytes", "complex", "None")
_COLLECTIONS: Final = ("list", "List", "tuple", "Tuple", "dict", "Dict", "set", "Set", "frozenset")
_SEQUENCES: Final = ("list", "List", "Sequence", "Collection", "Iterable", "MutableSequence")

# By the type of a value: the annotations that accept it.
_ACCEPTED: Final = MappingProxyType(
    {
        "str": ("str",),
        "int": ("int", "float", "complex"),
        "float": ("float", "complex"),
        "None": ("None",),
    }
)

_MODULES: Final = re.compile(r"\b(?:typing|t|collections\.abc|abc)\.")


def check_annotations(
    pattern: Pattern,
    plan: Plan,
    problems: Problems,
    known: Sequence[str],
    ignored: Collection[str],
) -> None:
    """Report annotations of the functions of a route that contradict the values of its path.

    :param plan: the functions
    :param known: the names that were checked in the embedded application
    :param ignored: the codes that the route ignores
    """
    bindings = {
        part.name: part
        for part in pattern.segments
        if isinstance(part, Binding) and part.name not in known
    }
    for step in plan.steps if bindings else ():
        for parameter, source in zip(step.arguments, step.sources, strict=True):
            if source != PATH or parameter.name not in bindings:
                continue
            binding = bindings[parameter.name]
            annotation = read_annotation(step.function, parameter.name)
            if annotation and contradicts(annotation, binding.operator, binding.type_name):
                problems.add_likely(
                    "wrong-annotation",
                    f"Route '{pattern.text}' ({describe_callable(step.function)})",
                    f"takes '{parameter.name}' as {annotation}, but its pattern makes it "
                    f"{type_of_value(binding.operator, binding.type_name)}",
                    "Correct the annotation, or the binding in the pattern.",
                    ignored=ignored,
                )


def read_annotation(function: Callable[..., Any], name: str) -> str | None:
    """Return the annotation of an argument as text, ``None`` without one.

    The arguments of a decorated function are those of the wrapper, which may convert them, so they
    have no annotation here.
    """
    plain = function.__func__ if isinstance(function, MethodType) else function
    if type(plain) is not FunctionType or hasattr(plain, "__wrapped__"):
        return None
    annotation = plain.__annotations__.get(name)
    if type(annotation) is type:
        return annotation.__name__ if annotation.__module__ == "builtins" else None
    return None if annotation is None else str(annotation)


def type_of_value(operator: str, type_name: str) -> str:
    """Return the type of the value of a binding: ``int``, ``int | None`` or ``list[int]``."""
    if operator == "?":
        return f"{type_name} | None"
    return type_name if operator == ":" else f"list[{type_name}]"


@lru_cache(256)  # of a pure function: many routes share few annotations
def contradicts(annotation: str, operator: str, type_name: str) -> bool:
    """Return whether an annotation excludes all values of a binding, or its ``None``.

    :param operator: the operator of the binding
    :param type_name: its type
    """
    forms = _alternatives(_MODULES.sub("", annotation.strip("\"' ")))
    if operator in ("*", "+"):
        return not any(_accepts_list(form, type_name) for form in forms)
    wanted = (type_name, "None") if operator == "?" else (type_name,)
    return not all(any(_accepts(form, name) for form in forms) for name in wanted)


def _alternatives(annotation: str) -> list[str]:
    """Split a union, in any of its notations, into its members."""
    inside = _subscript(annotation, ("Optional", "Union"))
    if inside is not None:
        members = [each for part in _split(inside, ",") for each in _alternatives(part)]
        return [*members, "None"] if annotation.startswith("Optional") else members
    members = _split(annotation, "|")
    return (
        members if len(members) == 1 else [form for each in members for form in _alternatives(each)]
    )


def _subscript(annotation: str, names: tuple[str, ...]) -> str | None:
    """Return the text in the brackets of a generic type of one of the names."""
    match = re.fullmatch(r"(\w+)\[(.*)\]", annotation)
    return match[2] if match and match[1] in names else None


def _split(text: str, separator: str) -> list[str]:
    """Split a text at a separator outside of brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "[") - (character == "]")
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _accepts(form: str, type_name: str) -> bool:
    """Return whether an annotation accepts values of a type, or is not known."""
    name = form.partition("[")[0]
    return form in _ACCEPTED[type_name] or name not in (*_SCALARS, *_COLLECTIONS)


def _accepts_list(form: str, type_name: str) -> bool:
    """Return whether an annotation accepts lists of values of a type, or is not known."""
    item = _subscript(form, _SEQUENCES)
    if item is not None:
        return any(_accepts(each, type_name) for each in _alternatives(item))
    return form in _SEQUENCES or form.partition("[")[0] not in (*_SCALARS, *_COLLECTIONS)
