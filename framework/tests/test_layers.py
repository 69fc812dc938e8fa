"""Check the structure of the framework: layers, import rings, and rules for every module."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).parents[1] / "src"

# A module imports from its own layer and from those before it. A name stands for the modules below
# it, too; the longest name of a module counts.
LAYERS = (
    (
        "clastic.exports",
        "clastic.text",
        "clastic.describe",
        "clastic.development",
        "clastic.secrets",
        "clastic.json",
    ),
    (
        "clastic.wiring",
        "clastic.signature",
        "clastic.decorators",
        "clastic.arguments",
        "clastic.foreign",
        "clastic.pattern",
    ),
    ("clastic.compat",),
    ("clastic.pages",),
    ("clastic.http",),
    ("clastic.errors",),
    ("clastic.middleware.base", "clastic.middleware.checks", "clastic.middleware.source"),
    ("clastic.lifecycle",),
    ("clastic.injection", "clastic.chain"),
    ("clastic.render",),
    ("clastic.routing",),
    (
        "clastic.results",
        "clastic.error_pages",
        "clastic.dispatch",
        "clastic.wrappers",
        "clastic.application",
    ),
    ("clastic.middleware", "clastic.sessions", "clastic.static"),
    # for developers and operators; nothing above imports these
    ("clastic.explanation",),
    (
        "clastic.config",
        "clastic.health",
        "clastic.overrides",
        "clastic.debug",
        "clastic.flaw",
        "clastic.meta",
        "clastic.server",
        "clastic.testing",
        "clastic.cline",
        "clastic.compat.names",
        "clastic.adapters",
    ),
    ("clastic.cli", "clastic.__main__"),
)

# The packages and modules that only re-export names; these may come from any layer.
RE_EXPORTS = {
    "clastic",
    "clastic.route",
    "clastic.middleware.core",
    "clastic.render.simple",
    "clastic.render.tabular",
    "clastic.utils",
}

# Imports from a later layer that run when a method is called, or an attribute is read.
LATE = {
    "clastic.application imports clastic.server.serve",
    "clastic.application imports clastic.debug.handler",
    "clastic.compat.cookie imports clastic.middleware.cookie",
    "clastic.compat.errors imports clastic.errors.formats",
    "clastic.compat.routing imports clastic.lifecycle",
    "clastic.compat.routing imports clastic.routing.bound",
    "clastic.compat.routing imports clastic.routing.matching",
    "clastic.compat.routing imports clastic.routing.state",
    "clastic.application imports clastic.health",
    "clastic.application imports clastic.overrides",
}

# The only name that a type annotation may take from a later layer.
TYPE_ONLY = "clastic.application.Application"


class Module(NamedTuple):
    """A module of the framework: its dotted name, whether it is a package, and its text."""

    name: str
    is_package: bool
    text: str

    @property
    def only_re_exports(self) -> bool:
        return self.is_package or self.name in RE_EXPORTS


def read_framework() -> dict[str, Module]:
    modules = {}
    for path in sorted((SOURCE / "clastic").rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        modules[name] = Module(name, is_package, path.read_text(encoding="utf-8"))
    return modules


FRAMEWORK = read_framework()


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def runtime_nodes(tree: ast.AST, *, late: bool) -> Iterator[ast.AST]:
    """Yield every node except those that only a type checker reads.

    late: include the bodies of functions
    """
    for node in ast.iter_child_nodes(tree):
        if is_type_checking(node):
            yield from runtime_nodes(ast.Module(node.orelse, []), late=late)
        elif late or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
            yield from runtime_nodes(node, late=late)


def type_only_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if is_type_checking(node):
            yield from node.body


def imported(
    module: Module, nodes: Iterator[ast.AST], *, late: bool = True
) -> list[tuple[str, str]]:
    """Return what nodes import: pairs of a module's full name and the name taken from it, or ''."""
    found = []
    package = module.name if module.is_package else module.name.rpartition(".")[0]
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = [*(parents if node.level else []), *([node.module] if node.module else [])]
            found += [(".".join(base), alias.name) for alias in node.names]
        elif late and isinstance(node, ast.Call) and ast.unparse(node.func).startswith("lazy_"):
            found += [(text, "") for text in strings(node) if text.startswith("clastic.")]
    return found


