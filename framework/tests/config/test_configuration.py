"""Load configuration files, and make what they describe."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clastic import Application, WiringError
from clastic.config import Configuration, ConfigurationError, ServerSettings, load

COLORHELLO = """
from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Never, NewType, Protocol, TypeVar

from clastic import Application, Response

if TYPE_CHECKING:
    from elsewhere import Unknown

made = []
Name = NewType("Name", str)
T = TypeVar("T")


class Weight(Enum):
    LIGHT = "light"
    BOLD = "bold"


class Skin:
    color = "black"


class Red(Skin):
    def __init__(self, color: str = "red", size=12):
        made.append(color)
        self.color = color
        self.size = size


class Painter(Protocol):
    color: str


@dataclass
class Settings:
    host_url: str = ""
    folder: Path = Path()
    file: str | os.PathLike[str] = ""
    port: int | None = None
    ratio: float = 1.0
    debug: bool = False
    weight: Weight = Weight.LIGHT
    mode: Literal["dev", "prod"] = "dev"
    hosts: list[str] = field(default_factory=list)
    sizes: tuple[int, ...] = ()
    names: set[str] = frozenset()
    limits: dict[str, int] = field(default_factory=dict)
    skins: list[Skin] = field(default_factory=list)
    key: bytes = b""
    unknown: Unknown = None
    painter: Painter | None = None
    api_token: int = 0
    name: Name = ""
    count: Annotated[int, "at least 1"] = 1
    pair: tuple[str, int] = ("", 0)
    generic: T = None


class Refusing:
    def __init__(self, size: int = 1, **misspelt: Never):
        self.size = size


class Free:
    def __init__(self, **options):
        self.options = options


class Positional:
    def __init__(self, size, /):
        pass


def create_app(skin: Skin):
    return Application([("/", lambda: Response(skin.color))])


def node(other=None):
    return [other]


def fail(reason: str):
    raise ValueError(reason)


def nothing():
    return None


