"""Load a configuration file, and make its objects and its application."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any

from clastic.adapters.base import split_address
from clastic.config.checks import Checker, report_cycles
from clastic.config.source import Section, read_source
from clastic.config.targets import Target, find_target, read_target
from clastic.config.values import Items, Reference
from clastic.describe import describe_type, shortest_path
from clastic.wiring import Problem, Problems, WiringError, did_you_mean

_LEAST = (("workers", 1), ("threads", 1), ("proxies", 0))


class ConfigurationError(WiringError):
    """A configuration file has mistakes.

    :param problems: the mistakes, which are sorted by line
    :param path: the file
    """

    def __init__(self, problems: Iterable[Problem], path: Path) -> None:
        shown = shortest_path(str(path))
        super().__init__(sorted(problems, key=partial(_line_number, shown)), shown)
        self.path = path


@dataclass(frozen=True)
class ServerSettings:
    """The section ``[server]`` of a configuration file.

    :param name: the name of the server; ``None`` if the file leaves it out, as all the others
    :param bind: the address, ``HOST:PORT``; an IPv6 address is in brackets, ``[::1]:8000``
    :param workers: the number of processes, at least 1
    :param threads: the number of threads of each process, at least 1
    :param proxies: the number of reverse proxies in front of the server, whose forwarding headers
        are trusted; 0 or more
    """

    name: str | None = None
    bind: str | None = None
    workers: int | None = None
    threads: int | None = None
    proxies: int | None = None


class Configuration:
    """A checked configuration file, which makes its objects when they are first used.

    :func:`load` returns it. It can be used by several threads.
    """

    def __init__(
        self,
        path: Path,
        server: ServerSettings,
        plans: dict[str, tuple[Section, Target, dict[str, Any]]],
        application: tuple[Section, Target, dict[str, Any]] | None,
    ) -> None:
        self.path = path
        self.server = server
        self._plans = plans
        self._application = application
        self._made: dict[str | None, Any] = {}
        self._lock = RLock()

    def __repr__(self) -> str:
        return f"<Configuration {shortest_path(str(self.path))}>"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the objects, in the order of the file."""
        return tuple(self._plans)

    def object(self, name: str) -> Any:
        """Return an object. It is made when it is first used, after the objects it refers to.

        :param name: its name, such as ``skin.red``
        :raises LookupError: if the file has no object of this name
        :raises Exception: what its class or function raises
        """
        if name not in self._plans:
            file = shortest_path(str(self.path))
            hint = did_you_mean(name, self._plans) or f"The objects are {', '.join(self._plans)}."
            raise LookupError(f"{file} has no object '{name}'. {hint}")
        return self._make_once(name, *self._plans[name])

    def application(self) -> Any:
        """Return the application, an :class:`~clastic.Application` or another WSGI application.

        :raises ConfigurationError: if the file has no section ``[application]``, or what it makes
            is not a WSGI application
        :raises Exception: what the class or function raises, such as :class:`~clastic.WiringError`
        """
        if self._application is None:
            where = shortest_path(str(self.path))
            remedy = 'Add it, with use = "module:create_app".'
            problem = Problem(where, "has no section [application]", remedy)
            raise ConfigurationError([problem], self.path)
        application = self._make_once(None, *self._application)
        if not callable(application):
            section, target, _ = self._application
            made = f"makes {describe_type(application)}"
            what = f"{made} by {target.describe()}, which is not a WSGI application"
            problem = Problem(section.where("use"), what, "Return an Application.")
            raise ConfigurationError([problem], self.path)
        return application

    def _make_once(
        self, name: str | None, section: Section, target: Target, arguments: dict[str, Any]
    ) -> Any:
        with self._lock:
            if name not in self._made:
                given = {key: self._fill(value) for key, value in arguments.items()}
                self._made[name] = _make(section, target, given)
            return self._made[name]

    def _fill(self, value: Any) -> Any:
        """Return a value with the objects in the place of references."""
        if isinstance(value, Reference):
            return self.object(value.name)
        if isinstance(value, Items):
            return value.collection(map(self._fill, value.items))
        return [self._fill(item) for item in value] if isinstance(value, list) else value


def load(path: str | os.PathLike[str], overrides: Iterable[str] = ()) -> Configuration:
    """Read and check a configuration file. Nothing is made, but the modules are imported.

    The folder of the file is put in front of ``sys.path``, so that modules beside it are found.

    :param path: a TOML file (``.toml``) or an INI file (``.ini``, ``.cfg``)
    :param overrides: values that replace those of the file, such as ``server.workers=2`` or
        ``objects.skin.red.color=crimson``
    :raises ConfigurationError: if the file has mistakes, with all of them
    """
    file = Path(path).absolute()
    problems = Problems()
    source = read_source(file, overrides, problems)
    targets = {
        name: find_target(section, file.parent, problems)
        for name, section in source.objects.items()
        if "use" in section.values
    }
    checker = Checker(file.parent, targets, problems)
    arguments = {
        name: checker.arguments(source.objects[name], target) for name, target in targets.items()
    }
    report_cycles(source.objects, arguments, problems)
    application = None
    if source.application is not None:
        target = find_target(source.application, file.parent, problems)
        given = checker.arguments(source.application, target)
        application = None if target is None else (source.application, target, given)
    server = _read_server(source.server, checker, problems)
    if problems:
        raise ConfigurationError(problems, file)
    plans = {
        name: (source.objects[name], target, arguments[name])
        for name, target in targets.items()
        if target is not None
    }
    return Configuration(file, server, plans, application)


def _read_server(section: Section | None, checker: Checker, problems: Problems) -> ServerSettings:
    if section is None:
        return ServerSettings()
    already = len(problems)
    values = checker.arguments(section, read_target(ServerSettings, "the server"), reserved=())
    for key, least in _LEAST:
        number = values.get(key)
        if isinstance(number, int) and number < least:
            what = f"has {key} = {number}, but the minimum is {least}"
            problems.add(section.where(key), what, "Correct the value.")
    bind = values.get("bind")
    if isinstance(bind, str) and split_address(bind) is None:
        remedy = 'Write HOST:PORT, such as "127.0.0.1:8000" or "[::1]:8000".'
        problems.add(section.where("bind"), "has a 'bind' that is not an address", remedy)
    return ServerSettings() if len(problems) > already else ServerSettings(**values)


def _line_number(file: str, problem: Problem) -> float:
    """Return the line of a file that a problem names; infinity if it names none."""
    number = problem.where.removeprefix(f"{file}:").partition(":")[0]
    return int(number) if number.isdecimal() else math.inf


def _make(section: Section, target: Target, arguments: dict[str, Any]) -> Any:
    if not target.is_called:
        return target.value
    try:
        return target.value(**arguments)
    except Exception as error:
        if hasattr(error, "add_note"):  # from Python 3.11 on
            error.add_note(f"Raised while making {section.title} ({section.place}).")
        raise
