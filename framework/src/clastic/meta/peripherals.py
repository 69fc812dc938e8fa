"""Collect data about the process, host and runtime, and from peripherals of the application."""

from __future__ import annotations

import gc
import logging
import os
import platform
import re
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar

from clastic.meta.plain import mask, plain

T = TypeVar("T")

_PACKAGES = ("clastic", "werkzeug", "markupsafe", "boltons", "ashes", "itsdangerous")

# A flag without the value that may be joined to it.
_FLAG = re.compile(r"--[A-Za-z-]{2,40}(?:=|$)|-[A-Za-z]")

_logger = logging.getLogger("clastic")


class Unavailable(Exception):
    """Raised by a peripheral whose data is not available here. The message is shown."""


class MetaPeripheral:
    """A section of the meta page. Subclass it to add one::

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
    """The group of the section: ``server``, ``peripherals`` or another name."""

    def get_context(self) -> Any:
        """Return the data to show: a mapping, a dataclass, or anything that has a form in JSON.

        Other objects are shown by the name of their type, and secrets are masked.

        :raises Unavailable: there is no data here, for the reason given
        :raises Exception: anything else is logged, and the section shows its type and an error id
        """
        raise NotImplementedError(f"{type(self).__name__} has no get_context()")

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


def grouped_peripherals(peripherals: Iterable[MetaPeripheral]) -> tuple[MetaPeripheral, ...]:
    """Return peripherals with those of a group next to each other.

    :raises TypeError: one is no :class:`MetaPeripheral`
    :raises ValueError: one has no title
    """
    groups: dict[str, list[MetaPeripheral]] = {}
    for peripheral in peripherals:
        if not isinstance(peripheral, MetaPeripheral):
            raise TypeError(
                f"{peripheral!r} is not a MetaPeripheral. "
                "Pass an instance of a subclass of clastic.meta.MetaPeripheral."
            )
        if not peripheral.title:
            raise ValueError(
                f"{type(peripheral).__name__} has no title. "
                "Set title to the heading of its section on the page."
            )
        groups.setdefault(peripheral.group_key, []).append(peripheral)
    return tuple(peripheral for group in groups.values() for peripheral in group)


def read_section(peripheral: MetaPeripheral) -> SectionData:
    """Return the data of a peripheral; for one that fails, the problem."""
    group_key, title = peripheral.group_key, peripheral.title
    try:
        return SectionData(group_key, title, plain(peripheral.get_context()))
    except Unavailable as reason:
        return SectionData(group_key, title, unavailable=mask(reason))
    except Exception as error:  # An error in a peripheral must not break the page.
        return SectionData(group_key, title, problem=log_problem(error, peripheral))


def log_problem(error: Exception, peripheral: MetaPeripheral) -> str:
    """Log the exception being handled, and return a sentence with its type and error id."""
    error_id = secrets.token_hex(4)
    _logger.error(
        "Meta peripheral %s failed, error id %s",
        type(peripheral).__name__,
        error_id,
        exc_info=True,
        extra={"error_id": error_id},
    )
    return f"Failed with {type(error).__name__}. See the log for error id {error_id}."


class ProcessPeripheral(MetaPeripheral):
    """Shows the process that serves the application."""

    title = "Process"
    group_key = "server"

    def get_context(self) -> dict[str, object]:
        """Return the current values; ``None`` for those that the system does not provide."""
        return {
            "pid": os.getpid(),
            "parent_pid": os.getppid(),
            "command": _command(),
            "working_directory": _if_available(os.getcwd),
            "uptime_seconds": _if_available(_uptime),
            "threads": threading.active_count(),
            # Listing the folder opens a file itself.
            "open_files": _if_available(lambda: len(os.listdir("/dev/fd")) - 1),
        }


class HostPeripheral(MetaPeripheral):
    """Shows the machine or container that the process runs on."""

    title = "Host"
    group_key = "server"

    def get_context(self) -> dict[str, object]:
        """Return the current values; ``None`` for those that the system does not provide."""
        memory = _if_available(_read_memory) or {}
        return {
            "name": platform.node(),
            "system": f"{platform.system()} {platform.release()}",
            "architecture": platform.machine(),
            "processors": os.cpu_count(),
            "usable_processors": _if_available(lambda: len(os.sched_getaffinity(0))),
            "load": _if_available(lambda: [round(mean, 2) for mean in os.getloadavg()]),
            "memory_bytes": memory.get("MemTotal"),
            "available_memory_bytes": memory.get("MemAvailable"),
        }


class UsagePeripheral(MetaPeripheral):
    """Shows the resources that the process has used since it started."""

    title = "Resource use"
    group_key = "server"

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
    group_key = "server"

    def __init__(self) -> None:
        self._packages = {name: _version(name) for name in _PACKAGES}

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
                "counts": gc.get_count(),
                "runs": [generation["collections"] for generation in gc.get_stats()],
                "uncollectable": sum(each["uncollectable"] for each in gc.get_stats()),
            },
            "modules": len(sys.modules),
            "path": sys.path,
        }


def default_peripherals() -> tuple[MetaPeripheral, ...]:
    """Return the peripherals for process, host, resource use and runtime."""
    return ProcessPeripheral(), HostPeripheral(), UsagePeripheral(), RuntimePeripheral()


def _if_available(read: Callable[[], T]) -> T | None:
    """Return the result of `read`, or ``None`` where the system does not provide it."""
    with suppress(AttributeError, LookupError, OSError, ValueError):
        return read()
    return None


def _command() -> str:
    """Return the command line without the values of its arguments, which may be secret."""
    program, *arguments = getattr(sys, "argv", None) or [""]
    words = [program]
    for argument in arguments:
        flag = _FLAG.match(argument)
        shown = flag[0] if flag else ""
        words.append(shown if shown == argument else f"{shown}…")
    return " ".join(words)


def _uptime() -> float:
    """Return the seconds since the process started, from Linux's ``/proc``."""
    with open("/proc/self/stat", "rb") as file:
        after_name = file.read().rpartition(b")")[2].split()
    started = int(after_name[19]) / os.sysconf("SC_CLK_TCK")
    return round(time.clock_gettime(time.CLOCK_BOOTTIME) - started, 1)


def _read_memory() -> dict[str, int]:
    """Return the values of Linux's ``/proc/meminfo`` in bytes."""
    with open("/proc/meminfo", encoding="ascii") as file:
        rows = (line.split() for line in file)
        return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows if row[2:] == ["kB"]}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
