"""Collect data about the process, host and runtime, and from peripherals of the application."""

from __future__ import annotations

import dataclasses
import gc
import logging
import math
import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from importlib.metadata import version
from itertools import islice
from typing import Any, TypeVar

from clastic.json import BYTES_TYPES, NoJSONForm, simplify
from clastic.secrets import MASK, Secrets
from clastic.text import to_text

T = TypeVar("T")

_PACKAGES = ("clastic", "werkzeug", "markupsafe", "boltons", "ashes", "itsdangerous")

# The limits of plain data: containers inside each other, members of a container, characters of a
# text, bits of an integer.
_DEPTH = 6
_MEMBERS = 100
_CHARACTERS = 1_000
_BITS = 256

_SECRETS = Secrets()
_logger = logging.getLogger("clastic")


class Unavailable(Exception):
    """Raised by a peripheral whose data is not available here. The message is shown."""


class MetaPeripheral:
    """A section of the meta page; subclass it to add one.

    ::

        class Queue(MetaPeripheral):
            title = "Queue"

            def __init__(self, jobs):
                self.jobs = jobs

            def get_context(self):
                return {"waiting": len(self.jobs), "oldest_seconds": self.jobs.age()}

        MetaApplication(peripherals=[Queue(jobs)])

    Values whose names end in ``_seconds`` and ``_bytes`` are shown in suitable units.
    """

    title: str = ""
    """The heading of the section."""
    group_key: str = "peripherals"
    """The key of the data in the JSON, if nothing else has it: ``proc``, ``peripherals``."""

    def get_context(self) -> Any:
        """Return the data to show: a mapping, a dataclass, or anything that has a form in JSON.

        Other objects are shown by the name of their type, and secrets are masked.

        :raises Unavailable: there is no data here, for the reason given
        :raises Exception: anything else is logged, and the section shows its type
        """
        raise NotImplementedError(f"{type(self).__name__} has no get_context()")

    def get_extra_routes(self) -> Iterable[Any]:
        """Return routes to serve below the meta application, as for ``Application(routes)``."""
        return ()

    def render(self, data: Any) -> Any:
        """Return the content of the section as ``Markup``, or as text, which is escaped.

        ``None`` stands for the usual list of names and values. Styles and scripts in the markup do
        not run.

        :param data: the result of :meth:`get_context` as plain data, with secrets masked
        """
        return None


@dataclass(frozen=True, slots=True)
class SectionData:
    """The data of a peripheral.

    :param data: dicts with text keys, lists, and JSON's scalars
    :param unavailable: the reason why there is no data
    :param problem: how the peripheral failed
    """

    group_key: str
    title: str
    data: Any = None
    unavailable: str | None = None
    problem: str | None = None


def read_section(peripheral: MetaPeripheral) -> SectionData:
    """Return the data of a peripheral; for one that fails, the problem."""
    group_key, title = getattr(peripheral, "group_key", MetaPeripheral.group_key), peripheral.title
    try:
        return SectionData(group_key, title, plain(peripheral.get_context()))
    except Unavailable as reason:
        return SectionData(group_key, title, unavailable=mask(reason))
    except Exception as error:  # An error in a peripheral must not break the page.
        return SectionData(group_key, title, problem=log_problem(error, peripheral))


def log_problem(error: Exception, peripheral: MetaPeripheral) -> str:
    """Log the exception being handled, and return a sentence with its type."""
    _logger.exception("Meta peripheral %s failed", type(peripheral).__name__)
    return f"Failed with {type(error).__name__}. See the log."


def plain(value: object, name: object = "", depth: int = _DEPTH) -> Any:
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
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, int):
        return int(value) if value.bit_length() <= _BITS else _type_only(value)
    if isinstance(value, BYTES_TYPES) or depth == 0:
        return _type_only(value)
    try:
        simpler = value if type(value) in (list, tuple) else simplify(value)
    except NoJSONForm:
        return _type_only(value)
    if isinstance(simpler, dict):
        return _plain_dict(value, simpler, depth - 1)
    if isinstance(simpler, (list, tuple)):
        return _plain_list(simpler, depth - 1)
    return plain(simpler, depth=depth - 1)


def mask(text: object) -> str:
    """Return the beginning of a text with secrets masked."""
    text = to_text(text)
    return _SECRETS.mask(text, _CHARACTERS) + ("…" if len(text) > _CHARACTERS else "")


