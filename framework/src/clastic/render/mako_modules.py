"""Makes of a parsed Mako template what renders it, with tracebacks that show the template."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType, ModuleType
from typing import Any

from mako import codegen
from mako.template import ModuleInfo, ModuleTemplate

from clastic.render.mako_parsing import ParsedMako
from clastic.render.template_lines import LOCATED, code_file, compile_with_lines

MARKUP_NAME = "__M_Markup"


@dataclass(frozen=True, slots=True)
class MakoOptions:
    """How a factory was told to compile and fill."""

    filters: Mapping[str, Any]
    globals: Mapping[str, Any]
    imports: tuple[str, ...]
    default_filters: tuple[str, ...]
    strict_undefined: bool
    cache_impl: str | None
    cache_args: Mapping[str, Any]


def make_template(parsed: ParsedMako, options: MakoOptions, lookup: object) -> Any:
    """Make what renders a template.

    :param lookup: gives the templates that it refers to
    :raises MakoException: when it does not compile
    :raises SyntaxError: when its Python does not compile, with the line of the template
    """
    text, file = parsed.text, code_file(parsed.text)
    code = codegen.compile(
        parsed.tree,
        text.name,
        file,
        default_filters=list(options.default_filters),
        # What a part of a template gives is HTML already: it is not to be escaped again.
        buffer_filters=[MARKUP_NAME],
        imports=[f"from markupsafe import Markup as {MARKUP_NAME}", *options.imports],
        source_encoding="utf-8",
        generate_magic_comment=False,
        strict_undefined=options.strict_undefined,
        reserved_names=codegen.RESERVED_NAMES,
    )
    module = ModuleType(text.name)
    exec(_compile(code, file, parsed.uses()), module.__dict__)
    return ModuleTemplate(
        module,
        template_filename=file,
        module_source=code,
        template_source=text.text,
        lookup=lookup,
        cache_impl=options.cache_impl,
        cache_args=dict(options.cache_args),
    )


def _compile(code: str, file: str, first_uses: Mapping[str, int]) -> CodeType:
    lines = ModuleInfo.get_module_source_metadata(code, full_line_map=True)["full_line_map"]
    lines = [max(line, 1) for line in lines]
    tree = ast.parse(code)
    del tree.body[-1]  # The text that says which line is which.
    for node in ast.walk(tree):
        _show_use(node, lines, first_uses)
    return compile_with_lines(tree, lines, file)


def _show_use(node: ast.AST, lines: list[int], first_uses: Mapping[str, int]) -> None:
    """Where a name is looked up before a template begins, tell the line where it is used."""
    match node:
        case ast.Try(
            body=[ast.Assign(targets=[ast.Name(name)], value=ast.Subscript(ast.Name("context")))],
            handlers=[
                ast.ExceptHandler(body=[ast.Raise(ast.Call(ast.Name("NameError"))) as failure])
            ],
        ):
            line = first_uses.get(name, 1)
            for part in ast.walk(node):
                if isinstance(part, LOCATED):
                    lines[part.lineno - 1] = line
            failure.cause = ast.copy_location(ast.Constant(None), failure)
