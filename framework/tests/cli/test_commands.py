"""Test the commands that inspect an application, send requests to it, and open a shell."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from importlib.metadata import version

import pytest

from .conftest import CommandLine

MISTAKEN = """\
from clastic import GET, Application


def show(id, reqest=None):
    return id


app = Application([GET("/<id>/<unused>", show)])
"""

MANAGING = """\
from clastic import Application, managed


def open_engine():
    yield "an engine"
    print("closed")


app = Application([("/", lambda engine: engine)], resources={"engine": managed(open_engine)})
"""


def test_lists_the_commands(cli: CommandLine):
    result = cli.run("--help")
    assert result.code == 0
    assert "\n  routes   list the routes in the order tried\n" in result.out


def test_prints_the_version(cli: CommandLine):
    assert cli.run("--version").out == f"clastic {version('clastic')}\n"


def test_prints_the_help_if_there_is_no_command(cli: CommandLine):
    assert cli.run() == (2, cli.run("--help").out, "")


@pytest.mark.parametrize(
    "name", ["new", "dev", "serve", "servers", "routes", "explain", "check", "request", "shell"]
)
def test_every_command_has_help_with_one_example(cli: CommandLine, name: str):
    result = cli.run(name, "--help")
    assert result.code == 0
    assert result.out.count(f"\nexample:\n  clastic {name} ") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["routs"], "clastic: no command 'routs'. Did you mean clastic routes?"),
        (["run"], "clastic: no command 'run'. Did you mean clastic dev or clastic serve?"),
        (["routes", "--jsn"], "clastic routes: no flag --jsn. Did you mean --json?"),
        (["dev", "--prot=80"], "clastic dev: no flag --prot. Did you mean --port?"),
        (["dev", "--port", "x"], "clastic dev: argument --port: invalid int value: 'x'"),
        (
            ["dev", "--port", "99999"],
            "clastic dev: port 99999 is out of range: use 1 to 65535, or 0 for any free port",
        ),
        (["check", "-q"], "clastic check: no flag -q. See clastic check --help."),
        (["check", "a", "b"], "clastic check: too many arguments: b. See clastic check --help."),
        (["explain"], "clastic explain: the following arguments are required: PATH"),
        (["explain", "a"], "clastic explain: the path 'a' does not begin with a slash"),
        (["request", "a"], "clastic request: the path 'a' does not begin with a slash"),
        (
            ["request", "/", "-H", "x"],
            "clastic request: the header 'x' is not of the form 'NAME: VALUE'",
        ),
        (
            ["request", "/", "-d", "@none"],
            "clastic request: cannot read none: No such file or directory",
        ),
    ],
)
def test_refuses_a_misused_command_in_one_line(cli: CommandLine, words: list[str], message: str):
    assert cli.run(*words) == (2, "", f"{message}\n")


def test_routes_are_listed_in_the_order_tried(cli: CommandLine):
    assert cli.run("routes") == (
        0,
        "METHODS   PATTERN           ENDPOINT  PLACE\n"
        "GET,HEAD  /people/<id:int>  show      app.py:4\n"
        "POST      /people           add       app.py:8\n",
        "",
    )


def test_routes_are_listed_as_json(cli: CommandLine):
    route = {"number": 2, "methods": ["POST"], "pattern": "/people", "name": "add"}
    place = {"endpoint": "add", "place": "app.py:8"}
    assert json.loads(cli.run("routes", "--json").out)[1] == {**route, **place}


def test_explain_takes_the_path_as_a_url_has_it(cli: CommandLine):
    result = cli.run("explain", "app.py", "/%70eople/1?page=2")
    assert result.code == 0
    assert result.out.startswith("GET /people/1\nRoute 1 responds.\n")


def test_explain_takes_flags_between_the_target_and_the_path(cli: CommandLine):
    explanation = json.loads(cli.run("explain", "app.py", "-X", "post", "/people", "--json").out)
    assert explanation["outcome"] == "Route 2 responds."


def test_explain_draws_a_picture(cli: CommandLine):
    assert cli.run("explain", "/people/1", "--svg").out.startswith("<svg")


def test_check_prints_nothing_for_an_application_without_problems(cli: CommandLine):
    assert cli.run("check", "app.py") == (0, "", "")


def test_check_prints_likely_mistakes_and_unused_parts(cli: CommandLine):
    cli.write({"mistaken.py": MISTAKEN})
    (cli.folder / "static" / "styles").mkdir(parents=True)
    (cli.folder / "static" / "styles" / "site.css").touch()
    result = cli.run("check", "mistaken.py")
    assert result.code == 1
    for code in ("near-miss", "unused-value", "static-without-route"):
        assert result.out.count(f"[{code}]") == 1


def test_check_lists_problems_as_json(cli: CommandLine):
    cli.write({"mistaken.py": MISTAKEN})
    found = json.loads(cli.run("check", "mistaken.py", "--json").out)
    assert [(each["kind"], each["code"]) for each in found] == [
        ("finding", "unused-value"),
        ("warning", "near-miss"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (\n", "broken.py:1: SyntaxError: '(' was never closed\n"),
        ("import app\n\n1 / 0\n", "broken.py:3: ZeroDivisionError: division by zero\n"),
    ],
)
def test_check_prints_the_place_of_an_exception(cli: CommandLine, text: str, message: str):
    cli.write({"broken.py": text})
    assert cli.run("check", "broken.py") == (1, message, "")


def test_check_prints_the_problems_of_the_construction(cli: CommandLine):
    text = "import clastic\napp = clastic.Application([('/<nam>', lambda name: name)])\n"
    cli.write({"broken.py": text})
    result = cli.run("check", "broken.py")
    assert result.code == 1
    assert result.out.startswith("Route '/<nam>' (endpoint <lambda>, broken.py:2) needs 'name'")


def test_request_prints_the_response(cli: CommandLine):
    assert cli.run("request", "/people/1") == (
        0,
        "200 OK\n"
        "X-Content-Type-Options: nosniff\n"
        "Content-Type: application/json\n"
        "Content-Length: 14\n"
        "\n"
        '{"name":"Ann"}\n',
        "",
    )


def test_request_posts_a_form(cli: CommandLine):
    result = cli.run("request", "app.py", "-d", "name=Bob", "/people", "--body")
    assert result == (0, '{"1":"Ann","2":"Bob"}', "")


def test_request_posts_its_input(cli: CommandLine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"name=Eve")))
    assert '"2":"Eve"' in cli.run("request", "/people", "-d", "@-").out


def test_request_sends_headers(cli: CommandLine):
    result = cli.run("request", "/people/x", "-H", "Accept: application/json")
    assert result.code == 0
    assert "404 NOT FOUND\n" in result.out
    assert "Content-Type: application/json" in result.out


def test_request_fails_for_an_error_if_asked_to(cli: CommandLine):
    assert cli.run("request", "/people/x", "--fail").code == 1


def test_shell_runs_code_with_the_application_its_client_and_its_resources(cli: CommandLine):
    code = "print(len(app.routes), client.get('/people/1').json, people, explain(app, '/').outcome)"
    outcome = "404 Not Found: no route matches the path."
    assert cli.run("shell", "-c", code).out == f"2 {{'name': 'Ann'}} {{1: 'Ann'}} {outcome}\n"


def test_shell_opens_managed_resources_and_closes_them(cli: CommandLine):
    cli.write({"managing.py": MANAGING})
    assert cli.run("shell", "managing.py", "-c", "print(engine)").out == "an engine\nclosed\n"


def test_shell_reads_code_from_the_terminal(cli: CommandLine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("print(len(people))\n"))
    result = cli.run("shell")
    assert result.code == 0
    assert "1\n" in result.out
    assert "Defined: app, client, explain, people\n" in result.err


def test_runs_as_a_module_and_ends_quietly_when_its_output_is_not_read(cli: CommandLine):
    command = [sys.executable, "-m", "clastic", "explain", "/people/1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_importing_the_command_line_imports_little_besides_the_framework():
    code = "import sys, clastic; known = set(sys.modules); import clastic.cli; "
    code += "print(*sorted(set(sys.modules) - known))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = done.stdout.split()
    assert [name for name in imported if name.startswith("clastic")] == [
        "clastic.cli",
        "clastic.cli.command",
        "clastic.cli.main",
        "clastic.cli.targets",
    ]
    assert not {"importlib.metadata", "tomllib", "werkzeug.serving"}.intersection(imported)