def runtime_imports(module: Module, *, late: bool = True) -> list[tuple[str, str]]:
    return imported(module, runtime_nodes(ast.parse(module.text), late=late), late=late)


def strings(tree: ast.AST) -> list[str]:
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [node.value for node in constants if isinstance(node.value, str)]


def imported_modules(module: Module, names: set[str], *, late: bool = True) -> set[str]:
    """Return the modules of the framework that a module imports at run time."""
    found = set()
    for source, taken in runtime_imports(module, late=late):
        whole = f"{source}.{taken}"
        found.add(whole if whole in names else source)
    return found & names - {module.name}


def layer_of(name: str) -> int:
    found = [
        (len(member), number)
        for number, members in enumerate(LAYERS)
        for member in members
        if f"{name}.".startswith(f"{member}.")
    ]
    return max(found)[1] if found else len(LAYERS)


def downward_imports(module: Module, names: set[str]) -> list[str]:
    """Return the imports of a module from later layers."""
    layer = layer_of(module.name)
    later = {name for name in imported_modules(module, names) if layer_of(name) > layer}
    return [f"{module.name} imports {name}" for name in sorted(later)]


def downward_annotations(module: Module) -> list[str]:
    """Return the names that a module takes from later layers for annotations only."""
    layer = layer_of(module.name)
    pairs = imported(module, type_only_nodes(ast.parse(module.text)))
    return [f"{source}.{name}" for source, name in pairs if layer < layer_of(source) < len(LAYERS)]


def import_graph(modules: dict[str, Module]) -> dict[str, set[str]]:
    """Return the modules that have to be imported before each module, packages included."""
    graph = {}
    for module in modules.values():
        needed = imported_modules(module, set(modules), late=False)
        packages = {package for name in needed for package in packages_of(name)}
        graph[module.name] = (needed | packages) - {module.name, *packages_of(module.name)}
    return graph


def packages_of(name: str) -> list[str]:
    """Return the packages that a module is in, the outermost first."""
    parts = name.split(".")
    return [".".join(parts[:size]) for size in range(1, len(parts))]


def statements_beyond_re_exports(module: Module) -> list[str]:
    """Return the statements of a module that do more than to re-export names."""
    found = []
    for node in ast.parse(module.text).body:
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_import = isinstance(node, (ast.Import, ast.ImportFrom)) or is_type_checking(node)
        targets = [node.target] if isinstance(node, ast.AugAssign) else getattr(node, "targets", [])
        names = [ast.unparse(each) for each in targets]
        is_export = names in (["__all__"], ["(__getattr__, __dir__)"])
        if not (is_docstring or is_import or is_export):
            found.append(ast.unparse(node))
    return found


def private_uses(module: Module) -> list[str]:
    """Return the private modules, names and attributes of other packages that a module uses."""
    found = []
    foreign = set()
    for source, taken in runtime_imports(module):
        if source.split(".")[0] == "clastic":
            continue
        foreign.add(taken or source.split(".")[0])
        if source != "__future__" and re.search(r"(^|\.)_", f"{source}.{taken}"):
            found.append(f"{module.name} imports {source}.{taken}")
    for node in ast.walk(ast.parse(module.text)):
        if isinstance(node, ast.Attribute) and re.match("_(?!_)", node.attr):
            root = ast.unparse(node.value).split(".")[0]
            if root in foreign:
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


def found_in_framework(rule) -> list[str]:
    return [row for module in FRAMEWORK.values() for row in rule(module)]


