"""Re-export the route types under the import path that apps use."""

from clastic.middleware.base import RESERVED_ARGS as RESERVED_ARGS
from clastic.routing import *  # noqa: F403
from clastic.routing import __all__ as __all__
