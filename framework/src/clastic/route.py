"""Re-export the route types under the import path that apps use."""

from clastic.routing import *  # noqa: F403
from clastic.routing import __all__ as __all__
