"""The framework is built as planned: layers that only look up, through public doors only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).parents[1] / "src"

# A module imports from its own layer and from those before it. Whatever is not named here, the
# package's own __init__ included, is a room: it comes after all of them.
LAYERS = (
    (
        "clastic.exports",
        "clastic.text",
        "clastic.describe",
        "clastic.secrets",
        "clastic.json",
    ),
    (
        "clastic.wiring",
        "clastic.signature",
        "clastic.decorators",
        "clastic.pattern",
    ),
    ("clastic.pages",),
    ("clastic.http",),
    ("clastic.errors",),
    ("clastic.middleware.base", "clastic.middleware.checks"),
    ("clastic.injection", "clastic.chain"),
    ("clastic.render",),
    ("clastic.routing",),
    ("clastic.application", "clastic.dispatch"),
)
ROOMS = len(LAYERS)

# Application.serve() is a method because users expect it there; it looks up the server when called.
LATE = {
    "clastic.application imports clastic.server",
    "clastic.application imports clastic.server.serve",
    "clastic.application imports clastic.debug.handler",
    "clastic.errors imports clastic.debug.handler",
}

# What Python documents although its name begins with an underscore.
DOCUMENTED = {"os._exit"}


class Module(NamedTuple):
    """A module of the framework: its dotted name, whether it is a package, and its text."""

    name: str
    is_package: bool
    text: str


def read_framework() -> dict[str, Module]:
    modules = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        modules[name] = Module(name, is_package, path.read_text(encoding="utf-8"))
    return modules


FRAMEWORK = read_framework()


def runtime_nodes(tree: ast.AST, *, late: bool) -> Iterator[ast.AST]:
    """Every node but those that only a type checker sees.

    late: include what runs only when a function is called
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from runtime_nodes(ast.Module(node.orelse, []), late=late)
        elif late or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
            yield from runtime_nodes(node, late=late)


def imported(module: Module, *, late: bool = True) -> list[tuple[str, str]]:
    """What a module imports: pairs of a module's full name and the name taken from it, or ''."""
    found = []
    package = module.name if module.is_package else module.name.rpartition(".")[0]
    for node in runtime_nodes(ast.parse(module.text), late=late):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = [*(above if node.level else []), *([node.module] if node.module else [])]
            found += [(".".join(base), alias.name) for alias in node.names]
        elif late and isinstance(node, ast.Call) and ast.unparse(node.func).startswith("lazy_"):
            found += [(text, "") for text in strings(node) if text.startswith("clastic.")]
    return found


def strings(tree: ast.AST) -> list[str]:
    """The literal texts in a piece of source."""
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [node.value for node in constants if isinstance(node.value, str)]


def imported_framework(module: Module, names: set[str], *, late: bool = True) -> set[str]:
    """The modules of the framework that a module imports."""
    found = set()
    for source, taken in imported(module, late=late):
        whole = f"{source}.{taken}"
        found.add(whole if whole in names else source)
    return found & names - {module.name}


def layer_of(name: str) -> int:
    for number, members in enumerate(LAYERS):
        if any(name == member or name.startswith(f"{member}.") for member in members):
            return number
    return ROOMS


def upward_imports(module: Module, names: set[str]) -> list[str]:
    layer = layer_of(module.name)
    above = {name for name in imported_framework(module, names) if layer_of(name) > layer}
    return [f"{module.name} imports {name}" for name in sorted(above)]


def import_graph(modules: dict[str, Module]) -> dict[str, set[str]]:
    """What must have been imported before each module; a package comes along with its modules."""
    graph = {}
    for module in modules.values():
        needed = imported_framework(module, set(modules), late=False)
        packages = {package for name in needed for package in packages_of(name)}
        graph[module.name] = (needed | packages) - {module.name, *packages_of(module.name)}
    return graph


def packages_of(name: str) -> list[str]:
    """The packages around a module, the outermost first."""
    parts = name.split(".")
    return [".".join(parts[:size]) for size in range(1, len(parts))]


def private_uses(module: Module) -> list[str]:
    """Private modules, names and attributes of other packages that a module touches."""
    found = []
    foreign = set()
    for source, taken in imported(module):
        if source.split(".")[0] == "clastic":
            continue
        foreign.add(taken or source.split(".")[0])
        if source != "__future__" and re.search(r"(^|\.)_", f"{source}.{taken}"):
            found.append(f"{module.name} imports {source}.{taken}")
    for node in ast.walk(ast.parse(module.text)):
        if isinstance(node, ast.Attribute) and re.match("_(?!_)", node.attr):
            root = ast.unparse(node.value).split(".")[0]
            if root in foreign and ast.unparse(node) not in DOCUMENTED:
                found.append(f"{module.name} uses {ast.unparse(node)}")
    return found