def test_modules_import_only_from_their_own_layer_and_earlier_ones():
    modules = [module for module in FRAMEWORK.values() if not module.only_re_exports]
    names = set(FRAMEWORK)
    assert {row for module in modules for row in downward_imports(module, names)} == LATE


def test_annotations_take_only_the_application_from_a_later_layer():
    modules = [module for module in FRAMEWORK.values() if not module.only_re_exports]
    assert {row for module in modules for row in downward_annotations(module)} == {TYPE_ONLY}


def test_imports_form_no_ring():
    tuple(TopologicalSorter(import_graph(FRAMEWORK)).static_order())


def test_packages_only_re_export():
    modules = [module for module in FRAMEWORK.values() if module.only_re_exports]
    assert [row for module in modules for row in statements_beyond_re_exports(module)] == []


def test_modules_use_only_the_public_names_of_other_packages():
    assert found_in_framework(private_uses) == []


def test_modules_do_not_check_input_with_assert():
    assert found_in_framework(assertions) == []


def test_modules_contain_no_reminders():
    assert found_in_framework(reminders) == []


def test_every_module_has_a_layer():
    unknown = [name for name in FRAMEWORK if layer_of(name) == len(LAYERS)]
    assert set(unknown) <= RE_EXPORTS
    assert [name for layer in LAYERS for name in layer if name not in FRAMEWORK] == []


# Tests of the functions above.


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
def test_an_import_from_a_later_layer_is_found(text):
    module = Module("clastic.pattern", False, text)
    assert downward_imports(module, {"clastic", "clastic.pattern", "clastic.application"}) == [
        "clastic.pattern imports clastic.application"
    ]


def test_an_import_for_annotations_is_none_at_run_time():
    text = "if TYPE_CHECKING:\n    from clastic.application import Application"
    module = Module("clastic.routing.bound", False, text)
    assert downward_imports(module, {"clastic.application"}) == []
    assert downward_annotations(module) == [TYPE_ONLY]


def test_an_import_within_a_layer_is_allowed():
    text = "from .types import NotFound\nfrom ..http import Response"
    module = Module("clastic.errors.handler", False, text)
    names = {"clastic.http", "clastic.errors", "clastic.errors.types"}
    assert imported_modules(module, names) == {"clastic.errors.types", "clastic.http"}
    assert downward_imports(module, names) == []


def test_a_ring_through_a_package_is_found():
    modules = [
        Module("clastic.application", False, "from .middleware.base import Middleware"),
        Module("clastic.middleware", True, "from .stats import StatsMiddleware"),
        Module("clastic.middleware.base", False, ""),
        Module("clastic.middleware.stats", False, "from ..application import Application"),
    ]
    graph = import_graph({module.name: module for module in modules})
    with pytest.raises(CycleError):
        tuple(TopologicalSorter(graph).static_order())


def test_an_import_in_a_function_makes_no_ring():
    modules = [
        Module("clastic.application", False, "def serve():\n    from .server import serve"),
        Module("clastic.server", False, "from .application import Application"),
    ]
    graph = import_graph({module.name: module for module in modules})
    assert list(TopologicalSorter(graph).static_order()) == [
        "clastic.application",
        "clastic.server",
    ]


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
def test_a_private_name_of_another_package_is_found(text):
    assert len(private_uses(Module("clastic.http", False, text))) == 1


def test_a_private_name_of_the_framework_is_allowed():
    text = "from __future__ import annotations\nfrom .http import Response\nResponse._lazy"
    assert private_uses(Module("clastic.errors", True, text)) == []


def test_an_assertion_a_reminder_and_code_in_a_package_are_found():
    text = "def f(x):\n    assert x  # TO" + "DO: raise\n"
    module = Module("clastic.http", True, text)
    assert assertions(module) == ["clastic.http:2"]
    assert reminders(module) == ["clastic.http:2 assert x  # TO" + "DO: raise"]
    assert statements_beyond_re_exports(module) == ["def f(x):\n    assert x"]
