"""Re-export the helpers that apps written for Clastic 26 import from here."""

from boltons.strutils import bytes2human
from boltons.timeutils import relative_time as rel_datetime

from clastic.compat.names import int2hexguid
from clastic.http import Redirector

__all__ = ["Redirector", "bytes2human", "int2hexguid", "rel_datetime"]
