"""Test lazy imports: the names of the packages, and the functions for lazy names."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clastic.exports import lazy_attribute, lazy_exports

pytestmark = pytest.mark.usefixtures("without_coverage")

PACKAGES = (
    "clastic",
    "clastic.errors",
    "clastic.middleware",
    "clastic.render",
    "clastic.sessions",
    "clastic.static",
)

# Modules that `import clastic` does not import.
LATE = (
    "ashes",
    "boltons",
    "clastic.debug",
    "clastic.explanation",
    "clastic.flaw",
    "clastic.meta",
    "clastic.middleware.profile",
    "clastic.render.basic",
    "clastic.server",
    "clastic.static",
    "decimal",
    "difflib",
    "itsdangerous",
    "uuid",
)

HELLO = """
import io
import json
import sys

from clastic import GET, Application, Request, Response, redirect, render_basic, render_json


def home():
    return Response("Hello!")


def listing():
    return [{"name": "Emma"}]


def form(request: Request):
    return Response(request.form["name"] + request.args["a"] + request.cookies["c"])


app = Application(
    [
        GET("/", home),
        ("/listing", listing, render_basic),
        ("/json", listing, render_json),
        ("/old", lambda: redirect("/")),
        ("/form", form),
    ]
)


def send(path, method="GET", **more):
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(b"name=Emma"),
        "wsgi.url_scheme": "http",
        **more,
    }
    statuses = []
    b"".join(app(environ, lambda status, headers, exc_info=None: statuses.append(status[:3])))
    [status] = statuses
    return status


constructed = set(sys.modules)
body = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": "9"}
statuses = [
    send("/"),
    send("/listing"),
    send("/listing", HTTP_ACCEPT="text/html"),
    send("/json"),
    send("/old"),
    send("/form", "POST", HTTP_COOKIE="c=d", QUERY_STRING="a=b", **body),
    send("/", "POST"),
    send("/none", HTTP_ACCEPT="text/html;q=0.9,*/*;q=0.1"),
]
print(json.dumps([statuses, sorted(set(sys.modules) - constructed)]))
"""


def run(program: str) -> str:
    """Return what the program prints in a new interpreter."""
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment
    )
    return done.stdout


@pytest.mark.parametrize("name", PACKAGES)
def test_every_name_in_all_can_be_imported(name):
    package = importlib.import_module(name)
    assert [each for each in package.__all__ if not hasattr(package, each)] == []
    assert set(package.__all__) <= set(dir(package))


def test_a_star_import_imports_all_names():
    names: dict[str, object] = {}
    exec("from clastic import *", names)
    assert names["MetaApplication"] is importlib.import_module("clastic.meta").MetaApplication


@pytest.mark.parametrize("name", LATE)
def test_optional_modules_are_not_imported_with_the_package(name):
    # Modules that the interpreter imports at start, such as coverage, do not count.
    before = "import sys; before = set(sys.modules); "
    after = f"import clastic; print({name!r} in set(sys.modules) - before)"
    assert run(before + after) == "False\n"


@pytest.mark.parametrize("name", ["decimal", "numbers", "pathlib", "uuid"])
def test_rendering_does_not_import_types_to_check_for_them(name):
    # Modules that the interpreter or Werkzeug imports do not count.
    before = "import sys, werkzeug.wrappers; before = set(sys.modules); "
    after = f"from clastic import render_basic; print({name!r} in set(sys.modules) - before)"
    assert run(before + after) == "False\n"


@pytest.mark.parametrize("name", ["meta", "render", "static"])
def test_a_submodule_is_an_attribute_of_the_package(name):
    assert run(f"import clastic; print(clastic.{name}.__name__)") == f"clastic.{name}\n"


def test_no_request_imports_anything():
    statuses, imported = json.loads(run(HELLO))
    assert statuses == ["200", "200", "200", "200", "302", "200", "405", "404"]
    assert imported == []


def test_the_error_for_a_misspelled_name_suggests_the_right_one():
    with pytest.raises(AttributeError, match="module 'clastic' has no attribute 'MetaAplication'"):
        _ = importlib.import_module("clastic").MetaAplication
    program = "import clastic\nclastic.MetaAplication"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "Did you mean: 'MetaApplication'?" in done.stderr


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Create a package with one module, and return its name."""
    name = "package_of_test_exports"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / name / "module.py").write_text("value = 5\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module(name)
    yield name
    for each in (name, f"{name}.module"):
        sys.modules.pop(each, None)


def test_a_module_is_imported_when_a_name_of_it_is_used(package):
    get, names = lazy_exports(package, {f"{package}.module": ("value",)})
    assert "value" in names()
    assert f"{package}.module" not in sys.modules
    assert get("value") == 5
    assert get("module") is sys.modules[f"{package}.module"]


def test_a_lazy_attribute_works_on_the_class_and_its_instances(package):
    class Late:
        value = lazy_attribute(f"{package}.module", "value")

    assert f"{package}.module" not in sys.modules
    assert (Late.value, Late().value) == (5, 5)


def test_a_subclass_can_override_a_lazy_attribute():
    class Late:
        value = lazy_attribute("no_such_module", "value")

    class Other(Late):
        value = 6

    assert (Other.value, Other().value) == (6, 6)
