"""Read the settings from ``erosion.ini`` and from the environment, which overrides it."""

import os
from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as ParserError
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from checks import host_of

FOLDER = Path(__file__).parent
INI = FOLDER / "erosion.ini"
DEFAULTS = {"host_url": "", "db_path": "", "db_url": "", "cookie_secret": "", "production": ""}
EXAMPLE_SECRET = "an example, for your own machine only"
SHORTEST_SECRET = 16  # bytes


class ConfigError(ValueError):
    """A setting is missing or invalid."""


def read_settings() -> dict[str, str]:
    """Read the settings. ``EROSION_DB_PATH`` overrides ``db_path`` of the file, and so on.

    ``EROSION_DB_PATH_FILE`` is the path of a file with the value.
    """
    given = read_ini(INI)
    for key in DEFAULTS:
        variable = f"EROSION_{key.upper()}"
        if variable in os.environ:
            given[key] = os.environ[variable]
        elif os.environ.get(f"{variable}_FILE"):
            given[key] = read_file(f"{variable}_FILE")
    return given


def read_ini(path: Path) -> dict[str, str]:
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"), str(path))
        return dict(parser["erosion"])
    except (OSError, UnicodeError, ParserError) as error:
        raise ConfigError(f"Cannot read {path}: {error}") from error
    except KeyError:
        raise ConfigError(f"{path} has no section [erosion].") from None


def read_file(variable: str) -> str:
    try:
        return Path(os.environ[variable]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"Cannot read the file of {variable}: {error}") from error


def check_settings(given: Mapping[str, str]) -> dict[str, str]:
    """Return all settings with their defaults, `db_url` included. Raise ConfigError if invalid."""
    for key in given.keys() - DEFAULTS.keys():
        near = get_close_matches(key, DEFAULTS, 1)
        hint = f"Did you mean '{near[0]}'?" if near else f"Settings: {', '.join(DEFAULTS)}."
        raise ConfigError(f"There is no setting '{key}'. {hint}")
    settings = {**DEFAULTS, **given}
    if settings["production"] not in ("", "0", "1"):
        raise ConfigError(f"production must be 1 or 0, not {settings['production']!r}.")
    if settings["production"] == "1":
        check_production(settings)
    if settings["host_url"]:
        settings["host_url"] = check_host_url(settings["host_url"])
    if not settings["db_url"]:
        if not settings["db_path"]:
            raise ConfigError("No database is configured: set db_path or db_url.")
        settings["db_url"] = f"sqlite:///{FOLDER / settings['db_path']}"
    return settings


def check_production(settings: Mapping[str, str]) -> None:
    secret = settings["cookie_secret"]
    if secret == EXAMPLE_SECRET or len(secret.encode()) < SHORTEST_SECRET:
        raise ConfigError(
            "In production, set EROSION_COOKIE_SECRET to a secret of your own of at least "
            f"{SHORTEST_SECRET} bytes. "
            "To generate one: python -c 'import secrets; print(secrets.token_hex())'"
        )
    if not settings["host_url"]:
        raise ConfigError(
            "In production, set EROSION_HOST_URL to the public URL that short links begin with, "
            "such as https://example.org/links/."
        )


def check_host_url(host_url: str) -> str:
    try:
        parts = urlsplit(host_url)
        host_of(parts)
        if parts.scheme in ("http", "https") and not parts.query and not parts.fragment:
            return f"{host_url.rstrip('/')}/"
    except ValueError:
        pass
    raise ConfigError(f"host_url must be empty or like https://example.org/, not {host_url!r}.")