def assertions(module: Module) -> list[str]:
    nodes = ast.walk(ast.parse(module.text))
    return [f"{module.name}:{node.lineno}" for node in nodes if isinstance(node, ast.Assert)]


def reminders(module: Module) -> list[str]:
    return [
        f"{module.name}:{number} {line.strip()}"
        for number, line in enumerate(module.text.splitlines(), start=1)
        if re.search(r"\b(TODO|FIXME)\b", line)
    ]


every_module = pytest.mark.parametrize("module", FRAMEWORK.values(), ids=FRAMEWORK.keys())


@every_module
def test_imports_only_from_its_layer_and_those_before_it(module):
    assert set(upward_imports(module, set(FRAMEWORK))) <= LATE


def test_no_module_needs_itself_to_be_imported():
    tuple(TopologicalSorter(import_graph(FRAMEWORK)).static_order())


@every_module
def test_uses_only_what_other_packages_make_public(module):
    assert private_uses(module) == []


@every_module
def test_does_not_check_input_by_assert(module):
    assert assertions(module) == []


@every_module
def test_holds_no_reminders(module):
    assert reminders(module) == []


def test_every_layer_that_is_named_exists():
    assert [name for layer in LAYERS for name in layer if name not in FRAMEWORK] == []


# The readers above see what they are there to see.


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from .application import Application", id="a name of a module"),
        pytest.param("from . import application", id="a module"),
        pytest.param("import clastic.application", id="by its full name"),
        pytest.param("from clastic.application import Application", id="a name, by full name"),
        pytest.param(
            "def f():\n    from .application import Application", id="late, in a function"
        ),
        pytest.param(
            "lazy_exports(__name__, {'clastic.application': ('Application',)})", id="late, by name"
        ),
    ],
)
def test_an_import_from_a_later_layer_is_seen(text):
    module = Module("clastic.pattern", False, text)
    assert upward_imports(module, {"clastic", "clastic.pattern", "clastic.application"}) == [
        "clastic.pattern imports clastic.application"
    ]


def test_an_import_for_annotations_is_none():
    text = "if TYPE_CHECKING:\n    from .application import Application"
    assert upward_imports(Module("clastic.route", False, text), {"clastic.application"}) == []


def test_an_import_within_a_layer_is_allowed():
    text = "from .types import NotFound\nfrom ..http import Response"
    module = Module("clastic.errors.handler", False, text)
    names = {"clastic.http", "clastic.errors", "clastic.errors.types"}
    assert imported_framework(module, names) == {"clastic.errors.types", "clastic.http"}
    assert upward_imports(module, names) == []


def test_a_cycle_through_a_package_is_seen():
    modules = [
        Module("clastic.application", False, "from .middleware.base import Middleware"),
        Module("clastic.middleware", True, "from .stats import StatsMiddleware"),
        Module("clastic.middleware.base", False, ""),
        Module("clastic.middleware.stats", False, "from ..application import Application"),
    ]
    graph = import_graph({module.name: module for module in modules})
    with pytest.raises(CycleError):
        tuple(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import werkzeug._internal", id="a module"),
        pytest.param("from werkzeug._reloader import run_with_reloader", id="a name of a module"),
        pytest.param("from werkzeug.urls import _fast_quote", id="a name"),
        pytest.param("import werkzeug.urls\nwerkzeug.urls._fast_quote('')", id="an attribute"),
        pytest.param("from werkzeug import serving\nserving._log('info', '')", id="of a module"),
    ],
)
def test_something_private_is_seen(text):
    assert len(private_uses(Module("clastic.http", False, text))) == 1


def test_what_is_private_to_the_framework_is_its_own_affair():
    text = "from __future__ import annotations\nfrom .http import Response\nResponse._plain"
    assert private_uses(Module("clastic.errors", True, text)) == []


def test_an_import_when_called_is_no_cycle():
    modules = [
        Module("clastic.application", False, "def serve():\n    from .server import serve"),
        Module("clastic.server", False, "from .application import Application"),
    ]
    graph = import_graph({module.name: module for module in modules})
    assert list(TopologicalSorter(graph).static_order()) == [
        "clastic.application",
        "clastic.server",
    ]


def test_an_assertion_and_a_reminder_are_seen():
    module = Module("clastic.http", False, "def f(x):\n    assert x  # TO" + "DO: raise\n")
    assert assertions(module) == ["clastic.http:2"]
    assert reminders(module) == ["clastic.http:2 assert x  # TO" + "DO: raise"]
