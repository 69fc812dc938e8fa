"""Construct an application and its objects from a configuration file (TOML or INI)."""

from typing import TYPE_CHECKING

from clastic.exports import lazy_exports

if TYPE_CHECKING:
    from clastic.config.configuration import (
        Configuration,
        ConfigurationError,
        ServerSettings,
        load,
    )
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "clastic.config.configuration": (
                "Configuration",
                "ConfigurationError",
                "ServerSettings",
                "load",
            ),
        },
    )

__all__ = ["Configuration", "ConfigurationError", "ServerSettings", "load"]
