"""Test which application a target means, and the message about each invalid target."""

from __future__ import annotations

import sys

import pytest

from .conftest import CommandLine

SITE = """\
import functools

import clastic

pages = clastic.Application([("/pages", lambda: "")])
number = 1


class Namespace:
    app = pages


def create_app():
    return pages


def create_with(config, debug=False):
    return pages


def create_nothing():
    return None


def wsgi(environ, start_response):
    return []


bound = functools.partial(create_with, {})
"""

FLASKY = """\
class Other:
    def __call__(self, environ, start_response): ...


app = Other()
"""


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("site_app:pages", id="an application in a module"),
        pytest.param("site_app:create_app", id="a function in a module"),
        pytest.param("site_app:create_app()", id="a function that is called as for gunicorn"),
        pytest.param("site_app:Namespace.app", id="an attribute of an object"),
        pytest.param("site_app", id="a module that has create_app"),
        pytest.param("site_app.py", id="a file"),
        pytest.param("./site_app.py:pages", id="an application in a file"),
        pytest.param("site_app:bound", id="a partial function"),
        pytest.param("package.inner:pages", id="a module of a package"),
        pytest.param("package/inner.py", id="a file of a package"),
        pytest.param("folder/other.py", id="a file in another folder"),
        pytest.param("single.py", id="a file with one application of any name"),
    ],
)
def test_finds_the_application(cli: CommandLine, target: str):
    single = 'import clastic\nsite = clastic.Application([("/pages", lambda: "")])\n'
    cli.write({"site_app.py": SITE, "package/__init__.py": "", "package/inner.py": SITE})
    cli.write({"folder/other.py": "from beside import *\n", "folder/beside.py": SITE})
    cli.write({"single.py": single})
    result = cli.run("routes", target)
    assert (result.code, result.err) == (0, "")
    assert "/pages" in result.out


@pytest.mark.parametrize(
    ("target", "message"),
    [
        pytest.param("ap", "no module 'ap'. Did you mean 'app'?", id="no module"),
        pytest.param(
            "package.iner:app", "no module 'package.iner'. Did you mean 'inner'?", id="no submodule"
        ),
        pytest.param("ap.py", "there is no file ap.py. Did you mean 'app.py'?", id="no file"),
        pytest.param(
            "package", "package is a folder. Name a file in it, such as package/app.py", id="folder"
        ),
        pytest.param(
            "site_app:page", "site_app has no 'page'. Did you mean 'pages'?", id="no name"
        ),
        pytest.param(
            "site_app:x",
            "site_app has no 'x'. It has pages, create_app, create_with, create_nothing",
            id="no similar name",
        ),
        pytest.param(
            "plain.py",
            "plain.py has none of app, application, create_app. "
            "Name the application, such as plain.py:site",
            id="no usual name",
        ),
        pytest.param(
            "site_app.py:number", "site_app.py:number is an int, not an Application", id="a number"
        ),
        pytest.param(
            "flasky:app",
            "flasky:app is an Other, not an Application. "
            "Embed it: Application([('/', RerouteWSGI(...))])",
            id="another WSGI application",
        ),
        pytest.param(
            "site_app:wsgi",
            "site_app:wsgi is a function, not an Application. "
            "Embed it: Application([('/', RerouteWSGI(...))])",
            id="a WSGI function",
        ),
        pytest.param(
            "site_app:number.real.x", "site_app:number:real has no 'x'.", id="no attribute"
        ),
        pytest.param("app.inner:app", "no module 'app.inner'.", id="no package"),
        pytest.param(
            "site_app:create_with",
            "create_with, site_app.py:17 needs 'config'. "
            "Pass it in a configuration file, or name a function that needs no arguments",
            id="a function that needs an argument",
        ),
        pytest.param(
            "site_app:create_nothing",
            "create_nothing, site_app.py:21 returns None, not an Application",
            id="a function that returns none",
        ),
        pytest.param(
            "app.py:create('x')",
            "\"app.py:create('x')\" does not end in the name of an application. Write app.py:app",
            id="a call with arguments",
        ),
        pytest.param(
            "my-app",
            "'my-app' is not a valid target. Write module:app, file.py or file.toml",
            id="not a name",
        ),
        pytest.param(
            "json.py",
            f"json.py cannot be imported as 'json', which is {sys.modules['json'].__file__}. "
            "Rename it",
            id="a file with the name of a module",
        ),
        pytest.param(
            "a.b.py", "a.b.py cannot be imported: the name of a module is name.py", id="two dots"
        ),
    ],
)
def test_says_in_one_line_what_is_wrong(cli: CommandLine, target: str, message: str):
    cli.write({"site_app.py": SITE, "package/__init__.py": "", "package/inner.py": SITE})
    cli.write({"flasky.py": FLASKY, "plain.py": "", "json.py": "", "a.b.py": ""})
    assert cli.run("routes", target) == (2, "", f"clastic routes: {message}\n")


