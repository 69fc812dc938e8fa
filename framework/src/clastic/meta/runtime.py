"""What Python knows of itself: versions, the garbage collector, where modules are found."""

from __future__ import annotations

import gc
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from clastic.meta.peripheral import MetaPeripheral

PACKAGES = ("clastic", "werkzeug", "markupsafe", "boltons", "ashes", "itsdangerous")


@dataclass(frozen=True, slots=True)
class CollectorData:
    """The garbage collector.

    :param counts: how many objects it has yet to look at, by generation
    :param runs: how often it has run, by generation
    :param uncollectable: how many objects it found that it cannot free
    """

    is_enabled: bool
    counts: tuple[int, ...]
    runs: tuple[int, ...]
    uncollectable: int


@dataclass(frozen=True, slots=True)
class RuntimeData:
    """Python, and the packages that the framework is made of.

    :param packages: version by name, ``None`` for one that is not installed as a package
    :param flags: the flags of the interpreter that are set
    :param modules: how many modules are imported
    :param path: where modules are looked for
    """

    python: str
    implementation: str
    executable: str
    packages: dict[str, str | None]
    flags: dict[str, int]
    garbage_collector: CollectorData
    modules: int
    path: tuple[str, ...]


class RuntimePeripheral(MetaPeripheral):
    """Tells about Python."""

    title = "Runtime"
    group_key = "server"

    def __init__(self) -> None:
        self._packages = {name: _version(name) for name in PACKAGES}

    def get_context(self) -> RuntimeData:
        """Return what there is to tell at this moment."""
        return RuntimeData(
            platform.python_version(),
            f"{platform.python_implementation()}, {platform.python_compiler()}",
            sys.executable,
            self._packages,
            _flags(),
            CollectorData(
                gc.isenabled(),
                gc.get_count(),
                tuple(generation["collections"] for generation in gc.get_stats()),
                sum(generation["uncollectable"] for generation in gc.get_stats()),
            ),
            len(sys.modules),
            tuple(map(str, sys.path)),
        )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _flags() -> dict[str, int]:
    names = type(sys.flags).__match_args__
    values = {name: getattr(sys.flags, name) for name in names}
    return {name: int(value) for name, value in values.items() if value}
