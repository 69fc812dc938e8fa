"""Meta: a page and JSON about an application and the process that it runs in."""

from clastic.meta.application import META_ASSETS_APP, MetaApplication
from clastic.meta.peripherals import (
    HostPeripheral,
    MetaPeripheral,
    ProcessPeripheral,
    RuntimePeripheral,
    Unavailable,
    UsagePeripheral,
    default_peripherals,
)

__all__ = [
    "META_ASSETS_APP",
    "HostPeripheral",
    "MetaApplication",
    "MetaPeripheral",
    "ProcessPeripheral",
    "RuntimePeripheral",
    "Unavailable",
    "UsagePeripheral",
    "default_peripherals",
]
