"""Compiles the Python that an engine made of a template so that tracebacks show the template."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from types import CodeType

from clastic.render.templates import TemplateText

LOCATED = (
    ast.stmt,
    ast.expr,
    ast.excepthandler,
    ast.alias,
    ast.arg,
    ast.keyword,
    ast.pattern,
)
NO_COLUMN = -1


def code_file(text: TemplateText) -> str:
    """Give the name of the file that a traceback is to show for a template."""
    return str(text.file) if text.file else f"<template '{text.name}'>"


def compile_with_lines(tree: ast.Module, lines: Sequence[int], file: str) -> CodeType:
    """Compile a module as if it had been written where the template was.

    :param tree: is changed
    :param lines: the line of the template for each line of the module, both counted from 1
    :param file: what a traceback shows as the file
    :raises SyntaxError: with the line of the template, when the module does not compile
    """
    for node in ast.walk(tree):
        if isinstance(node, LOCATED):
            node.lineno = node.end_lineno = lines[node.lineno - 1]
            node.col_offset = node.end_col_offset = NO_COLUMN
    return compile(tree, file, "exec", dont_inherit=True)
