"""Check the whole message about each mistake in a configuration file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clastic.config import ConfigurationError, load

MODULE = """\
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NoReturn


class Weight(Enum):
    LIGHT = "light"
    BOLD = "bold"


class Skin:
    def __init__(self, color: str = "black", size: int = 12):
        pass


@dataclass
class Settings:
    host_url: str
    port: int | None = None
    sizes: list[int] | None = None
    weight: Weight = Weight.BOLD
    mode: Literal["dev", "prod"] = "dev"
    skin: Skin | None = None
    pair: tuple[str, int] = ("", 0)
    debug: bool = False
    api_token: int = 0


class Strict:
    def __init__(self, size: int = 1, **misspelt: NoReturn):
        pass


def create_app(skin: Skin):
    return skin


def by_position(size, /):
    return size


def node(other=None):
    return other


DEFAULT = Skin()
"""

RED = '[objects.red]\nuse = "skins:Skin"\n'


TOML = [
    pytest.param(
        '[objects.red]\nuse = "skins:Skin"\ncolour = "red"\n',
        "app.toml:3: [objects.red] has 'colour', which Skin (skins.py:11) does not "
        "take.\n"
        "  Available here: color, size. Did you mean 'color'?\n"
        "  Correct or remove it.",
        id="an unknown argument",
    ),
    pytest.param(
        '[objects.x]\nuse = "skins:Settings"\nhost_uri = "h"\n',
        "app.toml:3: [objects.x] has 'host_uri', which Settings (skins.py:16) does not "
        "take.\n"
        "  Available here: host_url, port, sizes, weight, mode, skin, pair, debug, api_token. Did "
        "you mean 'host_url'?\n"
        "  Correct or remove it.",
        id="an unknown argument in the place of one that is needed",
    ),
    pytest.param(
        '[objects.x]\nuse = "skins:Settings"\n',
        "app.toml:1: [objects.x] has no 'host_url', which Settings (skins.py:16) "
        "needs.\n"
        "  Add 'host_url'.",
        id="an argument that is missing",
    ),
    pytest.param(
        '[objects.x]\nuse = "skins:Strict"\nsiez = 2\n',
        "app.toml:3: [objects.x] has 'siez', which Strict (skins.py:29) does not take.\n"
        "  Available here: size. Did you mean 'size'?\n"
        "  Correct or remove it.",
        id="an argument that keyword arguments refuse",
    ),
    pytest.param(
        '[objects.x]\nuse = "skins:by_position"\n',
        "app.toml:2: [objects.x] uses by_position (skins.py:38), which takes 'size' by "
        "position only.\n"
        "  Wrap it in a function.",
        id="an argument by position only",
    ),
    pytest.param(
        '[objects.red]\nuse = "skins:Skin"\nclass = true\nsize = 2\n',
        "app.toml:4: [objects.red] has 'size', but Skin (skins.py:11) is used as it "
        "is, without arguments.\n"
        "  Remove it, or class = true.",
        id="arguments of a class itself",
    ),
    pytest.param(
        '[objects.red]\ncolor = "red"\n',
        "app.toml:1: [objects.red] has no 'use'.\n  Add use = \"module:name\".",
        id="no use",
    ),
    pytest.param(
        "[application]\nskin = 1\n",
        "app.toml:1: [application] has no 'use'.\n  Add use = \"module:name\".",
        id="no use in an application",
    ),
    pytest.param(
        '[objects.red]\nuse = "Skin"\n',
        "app.toml:2: [objects.red] has use = 'Skin', which is not of the form "
        "module:name.\n"
        '  Write, for example, use = "module:Class".',
        id="use without a module",
    ),
    pytest.param(
        '[objects.red]\nuse = "skin:Skin"\n',
        "app.toml:2: [objects.red] uses module 'skin', and there is no module 'skin'.\n"
        "  Did you mean 'skins'?",
        id="an unknown module",
    ),
    pytest.param(
        '[objects.red]\nuse = "email.mesage:Message"\n',
        "app.toml:2: [objects.red] uses module 'email.mesage', and there is no module "
        "'email.mesage'.\n"
        "  Did you mean 'email.message'?",
        id="an unknown module in a package",
    ),
    pytest.param(
        '[objects.red]\nuse = "skins:Skim"\n',
        "app.toml:2: [objects.red] uses 'skins:Skim', and module skins has no 'Skim'.\n"
        "  Available here: Weight, Skin, Settings, Strict, create_app, by_position, "
        "node. Did you mean 'Skin'?\n"
        "  Correct the name.",
        id="an unknown name",
    ),
    pytest.param(
        '[objects.red]\nuse = "skins:DEFAULT"\n',
        "app.toml:2: [objects.red] uses 'skins:DEFAULT', which is a Skin.\n"
        "  Name a class or a function that returns the object.",
        id="what cannot be called",
    ),
    pytest.param(
        '[objects.red]\nuse = "skins:node"\nclass = true\n',
        "app.toml:2: [objects.red] has class = true, and skins:node is a function.\n"
        "  Remove class = true, or name a class.",
        id="class = true without a class",
    ),
    pytest.param(
        '[objects.red]\nuse = "skins:Skin"\nclass = "yes"\n',
        "app.toml:3: [objects.red] has a 'class' that is not true or false.\n  Remove it.",
        id="class that is not true or false",
    ),
    pytest.param(
        '[objects.red]\nuse = "failing:Skin"\n',
        "app.toml:2: [objects.red] uses module 'failing', whose import failed: "
        "ValueError: password=[masked] (failing.py:1).\n"
        "  Correct the module.",
        id="a module that fails",
    ),
    pytest.param(
        '[objects.red]\nuse = "invalid:Skin"\n',
        "app.toml:2: [objects.red] uses module 'invalid', whose import failed: "
        "SyntaxError: invalid syntax (invalid.py:1).\n"
        "  Correct the module.",
        id="a module that has a syntax error",
    ),
    pytest.param(
        '[objects.x]\nuse = "skins:Settings"\nhost_url = "h"\nport = "eighty"\n',
        "app.toml:4: [objects.x] has port = 'eighty', which is not of type int | None.\n"
        "  Correct the value.",
        id="a value of another type",
    ),
    pytest.param(
        '[objects.x]\nuse = "skins:Settings"\nhost_url = "h"\nsizes = [1, "two"]\n',
        "app.toml:4: [objects.x] has sizes = [1, 'two'], which is not of type "
        "list[int] | None.\n"
        "  Correct the value.",
        id="an item of another type",
    ),
    pytest.param(
        '[objects.x]\nuse = "skins:Settings"\nhost_url = "h"\nweight = "bald"\n',
        "app.toml:4: [objects.x] has weight = 'bald', which is not one of these.\n"
        "  Available here: light, bold. Did you mean 'bold'?\n"
        "  Correct the value.",
        id="an unknown member of an enumeration",
    ),
    pytest.param(
        '[objects.x]\nuse = "skins:Settings"\nhost_url = "h"\nmode = "debug"\n',
        "app.toml:4: [objects.x] has mode = 'debug', which is not one of these.\n"
        "  Available here: dev, prod.\n"
        "  Correct the value.",
        id="an unknown literal",
    ),
    pytest.param(
        '[objects.red]\nuse = "skins:Skin"\nsize = true\n',
        "app.toml:3: [objects.red] has size = True, which is not of type int.\n"
        "  Correct the value.",
        id="true for a number",
    ),
    pytest.param(
        '[objects.x]\nuse = "skins:Settings"\nhost_url = "h"\nskin = "red"\n',
        "app.toml:4: [objects.x] has skin = 'red', which is not of type skins.Skin | "
        "None.\n"
        '  Refer to an object: { ref = "name" }.',
        id="a value in the place of an object",
    ),
    pytest.param(
        "[objects.red]\n"
        'use = "skins:Skin"\n'
        "[objects.x]\n"
        'use = "skins:Settings"\n'
        'host_url = "h"\n'
        "[application]\n"
        'use = "skins:create_app"\n'
        'skin = { ref = "x" }\n',
        "app.toml:8: [application] has skin = 'x' (Settings), which is not of type "
        "Skin.\n"
        "  Correct the value.",
        id="an object of another class",
    ),
    pytest.param(
        "[objects.red]\n"
        'use = "skins:Skin"\n'
        "class = true\n"
        "[application]\n"
        'use = "skins:create_app"\n'
        'skin = { ref = "red" }\n',
        "app.toml:6: [application] has skin = 'red' (class Skin), which is not of type "
        "Skin.\n"
        "  Correct the value.",
        id="a class in the place of its object",
    ),
    pytest.param(
        "[objects.red]\n"
        'use = "skins:Skin"\n'
        "[objects.x]\n"
        'use = "skins:Settings"\n'
        'host_url = "h"\n'
        'skin = { ref = "rad" }\n',
        "app.toml:6: [objects.x] refers to 'rad' in skin, but the file has no "
        "such object.\n"
        "  Available here: red, x. Did you mean 'red'?\n"
        "  Correct the name, or add the object.",
        id="an unknown object",
    ),
    pytest.param(
        "[objects.a]\n"
        'use = "skins:node"\n'
        'other = { ref = "b" }\n'
        "[objects.b]\n"
        'use = "skins:node"\n'
        'other = [{ ref = "c" }]\n'
        "[objects.c]\n"
        'use = "skins:node"\n'
        'other = { ref = "a" }\n',
        "app.toml:1: [objects.a] is part of a cycle of references: a → b → c → a.\n"
        "  Remove one of these references.",
        id="a ring",
    ),
    pytest.param(
        '[objects.a]\nuse = "skins:node"\nother = { ref = "a" }\n',
        "app.toml:1: [objects.a] is part of a cycle of references: a → a.\n"
        "  Remove one of these references.",
        id="an object that refers to itself",
    ),
    pytest.param(
        '[objects.x]\nuse = "skins:Settings"\nhost_url = "h"\nport = { env = "SKIN_PORT" }\n',
        "app.toml:4: [objects.x] reads port from the environment variable 'SKIN_PORT', "
        "which is not set.\n"
        "  Did you mean 'PORT'? Otherwise set it, or add a default.",
        id="a variable that is not set",
    ),
    pytest.param(
        "[objects.x]\n"
        'use = "skins:Settings"\n'
        'host_url = "h"\n'
        'api_token = { file = "secrets/tokn" }\n',
        "app.toml:4: [objects.x] reads api_token from secrets/tokn, which failed: No "
        "such file or directory.\n"
        "  Did you mean 'token'?",
        id="a file that does not exist",
    ),
    pytest.param(
        "[objects.x]\n"
        'use = "skins:Settings"\n'
        'host_url = "h"\n'
        'api_token = { file = "secrets/token" }\n',
        "app.toml:4: [objects.x] has a value in api_token (not shown), which is not of "
        "type int.\n"
        "  Correct the value.",
        id="a secret from a file",
    ),
    pytest.param(
        '[objects.x]\nuse = "skins:Settings"\nhost_url = "h"\napi_token = "hunter2"\n',
        "app.toml:4: [objects.x] has a value in api_token (not shown), which is not of "
        "type int.\n"
        "  Correct the value.",
        id="a secret by its name",
    ),
    pytest.param(
        '[objects.x]\nuse = "skins:Settings"\nhost_url = "h"\nport = { env = "PORT" }\n',
        "app.toml:4: [objects.x] has a value in port (not shown), which is not of type "
        "int | None.\n"
        "  Correct the value.",
        id="a value of the environment",
    ),
    pytest.param(
        '[objects.red]\nuse = "skins:Skin"\ncolor = { evn = "COLOR" }\n',
        'app.toml:3: [objects.red] has a table in color that is none of { ref = "…" }, '
        '{ env = "…", default = … }, { file = "…" } or { value = … }.\n'
        "  Did you mean 'env'?",
        id="a misspelt table",
    ),
    pytest.param(
        '[objects.red]\nuse = "skins:Skin"\ncolor = { a = 1 }\n',
        'app.toml:3: [objects.red] has a table in color that is none of { ref = "…" }, '
        '{ env = "…", default = … }, { file = "…" } or { value = … }.\n'
        "  For a literal table, write color = { value = { … } }.",
        id="a literal table without value",
    ),
    pytest.param(
        '[objects.x]\nuse = "skins:Settings"\nhost_url = "h"\nskin = { use = "skins:Skin" }\n',
        "app.toml:4: [objects.x] has an object in skin.\n"
        '  Give it a section of its own, and write skin = { ref = "name" }.',
        id="an object in a value",
    ),
    pytest.param(
        '[objects.x]\nuse = "skins:Settings"\nhost_url = "h"\nskin = { ref = 1 }\n',
        "app.toml:4: [objects.x] has skin with 'ref', which is not a string.\n  Quote it.",
        id="a reference that is not a string",
    ),
    pytest.param(
        "[servers]\n",
        "app.toml:1: the file has 'servers', which is not a table of a configuration "
        "file.\n"
        "  Available here: application, objects, server. Did you mean 'server'?\n"
        "  Correct or remove it.",
        id="an unknown table",
    ),
    pytest.param(
        '[objects.x]\nuse = "skins:Settings"\nhost_url = "h"\npair = ["a"]\n',
        "app.toml:4: [objects.x] has pair = ['a'], which is not of type tuple[str, int].\n"
        "  Correct the value.",
        id="a list of another length",
    ),
    pytest.param(
        "[[objects.x]]\n",
        "app.toml:1: 'objects.x' is not a table.\n"
        '  Write [objects.x], and below it use = "module:name".',
        id="a list of tables",
    ),
    pytest.param(
        "server = 1\n",
        "app.toml:1: 'server' is not a table.\n"
        "  Write [server], and below it a key and a value on each line.",
        id="a value in the place of a table",
    ),
    pytest.param(
        '[objects.red]\nuse = "skins:Skin"\ncolor = red\n',
        "app.toml:3 is not TOML: Invalid value.\n  Correct the syntax.",
        id="a syntax error",
    ),
    pytest.param(
        "[server]\nworker = 1\n",
        "app.toml:2: [server] has 'worker', which the server does not take.\n"
        "  Available here: name, bind, workers, threads, proxies. Did you mean "
        "'workers'?\n"
        "  Correct or remove it.",
        id="an unknown option of the server",
    ),
    pytest.param(
        "[server]\nworkers = 0\n",
        "app.toml:2: [server] has workers = 0, but the minimum is 1.\n  Correct the value.",
        id="too small a number",
    ),
    pytest.param(
        '[server]\nbind = "localhost"\n',
        "app.toml:2: [server] has a 'bind' that is not an address.\n"
        '  Write HOST:PORT, such as "127.0.0.1:8000" or "[::1]:8000".',
        id="an address without a port",
    ),
]
INI = [
    pytest.param(
        "[x skins.Settings]\nhost_url = h\ndebug = maybe\n",
        "app.ini:3: [x skins.Settings] has debug = 'maybe', which is not of type bool.\n"
        "  Correct the value.",
        id="a word that is neither true nor false",
    ),
    pytest.param(
        "[skin]\ncolor = red\n",
        "app.ini:1: [skin] has no class.\n"
        "  Write [skin module.Class], or class: module.Class below it.",
        id="a section of an INI file without a class",
    ),
    pytest.param(
        "[skin skins.Skin]\n[skin skins.Settings]\nhost_url = a\n",
        "app.ini:2: [skin skins.Settings] has the name 'skin' of an earlier section.\n"
        "  Rename one of them.",
        id="a name twice in an INI file",
    ),
    pytest.param(
        "[skin skins.Skin]\n[skin skins.Skin]\n",
        "app.ini:2 is not INI: [skin skins.Skin] appears twice.\n  Correct the syntax.",
        id="a section twice in an INI file",
    ),
    pytest.param(
        "[skin skins.Skin]\ncolor = a\ncolor = b\n",
        "app.ini:3 is not INI: 'color' appears twice in [skin skins.Skin].\n  Correct the syntax.",
        id="a key twice in an INI file",
    ),
    pytest.param(
        "[skin skins.Skin]\npassword hunter2\n",
        "app.ini:2 is not INI: the line is not a section or a comment, and has no '='.\n"
        "  Correct the syntax.",
        id="a line without a value in an INI file",
    ),
    pytest.param(
        "color = red\n",
        "app.ini:1 is not INI: a key is above the first section.\n  Correct the syntax.",
        id="a key above the first section of an INI file",
    ),
    pytest.param(
        "[skin skins.Skin]\n\nsize = big\n",
        "app.ini:3: [skin skins.Skin] has size = 'big', which is not of type int.\n"
        "  Correct the value.",
        id="a text in an INI file that is no number",
    ),
    pytest.param(
        "[skin skins.Skin]\ncolor = {ref = red}\n",
        "app.ini:2: [skin skins.Skin] has color, which begins with a brace and is not "
        "TOML.\n"
        '  Write it as in { ref = "name" }, or in quotes if it is a string.',
        id="a brace in an INI file that is not TOML",
    ),
]
OVERRIDES = [
    pytest.param(
        "server.workers",
        "--set server.workers is not of the form SECTION.KEY=VALUE, with a section of "
        "the file.\n"
        "  Available here: application, server, objects.red. Did you mean 'server'?\n"
        "  Write, for example, --set server.workers=2.",
        id="an override without a value",
    ),
    pytest.param(
        "servers.workers=2",
        "--set servers.workers is not of the form SECTION.KEY=VALUE, with a section of "
        "the file.\n"
        "  Available here: application, server, objects.red. Did you mean 'server'?\n"
        "  Write, for example, --set server.workers=2.",
        id="an override of an unknown section",
    ),
    pytest.param(
        "objects.rad.size=2",
        "--set objects.rad.size does not name an object of the file.\n"
        "  Available here: red. Did you mean 'red'?\n"
        "  Write --set objects.NAME.KEY=VALUE.",
        id="an override of an unknown object",
    ),
    pytest.param(
        "objects.red.size=big",
        "--set objects.red.size: [objects.red] has size = 'big', which is not of type "
        "int.\n"
        "  Correct the value.",
        id="an override of another type",
    ),
    pytest.param(
        "objects.red.colour=blue",
        "--set objects.red.colour: [objects.red] has 'colour', which Skin "
        "(skins.py:11) does not take.\n"
        "  Available here: color, size. Did you mean 'color'?\n"
        "  Correct or remove it.",
        id="an override of an unknown argument",
    ),
]


@pytest.fixture
def message(write, monkeypatch) -> Callable[..., str]:
    """Return a function that loads a file, and returns the message of the error."""
    write("skins.py", MODULE)
    write("failing.py", 'raise ValueError("password=hunter2")\n')
    write("invalid.py", "def f(:\n")
    write("secrets/token", "hunter2")
    monkeypatch.setenv("PORT", "hunter2")
    monkeypatch.delenv("SKIN_PORT", raising=False)

    def read(name: str, text: str, *overrides: str) -> str:
        with pytest.raises(ConfigurationError) as caught:
            load(write(name, text), overrides)
        return str(caught.value)

    return read


@pytest.mark.parametrize(("text", "expected"), TOML)
def test_a_mistake_in_a_toml_file_is_reported(text, expected, message):
    assert message("app.toml", text) == expected


@pytest.mark.parametrize(("text", "expected"), INI)
def test_a_mistake_in_an_ini_file_is_reported(text, expected, message):
    assert message("app.ini", text) == expected


@pytest.mark.parametrize(("override", "expected"), OVERRIDES)
def test_a_mistake_in_an_override_is_reported(override, expected, message):
    assert message("app.toml", RED, override) == expected


def test_all_mistakes_are_reported_together(message):
    text = (
        '[application]\nuse = "skins:create_app"\nskin = { ref = "rad" }\n'
        f"{RED}colour = 1\n[server]\nworkers = 0\n"
    )
    assert message("app.toml", text) == (
        "3 problems in app.toml:\n\n"
        "1. app.toml:3: [application] refers to 'rad' in skin, but the file has no such object.\n"
        "  Available here: red. Did you mean 'red'?\n"
        "  Correct the name, or add the object.\n\n"
        "2. app.toml:6: [objects.red] has 'colour', which Skin (skins.py:11) does not take.\n"
        "  Available here: color, size. Did you mean 'color'?\n"
        "  Correct or remove it.\n\n"
        "3. app.toml:8: [server] has workers = 0, but the minimum is 1.\n"
        "  Correct the value."
    )


def test_a_wiring_error_of_a_module_is_reported_as_it_is(write, message):
    write(
        "site_app.py", "from clastic import Application\napp = Application([('/', lambda x: x)])\n"
    )
    reported = message("app.toml", '[application]\nuse = "site_app:app"\n')
    assert "(endpoint <lambda>, site_app.py:2) needs 'x', which nothing provides" in reported


def test_nothing_is_made_if_there_is_a_mistake(write, message):
    write("making.py", "made = []\ndef make(a=0):\n    made.append(a)\n")
    message("app.toml", '[objects.a]\nuse = "making:make"\n[objects.b]\nuse = "making:mark"\n')
    import making

    assert making.made == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(
            "ap.toml",
            "ap.toml cannot be read: No such file or directory.\n  Did you mean 'app.toml'?",
            id="that does not exist",
        ),
        pytest.param(
            "app.yaml",
            "app.yaml is not a configuration file: .toml, .ini and .cfg files are.\n"
            "  Name one of these.",
            id="of another format",
        ),
        pytest.param(
            "latin.ini",
            "latin.ini cannot be read: it is not UTF-8 text.\n  Correct the file.",
            id="that is not UTF-8",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_reported(name, expected, write):
    write("app.toml", "")
    Path("latin.ini").write_bytes(b"[a b.C]\nname = \xe9\n")
    with pytest.raises(ConfigurationError) as caught:
        load(name)
    assert str(caught.value) == expected


@pytest.mark.skipif(sys.version_info >= (3, 11), reason="Python has a TOML parser from 3.11 on")
@pytest.mark.parametrize("text", ["", "x = {ref = 'a'}"])
def test_a_missing_toml_parser_is_reported(text, message, monkeypatch):
    monkeypatch.setitem(sys.modules, "tomli", None)
    name = "app.ini" if text else "app.toml"
    assert message(name, f"[server]\n{text}") == (
        f"{name} needs a TOML parser on Python 3.10.\n  Install it: pip install 'clastic[config]'."
    )


def test_a_configuration_shows_no_values(write):
    write("skins.py", MODULE)
    configuration = load(write("app.toml", f'{RED}color = "hunter2"\n'))
    assert repr(configuration) == "<Configuration app.toml>"
