"""Compiles the Python that Chameleon makes of a template, so that tracebacks show the template."""

from __future__ import annotations

import ast
from typing import Any

from clastic.render.template_lines import compile_with_lines


class ChameleonModules:
    """Compiles for Chameleon, in place of its own loader of modules; nothing is kept on disk.

    :param file: what a traceback shows as the file
    """

    def __init__(self, file: str) -> None:
        self._file = file

    def get(self, filename: str) -> None:
        """Find a module that was compiled before: there is none."""

    def build(self, source: str, filename: str) -> dict[str, Any]:
        """Compile a module and run it.

        :param filename: what Chameleon would call it
        :raises SyntaxError: with the line of the template, when it does not compile
        """
        tree = ast.parse(source)
        lines = _template_lines(tree, source.count("\n") + 1)
        module: dict[str, Any] = {}
        exec(compile_with_lines(tree, lines, self._file), module)
        return module


def _template_lines(tree: ast.Module, count: int) -> list[int]:
    """Give the line of the template for each line of a module.

    Chameleon begins the code for an expression by ``__token = 23``, and has a table of those.
    """
    places: dict[object, tuple[str, int, int]] = {}
    tokens: dict[int, object] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name("__tokens")], value=table):
                places = ast.literal_eval(table)
            case ast.Assign(targets=[ast.Name("__token")], value=ast.Constant(token)):
                tokens[node.lineno] = token
    starts = {number: places[token][1] for number, token in tokens.items() if token in places}
    lines = []
    line = 1
    for number in range(1, count + 1):
        if number in starts:
            line = starts[number]
        lines.append(line)
    return lines