def _plain_dict(value: object, members: dict[Any, object], depth: int) -> dict[str, Any]:
    """Return the members of a value, those masked that the ``repr`` of a dataclass leaves out."""
    fields = dataclasses.fields(value) if dataclasses.is_dataclass(value) else ()
    hidden = {field.name for field in fields if not field.repr}
    shown = {}
    for key, member in islice(members.items(), _MEMBERS):
        key = key.name if isinstance(key, Enum) else key
        name = to_text(key) if isinstance(key, (str, bytes, int, float)) else _type_only(key)
        shown[mask(name)] = MASK if name in hidden else plain(member, name, depth)
    if len(members) > _MEMBERS:
        shown["…"] = f"and {len(members) - _MEMBERS:,} more"
    return shown


def _plain_list(members: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
    if len(members) == 2 and _SECRETS.is_secret_name(members[0]):
        return [mask(members[0]), MASK]  # An item of a mapping.
    shown = [plain(member, depth=depth) for member in members[:_MEMBERS]]
    return [*shown, f"and {len(members) - _MEMBERS:,} more"] if len(members) > _MEMBERS else shown


def _type_only(value: object) -> str:
    return f"<{type(value).__name__}>"


class ProcessPeripheral(MetaPeripheral):
    """Shows the process that serves the application."""

    title = "Process"
    group_key = "proc"

    def __init__(self) -> None:
        self._constructed = time.monotonic()

    def get_context(self) -> dict[str, object]:
        """Return the current values; ``None`` for those that the system does not provide.

        The uptime begins when the peripheral is constructed.
        """
        return {
            "pid": os.getpid(),
            "parent_pid": os.getppid(),
            "program": _if_available(lambda: sys.argv[0]),
            "working_directory": _if_available(os.getcwd),
            "uptime_seconds": round(time.monotonic() - self._constructed, 1),
            "threads": threading.active_count(),
            # Listing the folder opens a file itself.
            "open_files": _if_available(lambda: len(os.listdir("/dev/fd")) - 1),
        }


class HostPeripheral(MetaPeripheral):
    """Shows the machine or container that the process runs on."""

    title = "Host"
    group_key = "host"

    def get_context(self) -> dict[str, object]:
        """Return the current values; ``None`` for those that the system does not provide."""
        return {
            "name": platform.node(),
            "system": f"{platform.system()} {platform.release()}",
            "architecture": platform.machine(),
            "processors": os.cpu_count(),
            "usable_processors": _if_available(lambda: len(os.sched_getaffinity(0))),
            "load": _if_available(lambda: [round(mean, 2) for mean in os.getloadavg()]),
            "memory_bytes": _if_available(_memory),
        }


class UsagePeripheral(MetaPeripheral):
    """Shows the resources that the process has used since it started."""

    title = "Resource use"
    group_key = "rusage"

    def get_context(self) -> dict[str, object]:
        """Return the current values of ``getrusage``.

        :raises Unavailable: the operating system has no ``getrusage``
        """
        try:
            import resource
        except ImportError:
            raise Unavailable("This operating system does not report resource use.") from None
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "user_time_seconds": round(usage.ru_utime, 3),
            "system_time_seconds": round(usage.ru_stime, 3),
            "peak_memory_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            "minor_page_faults": usage.ru_minflt,
            "major_page_faults": usage.ru_majflt,
            "voluntary_switches": usage.ru_nvcsw,
            "forced_switches": usage.ru_nivcsw,
        }


class RuntimePeripheral(MetaPeripheral):
    """Shows the Python interpreter and the versions of the packages of the framework."""

    title = "Runtime"
    group_key = "pyvm"

    def __init__(self) -> None:
        self._packages = {name: _if_available(partial(version, name)) for name in _PACKAGES}

    def get_context(self) -> dict[str, object]:
        """Return the current values."""
        flags = {name: getattr(sys.flags, name) for name in type(sys.flags).__match_args__}
        return {
            "python": platform.python_version(),
            "implementation": f"{platform.python_implementation()}, {platform.python_compiler()}",
            "executable": sys.executable,
            "packages": self._packages,
            "flags": {name: int(value) for name, value in flags.items() if value},
            "garbage_collector": {
                "is_enabled": gc.isenabled(),
                "runs": [generation["collections"] for generation in gc.get_stats()],
            },
            "modules": len(sys.modules),
            "path": sys.path,
        }


def default_peripherals() -> tuple[MetaPeripheral, ...]:
    """Return the peripherals for process, host, resource use and runtime."""
    return ProcessPeripheral(), HostPeripheral(), UsagePeripheral(), RuntimePeripheral()


def _if_available(read: Callable[[], T]) -> T | None:
    """Return the result of `read`, or ``None`` where the system does not provide it."""
    with suppress(AttributeError, ImportError, LookupError, OSError, ValueError):
        return read()
    return None


def _memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