app = create_app(Skin())
DEFAULT = Settings()
"""


@pytest.fixture(autouse=True)
def colorhello(write) -> None:
    """Write the module that the files name."""
    text = COLORHELLO if sys.version_info >= (3, 11) else COLORHELLO.replace("Never", "NoReturn")
    write("colorhello.py", text)


@pytest.fixture
def settings(write) -> Callable[[str], Any]:
    """Return a function that makes Settings from lines of TOML."""

    def make(lines: str) -> Any:
        text = '[objects.skin]\nuse = "colorhello:Skin"\n[objects.x]\nuse = "colorhello:Settings"\n'
        return load(write("app.toml", text + lines)).object("x")

    return make


def body(configuration: Configuration) -> str:
    return configuration.application().get_local_client().get("/").text


# The example of QLime: a registry of objects by name.


def test_an_ini_file_makes_the_objects_of_its_heads(write):
    path = write(
        "app.ini",
        "[application colorhello.create_app]\n"
        'skin: {ref = "skin.red"}\n'
        "[skin.red colorhello.Red]\n"
        "color: crimson\n"
        "size = 14\n",
    )
    configuration = load(path)
    red = configuration.object("skin.red")
    assert (red.color, red.size) == ("crimson", 14)
    assert body(configuration) == "crimson"


def test_class_in_an_ini_file_attaches_the_class_itself(write):
    configuration = load(write("app.ini", "[skin.red]\nclass: colorhello.Red\n"))
    assert configuration.object("skin.red") is sys.modules["colorhello"].Red
    assert sys.modules["colorhello"].made == []


# The objects that are made, and when.


def test_a_toml_file_makes_an_application(write):
    path = write(
        "app.toml",
        '[application]\nuse = "colorhello:create_app"\nskin = { ref = "skin.red" }\n'
        '[objects.skin.red]\nuse = "colorhello:Red"\ncolor = "crimson"\n',
    )
    assert body(load(path)) == "crimson"


def test_objects_are_made_when_they_are_used_and_once(write):
    path = write(
        "app.toml",
        '[objects.red]\nuse = "colorhello:Red"\n'
        '[objects.blue]\nuse = "colorhello:Red"\ncolor = "blue"\n'
        '[objects.list]\nuse = "colorhello:node"\n'
        'other = [{ ref = "red" }, { ref = "red" }]\n',
    )
    configuration = load(path)
    made = sys.modules["colorhello"].made
    assert made == []
    [[first, second]] = configuration.object("list")
    assert first is second is configuration.object("red")
    assert made == ["red"]


def test_class_true_attaches_the_class_itself(write):
    path = write("app.toml", '[objects.red]\nuse = "colorhello:Red"\nclass = true\n')
    assert load(path).object("red") is sys.modules["colorhello"].Red


def test_an_application_that_exists_is_used_as_it_is(write):
    application = load(write("app.toml", '[application]\nuse = "colorhello:app"\n')).application()
    assert isinstance(application, Application)
    assert application is sys.modules["colorhello"].app


def test_modules_beside_the_file_are_found(write):
    path = write("etc/app.toml", '[objects.x]\nuse = "beside:f"\n')
    write("etc/beside.py", "def f():\n    return 5\n")
    assert load(path).object("x") == 5


def test_an_unknown_object_is_refused_with_the_nearest(write):
    configuration = load(write("app.toml", '[objects.red]\nuse = "colorhello:Red"\n'))
    with pytest.raises(LookupError, match=r"^app.toml has no object 'rad'. Did you mean 'red'\?$"):
        configuration.object("rad")


def test_an_error_of_a_class_is_raised_as_it_is(write):
    path = write("app.toml", '[objects.x]\nuse = "colorhello:fail"\nreason = "no"\n')
    with pytest.raises(ValueError, match=r"^no") as caught:
        load(path).object("x")
    if sys.version_info >= (3, 11):
        assert caught.value.__notes__ == ["Raised while making [objects.x] (app.toml:1)."]


# Values.


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param('host_url = "a"', "a", id="a text"),
        pytest.param("port = 80", 80, id="a number for an optional one"),
        pytest.param("ratio = 2", 2.0, id="a whole number for a float"),
        pytest.param("debug = true", True, id="true"),
        pytest.param('mode = "prod"', "prod", id="a literal"),
        pytest.param('hosts = ["a", "b"]', ["a", "b"], id="a list"),
        pytest.param("sizes = [1, 2]", (1, 2), id="a list for a tuple"),
        pytest.param('names = ["a"]', {"a"}, id="a list for a set"),
        pytest.param("limits = { value = { a = 1 } }", {"a": 1}, id="a literal table"),
        pytest.param('name = "a"', "a", id="a text for a new type"),
        pytest.param("count = 2", 2, id="a number for an annotated one"),
        pytest.param('pair = ["a", 1]', ("a", 1), id="a list for a pair"),
        pytest.param('generic = "a"', "a", id="any value for a type variable"),
        pytest.param('key = "é"', b"\xc3\xa9", id="a text for bytes"),
        pytest.param("unknown = 5", 5, id="any value if the annotation cannot be read"),
        pytest.param('host_url = { file = "secret" }', "s3cret\n", id="a file without one newline"),
        pytest.param('port = { env = "PORT" }', 8080, id="a variable as a number"),
        pytest.param('hosts = { env = "HOSTS" }', ["a", "b"], id="a variable as a list"),
        pytest.param('debug = { env = "DEBUG" }', True, id="a variable as true"),
        pytest.param('host_url = { env = "PORT" }', "8080", id="a variable as a text"),
        pytest.param('port = { env = "NO_SUCH", default = 9 }', 9, id="a default"),
        pytest.param(
            'host_url = { env = "NO_SUCH", default = { file = "secret" } }',
            "s3cret\n",
            id="a file as a default",
        ),
        pytest.param('hosts = ["a", { env = "PORT" }]', ["a", "8080"], id="a variable in a list"),
    ],
)
def test_a_value_becomes_the_type_of_its_argument(line, expected, settings, write, monkeypatch):
    write("secret", "s3cret\n\n")
    for name, value in {"PORT": "8080", "HOSTS": "a, b", "DEBUG": "yes"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_SUCH", raising=False)
    value = getattr(settings(line), line.partition(" ")[0])
    assert (value, type(value)) == (expected, type(expected))


def test_relative_paths_start_at_the_folder_of_the_file(settings):
    made = settings('folder = "data"\nfile = "a.db"')
    assert (made.folder, made.file) == (Path.cwd() / "data", Path.cwd() / "a.db")


def test_a_member_of_an_enumeration_is_written_as_its_value_or_name(settings):
    assert settings('weight = "bold"').weight.name == "BOLD"
    assert settings('weight = "BOLD"').weight.name == "BOLD"


def test_references_fit_a_class_and_a_protocol(settings):
    made = settings('skins = [{ ref = "skin" }]\npainter = { ref = "skin" }')
    assert made.skins == [made.painter]


def test_kwargs_take_any_key(write):
    path = write("app.toml", '[objects.x]\nuse = "colorhello:Free"\nanything = 1\n')
    assert load(path).object("x").options == {"anything": 1}


def test_values_of_an_ini_file_can_be_written_as_toml(write):
    text = (
        '[x colorhello.Settings]\nhosts = ["a,b"]\nhost_url = "[::1]"\nsizes = 1, 2\ndebug = off\n'
    )
    made = load(write("app.ini", text)).object("x")
    assert (made.hosts, made.host_url, made.sizes) == (["a,b"], "[::1]", (1, 2))
    assert made.debug is False


# The server, and overrides.


def test_the_section_of_the_server_is_data(write, monkeypatch):
    monkeypatch.setenv("BIND", "[::1]:80")
    path = write("app.toml", '[server]\nname = "gunicorn"\nbind = { env = "BIND" }\nproxies = 1\n')
    expected = ServerSettings("gunicorn", "[::1]:80", None, None, 1)
    assert load(path).server == expected


def test_overrides_replace_values_and_add_sections(write):
    path = write("app.toml", '[objects.skin.red]\nuse = "colorhello:Red"\ncolor = "red"\n')
    overrides = ["objects.skin.red.color=crimson", "server.workers=2", "server.bind=[::1]:80"]
    overrides += ["application.use=colorhello:create_app", 'application.skin={ref = "skin.red"}']
    configuration = load(path, overrides)
    assert body(configuration) == "crimson"
    assert configuration.server == ServerSettings(bind="[::1]:80", workers=2)


def test_a_file_without_an_application_has_none(write):
    with pytest.raises(WiringError) as caught:
        load(write("app.toml", "")).application()
    assert str(caught.value) == (
        'app.toml has no section [application].\n  Add it, with use = "module:create_app".'
    )


def test_an_object_that_is_no_wsgi_application_is_refused(write):
    with pytest.raises(ConfigurationError) as caught:
        load(write("app.toml", '[application]\nuse = "colorhello:nothing"\n')).application()
    line = 1 + COLORHELLO[: COLORHELLO.index("def nothing")].count("\n")
    assert str(caught.value) == (
        f"app.toml:2: [application] makes None by nothing (colorhello.py:{line}), "
        "which is not a WSGI application.\n"
        "  Return an Application."
    )


# Lines.


def test_lines_are_right_in_every_form_of_toml(write):
    path = write(
        "app.toml",
        "# [objects.no]\n"
        'objects.first.use = "colorhello:Settings"\n'
        'objects.first.host_url = """\n'
        "[not.a.table]\n"
        'port = "\\""""\n'
        "objects.first.hosts = [ # ]\n"
        '  "]", \'"\',\n'
        "]\n"
        "objects.first.debug = 1\n"
        '[objects."second"]\n'
        'use = "colorhello:Settings"\n'
        "host_url = '''a\n'''\n"
        '"debug" = 2\n'
        "[ objects . third ] # x\n"
        'use = "colorhello:Settings"\n'
        "debug=3 # y\n",
    )
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    found = [problem.where for problem in caught.value.problems]
    assert found == [
        "app.toml:9: [objects.first]",
        "app.toml:14: [objects.second]",
        "app.toml:17: [objects.third]",
    ]
