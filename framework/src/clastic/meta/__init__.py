"""Meta: a page, and JSON, about the application it is embedded in and what that runs on."""

from clastic.meta.application import MetaApplication, default_peripherals
from clastic.meta.machine import HostPeripheral, ProcessPeripheral, UsagePeripheral
from clastic.meta.own_routes import META_ASSETS_APP
from clastic.meta.peripheral import MetaPeripheral, Unavailable
from clastic.meta.runtime import RuntimePeripheral

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
