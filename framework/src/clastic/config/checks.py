"""Check all sections of a configuration file before anything is made."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from clastic.config.source import Section, Text
from clastic.config.targets import Target
from clastic.config.values import (
    Items,
    Mismatch,
    Reference,
    SecretText,
    convert,
    plain,
)
from clastic.describe import shortest_path
from clastic.secrets import Secrets
from clastic.text import to_text
from clastic.wiring import Problems, closest, did_you_mean

_FORMS = ("ref", "env", "file", "value")
_MISSING = object()
_OBJECT_REMEDY = 'Refer to an object: { ref = "name" }.'


class Checker:
    """Check the arguments of sections.

    :param folder: the folder of the file, at which relative paths start
    :param targets: what each object is, by its name; ``None`` if that has a problem
    """

    def __init__(
        self, folder: Path, targets: Mapping[str, Target | None], problems: Problems
    ) -> None:
        self._folder = folder
        self._targets = targets
        self._problems = problems
        self._secrets = Secrets()

    def arguments(
        self, section: Section, target: Target | None, reserved: Iterable[str] = ("use", "class")
    ) -> dict[str, Any]:
        """Return the arguments of a section, with references in the place of objects.

        :param target: what the section makes; ``None`` if that has a problem
        :param reserved: the keys of the section that are not arguments
        """
        given = {key: value for key, value in section.values.items() if key not in reserved}
        if target is not None:
            self._check_names(section, target, given)
        found = {}
        for key, written in given.items():
            value = self._resolve(written, section, key)
            if value is not _MISSING:
                annotation = target.annotations.get(key, Any) if target is not None else Any
                found[key] = self._convert(value, annotation, section, key)
        return found

    def _check_names(self, section: Section, target: Target, given: Iterable[str]) -> None:
        if not target.is_called:
            for key in given:
                what = f"has '{key}', but {target.describe()} is used as it is, without arguments"
                remedy = "Remove it" + (", or class = true." if "class" in section.values else ".")
                self._problems.add(section.where(key), what, remedy)
            return
        known = target.known
        intended = set()
        for key in given:
            if known is not None and key not in known:
                intended.add(closest(key, known))
                what = f"has '{key}', which {target.describe()} does not take"
                remedy = "Correct or remove it."
                self._problems.add(section.where(key), what, remedy, wanted=key, available=known)
        for name in target.required:
            if known is not None and name not in known:
                what = f"uses {target.describe()}, which takes '{name}' by position only"
                self._problems.add(section.where("use"), what, "Wrap it in a function.")
            elif name not in given and name not in intended:
                what = f"has no '{name}', which {target.describe()} needs"
                self._problems.add(section.where(), what, f"Add '{name}'.")

    def _resolve(self, value: Any, section: Section, key: str) -> Any:
        """Return a value with its tables read, or ``_MISSING`` if that is not possible."""
        if isinstance(value, list):
            items = [self._resolve(item, section, key) for item in value]
            return _MISSING if _MISSING in items else items
        if not isinstance(value, dict):
            return value
        where = section.where(key)
        form = next((name for name in _FORMS if name in value), None)
        allowed = {form, "default"} if form == "env" else {form}
        if form is None or not allowed.issuperset(value):
            self._report_table(where, key, value)
            return _MISSING
        if form == "value":
            return value[form]
        name = value[form]
        if not isinstance(name, str):
            self._problems.add(
                where, f"has {key} with '{form}', which is not a string", "Quote it."
            )
            return _MISSING
        if form == "ref":
            return self._refer(name, where, key)
        if form == "file":
            return self._read_file(name, where, key)
        if name in os.environ:
            return SecretText(os.environ[name])
        if "default" in value:
            return self._resolve(value["default"], section, key)
        self._report_variable(name, where, key)
        return _MISSING

    def _report_table(self, where: str, key: str, table: Mapping[str, Any]) -> None:
        unknown = next((name for name in table if name not in (*_FORMS, "default")), None)
        if "use" in table:
            what = f"has an object in {key}"
            remedy = f'Give it a section of its own, and write {key} = {{ ref = "name" }}.'
        else:
            forms = '{ ref = "…" }, { env = "…", default = … }, { file = "…" } or { value = … }'
            what = f"has a table in {key} that is none of {forms}"
            suggestion = did_you_mean(unknown, (*_FORMS, "default")) if unknown else ""
            remedy = suggestion or f"For a literal table, write {key} = {{ value = {{ … }} }}."
        self._problems.add(where, what, remedy)

    def _refer(self, name: str, where: str, key: str) -> Any:
        if name not in self._targets:
            what = f"refers to '{name}' in {key}, but the file has no such object"
            remedy = "Correct the name, or add the object."
            known = tuple(self._targets)
            self._problems.add(where, what, remedy, wanted=name, available=known)
            return _MISSING
        target = self._targets[name]
        if target is None:
            return Reference(name)
        return Reference(name, target.cls, not target.is_called and isinstance(target.value, type))

    def _read_file(self, name: str, where: str, key: str) -> Any:
        path = self._folder / name
        try:
            return SecretText(path.read_text("utf-8").removesuffix("\n"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            what = f"reads {key} from {shortest_path(str(path))}, which failed: {reason}"
            is_missing = path.parent.is_dir() and isinstance(error, FileNotFoundError)
            names = sorted(each.name for each in path.parent.iterdir()) if is_missing else ()
            remedy = did_you_mean(path.name, names) or "Create the file, or correct the path."
            self._problems.add(where, what, remedy)
            return _MISSING

    def _report_variable(self, name: str, where: str, key: str) -> None:
        what = f"reads {key} from the environment variable '{name}', which is not set"
        nearest = closest(name, os.environ)
        hint = f"Did you mean '{nearest}'? Otherwise set it" if nearest else "Set it"
        self._problems.add(where, what, f"{hint}, or add a default.")

    def _convert(self, value: Any, annotation: Any, section: Section, key: str) -> Any:
        try:
            return convert(value, annotation, self._folder)
        except Mismatch as mismatch:
            what = f"has {self._show(key, value)}, which is not {mismatch.expected}"
            is_text = isinstance(value, Text) and not isinstance(value, SecretText)
            self._problems.add(
                section.where(key),
                what,
                _OBJECT_REMEDY if mismatch.wants_object else "Correct the value.",
                wanted=str(value) if is_text or type(value) is str else None,
                available=mismatch.choices or None,
            )
            return value

    def _show(self, key: str, value: Any) -> str:
        """Return a key and its value, which is left out if it can be secret."""
        if isinstance(value, Reference):
            cls = value.cls.__name__ if value.cls else "an object"
            return f"{key} = '{value.name}' ({'class ' * value.is_class}{cls})"
        if self._secrets.is_secret_name(key) or _has_secret(value):
            return f"a value in {key} (not shown)"
        return f"{key} = {self._secrets.mask(to_text(repr(plain(value))), 80)}"


def report_cycles(
    sections: Mapping[str, Section], arguments: Mapping[str, dict[str, Any]], problems: Problems
) -> None:
    """Report the objects that refer to each other in a cycle.

    :param arguments: the arguments of each object by its name
    """
    graph = {name: dict.fromkeys(_references(values)) for name, values in arguments.items()}
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            # Each is needed by the next one. In the message each refers to the next one.
            ring = error.args[1][:0:-1]
            start = ring.index(min(ring, key=list(graph).index))
            ring = [*ring[start:], *ring[:start]]
            path = " → ".join([*ring, ring[0]])
            what = f"is part of a cycle of references: {path}"
            problems.add(sections[ring[0]].where(), what, "Remove one of these references.")
            del graph[ring[0]][ring[1 % len(ring)]]
        else:
            return


def _references(value: Any) -> Iterator[str]:
    """Yield the names of the objects that a value refers to."""
    if isinstance(value, Reference):
        yield value.name
        return
    for item in _items(value):
        yield from _references(item)


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, Items):
        return value.items
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _has_secret(value: Any) -> bool:
    """Return whether a part of a value is from the environment or a file."""
    return isinstance(value, SecretText) or any(map(_has_secret, _items(value)))
