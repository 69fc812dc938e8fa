"""Read the sections of a configuration file, each key with its line, and apply overrides."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clastic.config.ini import IniSyntaxError, read_ini
from clastic.describe import format_location, shortest_path
from clastic.wiring import Problems, did_you_mean

_TABLES = ("application", "objects", "server")

# The parts of TOML that matter for finding its statements; the text is valid TOML.
_KEY = r"""[ \t]*(?:[\w-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*"""
_STATEMENT = re.compile(
    rf"(?:\s|#[^\n]*)*(?:\[\[?(?P<table>{_KEY}(?:\.{_KEY})*)\]\]?|(?P<key>{_KEY}(?:\.{_KEY})*)=)"
)
_TOKEN = re.compile(
    r'''#[^\n]*|"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\''''
    r"|(?P<open>[\[{])|(?P<close>[\]}])|(?P<newline>\n)",
    re.DOTALL,
)


class Text(str):
    """A value that was written without a type, to be converted to the type of its argument."""

    __slots__ = ()


@dataclass
class Section:
    """A section of a configuration file: an object, the application, or the server.

    :param title: its head, such as ``[objects.skin.red]``
    :param place: where its head is, such as ``app.toml:7``
    :param values: the values by key
    :param places: where each key is
    """

    title: str
    place: str
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def where(self, key: str | None = None) -> str:
        """Return the place of a key, or of the head, and the title."""
        place = self.place if key is None else self.places.get(key, self.place)
        return f"{place}: {self.title}"


@dataclass
class Source:
    """The sections of a configuration file.

    :param path: the file
    :param application: the section of the application, if there is one
    :param server: the section of the server, if there is one
    :param objects: the sections of the objects by name
    """

    path: Path
    application: Section | None = None
    server: Section | None = None
    objects: dict[str, Section] = field(default_factory=dict)


class _TOMLUnavailable(Exception):
    """Python 3.10 has no TOML parser, and ``tomli`` is not installed."""


class _SyntaxProblem(Exception):
    """A file is not of its format.

    :param line: the number of the line
    :param reason: the end of a sentence
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


def read_source(path: Path, overrides: Iterable[str], problems: Problems) -> Source:
    """Return the sections of a file. A part that cannot be read is left out and reported.

    :param path: a file that ends in ``.toml``, ``.ini`` or ``.cfg``, in UTF-8
    :param overrides: ``section.key=value`` each, which replace values of the file
    """
    source = Source(path)
    shown = shortest_path(str(path))
    readers = {".toml": _read_toml, ".ini": _read_ini, ".cfg": _read_ini}
    if path.suffix not in readers:
        what = "is not a configuration file: .toml, .ini and .cfg files are"
        problems.add(shown, what, "Name one of these.")
        return source
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        remedy = "Correct the file."
        if isinstance(error, FileNotFoundError):
            siblings = [each.name for each in path.parent.glob("*") if each.suffix in readers]
            remedy = did_you_mean(path.name, siblings) or "Correct the path."
        problems.add(shown, f"cannot be read: {reason}", remedy)
        return source
    try:
        readers[path.suffix](text, source, problems)
        for override in overrides:
            _apply(override, source, problems)
    except _TOMLUnavailable:
        remedy = "Install it: pip install 'clastic[config]'."
        problems.add(shown, "needs a TOML parser on Python 3.10", remedy)
    except _SyntaxProblem as error:
        where = format_location(str(path), error.line)
        problems.add(where, error.reason, "Correct the syntax.")
    return source


def _parse_toml(text: str) -> dict[str, Any]:
    """Return the data of a TOML document.

    :raises ValueError: if it is not TOML
    :raises _TOMLUnavailable: if there is no parser
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        try:
            import tomli as tomllib
        except ImportError as error:
            raise _TOMLUnavailable from error
    return tomllib.loads(text)


def _read_toml(text: str, source: Source, problems: Problems) -> None:
    try:
        data = _parse_toml(text)
    except ValueError as error:
        reason, _, place = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", place)
        number = int(line[1]) if line else text.count("\n") + 1
        # The reason quotes a character, or the name of a key.
        raise _SyntaxProblem(number, f"is not TOML: {reason}") from error
    reader = _TOMLSections(source, dict(_toml_lines(text)), problems)
    for name, value in data.items():
        reader.read_table(name, value)


class _TOMLSections:
    """Collect the sections of a TOML document.

    :param lines: the line of each key, by its path
    """

    def __init__(
        self, source: Source, lines: Mapping[tuple[str, ...], int], problems: Problems
    ) -> None:
        self._source = source
        self._lines = lines
        self._problems = problems

    def read_table(self, name: str, value: Any) -> None:
        """Add the sections of a table of the document."""
        place = self._place((name,))
        if name not in _TABLES:
            what = f"has '{name}', which is not a table of a configuration file"
            remedy = "Correct or remove it."
            self._problems.add(f"{place}: the file", what, remedy, wanted=name, available=_TABLES)
        elif not isinstance(value, dict):
            remedy = f"Write [{name}], and below it a key and a value on each line."
            self._problems.add(f"{place}: '{name}'", "is not a table", remedy)
        elif name == "objects":
            self._add_objects(value, (name,))
        elif name == "server":
            self._source.server = self._section(value, (name,))
        else:
            self._source.application = self._section(value, (name,))

    def _add_objects(self, table: Mapping[str, Any], path: tuple[str, ...]) -> None:
        if "use" in table:
            self._source.objects[".".join(path[1:])] = self._section(table, path)
            return
        is_group = all(isinstance(value, dict) for value in table.values())
        if len(path) > 1 and not (table and is_group):
            where = self._section(table, path).where()
            self._problems.add(where, "has no 'use'", 'Add use = "module:name".')
            return
        for key, value in table.items():
            if isinstance(value, dict):
                self._add_objects(value, (*path, key))
            else:
                name = ".".join((*path, key))
                where = f"{self._place((*path, key))}: '{name}'"
                remedy = f'Write [{name}], and below it use = "module:name".'
                self._problems.add(where, "is not a table", remedy)

    def _section(self, table: Mapping[str, Any], path: tuple[str, ...]) -> Section:
        places = {key: self._place((*path, key)) for key in table}
        return Section(f"[{'.'.join(path)}]", self._place(path), dict(table), places)

    def _place(self, path: tuple[str, ...]) -> str:
        """Return the place of a key; that of the innermost table if it is in an inline table."""
        while path not in self._lines and path:
            path = path[:-1]
        return format_location(str(self._source.path), self._lines.get(path, 1))


def _toml_lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the path of each key and table of a valid TOML document, and its line.

    Tables that have no head of their own have the line of their first key.
    """
    found: set[tuple[str, ...]] = set()
    table: tuple[str, ...] = ()
    position = 0
    while statement := _STATEMENT.match(text, position):
        kind = "table" if statement["table"] else "key"
        keys = _split_key(statement[kind])
        path = keys if kind == "table" else (*table, *keys)
        table = keys if kind == "table" else table
        line = text.count("\n", 0, statement.start(kind)) + 1
        for size in range(1, len(path) + 1):
            if path[:size] not in found:
                found.add(path[:size])
                yield path[:size], line
        position = _end_of_statement(text, statement.end())


def _split_key(text: str) -> tuple[str, ...]:
    """Return the parts of a dotted key: ``a."b.c"`` has two."""
    parts = []
    table = _parse_toml(f"{text} = 0")
    while isinstance(table, dict):
        [(part, table)] = table.items()
        parts.append(part)
    return tuple(parts)


def _end_of_statement(text: str, position: int) -> int:
    """Return where the line ends on which a value ends."""
    depth = 0
    for token in _TOKEN.finditer(text, position):
        depth += bool(token["open"]) - bool(token["close"])
        if token["newline"] and not depth:
            return token.end()
    return len(text)


def _read_ini(text: str, source: Source, problems: Problems) -> None:
    path = str(source.path)
    try:
        heads = read_ini(text)
    except IniSyntaxError as error:
        raise _SyntaxProblem(error.line, f"is not INI: {error.reason}") from error
    for head in heads:
        places = {key: format_location(path, line) for key, line in head.lines.items()}
        place = format_location(path, head.line)
        section = Section(f"[{head.title}]", place, {}, places)
        for key, value in head.values.items():
            section.values[key] = _typed(value, section.where(key), key, problems)
        if head.name == "server":
            source.server = section
        elif head.name == "application":
            source.application = section
        elif head.name in source.objects:
            what = f"has the name '{head.name}' of an earlier section"
            problems.add(section.where(), what, "Rename one of them.")
        else:
            source.objects[head.name] = section
            if "use" not in section.values:
                remedy = f"Write [{head.name} module.Class], or class: module.Class below it."
                problems.add(section.where(), "has no class", remedy)


def _typed(text: str, where: str, key: str, problems: Problems) -> Any:
    """Return a value of an INI file or of an override: TOML in braces, brackets or quotes."""
    if not text.startswith(("{", "[", '"')):
        return Text(text)
    try:
        return _parse_toml(f"value = {text}")["value"]
    except ValueError:
        if text.startswith("{"):
            remedy = 'Write it as in { ref = "name" }, or in quotes if it is a string.'
            problems.add(where, f"has {key}, which begins with a brace and is not TOML", remedy)
        return Text(text)


def _apply(override: str, source: Source, problems: Problems) -> None:
    """Replace a value of a section by an override: ``server.workers=2``."""
    name, equals, text = override.partition("=")
    place = f"--set {name.strip()}"
    table, _, rest = name.strip().partition(".")
    known = {f"objects.{each}": section for each, section in source.objects.items()}
    if not equals or not rest or table not in _TABLES:
        what = "is not of the form SECTION.KEY=VALUE, with a section of the file"
        names = (*_TABLES[::2], *known)
        remedy = "Write, for example, --set server.workers=2."
        problems.add(place, what, remedy, wanted=table, available=names)
        return
    if table == "objects":
        owner = max((each for each in known if name.startswith(f"{each}.")), key=len, default=None)
        if owner is None:
            what = "does not name an object of the file"
            remedy = "Write --set objects.NAME.KEY=VALUE."
            problems.add(
                place, what, remedy, wanted=rest.rpartition(".")[0], available=tuple(source.objects)
            )
            return
        section, key = known[owner], name.strip()[len(owner) + 1 :]
    else:
        section, key = _own_section(source, table, place), rest
    section.places[key] = place
    section.values[key] = _typed(text.strip(), section.where(key), key, problems)


def _own_section(source: Source, table: str, place: str) -> Section:
    """Return the section of the application or the server, and add it if it is missing."""
    section: Section | None = getattr(source, table)
    if section is None:
        section = Section(f"[{table}]", place)
        setattr(source, table, section)
    return section