def test_reads_the_target_of_the_project(cli: CommandLine):
    pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
    cli.write({"site_app.py": SITE})
    (cli.folder / "pyproject.toml").write_text('[tool.clastic]\napp = "site_app:pages"\n')
    assert "/pages" in cli.run("routes").out


@pytest.mark.parametrize(
    ("project", "message"),
    [
        ("[tool.clastic]\napp = 1\n", "pyproject.toml: 'app' in [tool.clastic] is not a string\n"),
        ("[tool.clastic]\napp =\n", "pyproject.toml: Invalid value (at line 2, column 6)\n"),
    ],
)
def test_reports_a_project_that_it_cannot_read(cli: CommandLine, project: str, message: str):
    pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
    (cli.folder / "pyproject.toml").write_text(project)
    assert cli.run("routes") == (2, "", f"clastic routes: {message}")


def test_needs_a_target_where_there_is_no_default(cli: CommandLine):
    (cli.folder / "app.py").rename(cli.folder / "site.py")
    assert cli.run("routes") == (
        2,
        "",
        "clastic routes: there is no app.py or wsgi.py here, and no 'app' in [tool.clastic] of "
        "pyproject.toml. Name the application, such as file.py or module:app\n",
    )


def test_prints_the_traceback_of_a_program_that_fails_without_frames_of_clastic(cli: CommandLine):
    cli.write({"failing.py": "import app\n\n1 / 0\n"})
    result = cli.run("routes", "failing.py")
    first, second, *_ = result.err.splitlines()
    assert result.code == 1
    assert first == "Traceback (most recent call last):"
    assert second == f'  File "{cli.folder}/failing.py", line 3, in <module>'


def test_prints_a_module_that_the_program_misses_as_an_error_of_the_program(cli: CommandLine):
    cli.write({"failing.py": "import missing_library\n"})
    result = cli.run("routes", "failing.py")
    assert result.code == 1
    assert result.err.endswith("ModuleNotFoundError: No module named 'missing_library'\n")


CONFIGURATION = """\
[application clastic.Application]

[server]
name: waitress
bind: 127.0.0.1:8001
"""


def test_constructs_the_application_of_a_configuration_file(cli: CommandLine):
    (cli.folder / "site.ini").write_text(CONFIGURATION)
    words = ["site.ini", "/_health/live", "--set", "application.health=/_health"]
    assert cli.run("request", "--body", *words).out.startswith('{"status":')


def test_reports_the_mistakes_of_a_configuration_file(cli: CommandLine):
    (cli.folder / "site.ini").write_text(CONFIGURATION.replace("bind", "bnid"))
    result = cli.run("serve", "site.ini")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("site.ini:5: [server] has 'bnid'")
    assert "Did you mean 'bind'?" in result.err


def test_reports_a_configuration_file_that_makes_another_application(cli: CommandLine):
    cli.write({"flasky.py": FLASKY, "site.ini": "[application flasky.Other]\n"})
    assert cli.run("routes", "site.ini") == (
        2,
        "",
        "clastic routes: site.ini makes an Other, not an Application. "
        "Embed it: Application([('/', RerouteWSGI(...))])\n",
    )


def test_refuses_settings_without_a_configuration_file(cli: CommandLine):
    assert cli.run("routes", "--set", "server.workers=2") == (
        2,
        "",
        "clastic routes: --set needs a configuration file, not app.py\n",
    )
