"""What the operating system knows: the process, the host, and what the process has used of it."""

from __future__ import annotations

import os
import platform
import re
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from clastic.meta.peripheral import MetaPeripheral, Unavailable

T = TypeVar("T")

# The flag alone, without a value that is written together with it.
_FLAG = re.compile(r"--[A-Za-z-]{2,40}(?:=|$)|-[A-Za-z]")
_LEFT_OUT = "…"


@dataclass(frozen=True, slots=True)
class ProcessData:
    """This process.

    :param command: the program and the names of its flags; no value is shown
    :param uptime_seconds: since the process began
    :param threads: how many threads Python knows of
    :param open_files: how many file descriptors are open
    """

    pid: int
    parent_pid: int
    command: str
    working_directory: str | None
    uptime_seconds: float | None
    threads: int
    open_files: int | None


class ProcessPeripheral(MetaPeripheral):
    """Tells about the process that answers."""

    title = "Process"
    group_key = "server"

    def get_context(self) -> ProcessData:
        """Return what there is to tell at this moment."""
        return ProcessData(
            os.getpid(),
            os.getppid(),
            _command(),
            _known(os.getcwd),
            _known(_uptime),
            threading.active_count(),
            _known(_count_open_files),
        )


@dataclass(frozen=True, slots=True)
class HostData:
    """The machine, or the container.

    :param usable_processors: how many of them the process may run on
    :param load: the mean number of processes that ran or waited to, in the last 1, 5 and 15 minutes
    """

    name: str
    system: str
    architecture: str
    processors: int | None
    usable_processors: int | None
    load: tuple[float, ...] | None
    memory_bytes: int | None
    available_memory_bytes: int | None


class HostPeripheral(MetaPeripheral):
    """Tells about the machine that the process runs on."""

    title = "Host"
    group_key = "server"

    def get_context(self) -> HostData:
        """Return what there is to tell at this moment."""
        memory = _known(_read_memory) or {}
        return HostData(
            platform.node(),
            f"{platform.system()} {platform.release()}",
            platform.machine(),
            os.cpu_count(),
            _known(lambda: len(os.sched_getaffinity(0))),
            _known(lambda: tuple(round(mean, 2) for mean in os.getloadavg())),
            memory.get("MemTotal"),
            memory.get("MemAvailable"),
        )


@dataclass(frozen=True, slots=True)
class UsageData:
    """What the process has used since it began (``getrusage``).

    :param major_page_faults: those that read from a disk
    :param voluntary_switches: how often it waited for something
    :param forced_switches: how often it had to let others run
    """

    user_time_seconds: float
    system_time_seconds: float
    peak_memory_bytes: int
    minor_page_faults: int
    major_page_faults: int
    voluntary_switches: int
    forced_switches: int


class UsagePeripheral(MetaPeripheral):
    """Tells what the process has used."""

    title = "Resource use"
    group_key = "server"

    def get_context(self) -> UsageData:
        """Return what there is to tell at this moment.

        :raises Unavailable: on systems without ``getrusage``
        """
        try:
            import resource
        except ImportError:
            raise Unavailable("This operating system does not tell what a process uses.") from None
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return UsageData(
            round(usage.ru_utime, 3),
            round(usage.ru_stime, 3),
            usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            usage.ru_minflt,
            usage.ru_majflt,
            usage.ru_nvcsw,
            usage.ru_nivcsw,
        )


def _known(read: Callable[[], T]) -> T | None:
    """Return what `read` gives, ``None`` where the system does not tell that."""
    with suppress(AttributeError, LookupError, OSError, ValueError):
        return read()
    return None


def _command() -> str:
    """Return how the program was called, without what its flags were given: that may be secret."""
    program, *arguments = getattr(sys, "argv", None) or [""]
    words = [program]
    for argument in arguments:
        flag = _FLAG.match(argument)
        shown = flag[0] if flag else ""
        words.append(shown if shown == argument else shown + _LEFT_OUT)
    return " ".join(words)


def _uptime() -> float:
    """Return the seconds since this process began, as Linux tells."""
    with open("/proc/self/stat", "rb") as file:
        after_name = file.read().rpartition(b")")[2].split()
    began = int(after_name[19]) / os.sysconf("SC_CLK_TCK")
    return round(time.clock_gettime(time.CLOCK_BOOTTIME) - began, 1)


def _count_open_files() -> int:
    return len(os.listdir("/dev/fd")) - 1  # the listing itself is one of them


def _read_memory() -> dict[str, int]:
    """Return bytes by the names of ``/proc/meminfo``."""
    with open("/proc/meminfo", encoding="ascii") as file:
        rows = (line.split() for line in file)
        return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows if row[2:] == ["kB"]}
