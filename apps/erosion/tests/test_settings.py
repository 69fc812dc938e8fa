"""Test the settings of erosion and the messages for invalid ones."""

from __future__ import annotations

import os
from configparser import ConfigParser

import pytest
import settings
from settings import EXAMPLE_SECRET, FOLDER, ConfigError, check_settings, read_settings
from storage import Storage, StorageUnavailable

from erosion import create_app


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith("EROSION_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def ini(tmp_path, monkeypatch):
    """Return the path of a file that is read instead of erosion.ini."""
    path = tmp_path / "erosion.ini"
    monkeypatch.setattr(settings, "INI", path)
    return path


def problem_of(**given):
    with pytest.raises(ConfigError) as wrong:
        check_settings({"db_path": "erosion.db", **given})
    return str(wrong.value)


def test_erosion_ini_has_every_setting_but_production():
    parser = ConfigParser()
    parser.read(FOLDER / "erosion.ini")
    assert [*parser["erosion"]] == ["host_url", "db_path", "db_url", "cookie_secret"]
    assert parser["erosion"]["cookie_secret"] == EXAMPLE_SECRET


def test_by_default_the_links_are_in_a_file_beside_the_program():
    assert check_settings(read_settings()) == {
        "host_url": "",
        "db_path": "erosion.db",
        "db_url": f"sqlite:///{FOLDER}/erosion.db",
        "cookie_secret": EXAMPLE_SECRET,
        "production": "",
    }


def test_the_environment_overrides_the_file(ini, monkeypatch):
    ini.write_text("[erosion]\ndb_path = from-file.db\nhost_url = https://file.example/\n")
    monkeypatch.setenv("EROSION_DB_PATH", "from-environment.db")
    monkeypatch.setenv("EROSION_PRODUCTION", "1")
    assert read_settings() == {
        "db_path": "from-environment.db",
        "host_url": "https://file.example/",
        "production": "1",
    }


def test_a_variable_can_name_a_file_with_the_value(ini, tmp_path, monkeypatch):
    ini.write_text("[erosion]\n")
    (tmp_path / "secret").write_text("of my own\n")
    monkeypatch.setenv("EROSION_COOKIE_SECRET_FILE", str(tmp_path / "secret"))
    assert read_settings() == {"cookie_secret": "of my own"}


def test_a_missing_file_of_a_variable_is_an_error(ini, tmp_path, monkeypatch):
    ini.write_text("[erosion]\n")
    monkeypatch.setenv("EROSION_DB_URL_FILE", str(tmp_path / "nothing"))
    with pytest.raises(ConfigError) as wrong:
        read_settings()
    assert str(wrong.value).startswith("Cannot read the file of EROSION_DB_URL_FILE: ")


def test_a_password_may_have_a_percent_sign(ini):
    ini.write_text("[erosion]\ndb_url = postgresql://ann:50%25@db.example/links\n")
    assert read_settings() == {"db_url": "postgresql://ann:50%25@db.example/links"}


def test_the_url_of_a_database_overrides_the_path():
    given = {"db_url": "postgresql://db.example/links", "db_path": "erosion.db"}
    assert check_settings(given)["db_url"] == "postgresql://db.example/links"


def test_an_absolute_path_is_kept():
    assert check_settings({"db_path": "/data/links.db"})["db_url"] == "sqlite:////data/links.db"


@pytest.mark.parametrize("given", ["https://example.org/links", "https://example.org/links/"])
def test_a_public_address_ends_in_one_slash(given):
    checked = check_settings({"db_path": "erosion.db", "host_url": given})
    assert checked["host_url"] == "https://example.org/links/"


def test_a_missing_ini_file_is_an_error(ini):
    with pytest.raises(ConfigError) as wrong:
        read_settings()
    assert str(wrong.value).startswith(f"Cannot read {ini}: ")
    assert "No such file" in str(wrong.value)


def test_an_invalid_ini_file_is_an_error(ini):
    ini.write_text("db_path: erosion.db\n")
    with pytest.raises(ConfigError) as wrong:
        read_settings()
    assert str(wrong.value).startswith(f"Cannot read {ini}: File contains no section headers.")
    assert "line: 1" in str(wrong.value)


def test_an_ini_file_without_the_section_is_an_error(ini):
    ini.write_text("[errosion]\n")
    with pytest.raises(ConfigError) as wrong:
        read_settings()
    assert str(wrong.value) == f"{ini} has no section [erosion]."


def test_the_error_for_a_misspelt_setting_suggests_the_similar_name():
    assert problem_of(db_pth="x") == "There is no setting 'db_pth'. Did you mean 'db_path'?"


def test_the_error_for_an_unknown_setting_lists_the_settings():
    assert problem_of(colour="blue") == (
        "There is no setting 'colour'. "
        "Settings: host_url, db_path, db_url, cookie_secret, production."
    )


@pytest.mark.parametrize(
    "host_url", ["example.org", "ftp://example.org", "https://", "https://a:b/", "https://a/?b=c"]
)
def test_an_invalid_public_address_is_an_error(host_url):
    assert problem_of(host_url=host_url) == (
        f"host_url must be empty or like https://example.org/, not '{host_url}'."
    )


def test_a_missing_database_is_an_error():
    assert problem_of(db_path="") == "No database is configured: set db_path or db_url."


SECRET = "sixteen bytes..."
PUBLIC_URL = "https://example.org/"


@pytest.mark.parametrize("secret", ["", EXAMPLE_SECRET, SECRET[1:]])
def test_production_requires_a_long_secret_other_than_the_example(secret):
    assert problem_of(production="1", cookie_secret=secret, host_url=PUBLIC_URL) == (
        "In production, set EROSION_COOKIE_SECRET to a secret of your own of at least 16 bytes. "
        "To generate one: python -c 'import secrets; print(secrets.token_hex())'"
    )


def test_production_requires_the_public_url():
    assert problem_of(production="1", cookie_secret=SECRET) == (
        "In production, set EROSION_HOST_URL to the public URL that short links begin with, "
        "such as https://example.org/links/."
    )


@pytest.mark.parametrize("secret", [SECRET, "ü" * 8])
def test_production_accepts_a_secret_of_16_bytes_and_a_public_url(secret):
    given = {"db_path": "erosion.db", "cookie_secret": secret, "host_url": PUBLIC_URL}
    assert check_settings({**given, "production": "1"})["cookie_secret"] == secret


def test_production_must_be_1_or_0():
    assert problem_of(production="maybe") == "production must be 1 or 0, not 'maybe'."


@pytest.mark.parametrize(
    ("db_url", "problem"),
    [
        pytest.param("links", "db_url is not the URL of a database.", id="not a URL"),
        pytest.param(
            "mysql://db.example/links",
            "db_url must begin with postgresql: or sqlite:, not mysql:.",
            id="another kind of database",
        ),
        pytest.param(
            "sqlite://", "db_url must name a file, such as sqlite:///erosion.db.", id="no file"
        ),
        pytest.param(
            "sqlite:///:memory:",
            "db_url must name a file, such as sqlite:///erosion.db.",
            id="a database in memory, which workers cannot share",
        ),
    ],
)
def test_the_url_of_a_database_is_checked(db_url, problem):
    with pytest.raises(ValueError, match="db_url") as wrong:
        create_app({"db_url": db_url})
    assert str(wrong.value) == problem


def test_a_database_file_that_cannot_be_created_is_an_error(tmp_path):
    path = tmp_path / "no" / "such" / "folder" / "erosion.db"
    with pytest.raises(StorageUnavailable) as wrong:
        Storage(f"sqlite:///{path}")
    assert str(wrong.value) == f"Cannot use sqlite:///{path}: unable to open database file"


def test_a_file_that_is_not_a_database_is_an_error(tmp_path):
    path = tmp_path / "erosion.ini"
    path.write_text("[erosion]\n" * 100)
    with pytest.raises(StorageUnavailable) as wrong:
        Storage(f"sqlite:///{path}")
    assert str(wrong.value) == f"Cannot use sqlite:///{path}: file is not a database"


def test_the_error_for_an_unavailable_server_does_not_show_the_password():
    with pytest.raises(StorageUnavailable) as wrong:
        Storage("postgresql://ann:secret@127.0.0.1:1/links")
    assert str(wrong.value).startswith("Cannot use postgresql+psycopg://ann:***@127.0.0.1:1/links:")
    assert "secret" not in str(wrong.value)
