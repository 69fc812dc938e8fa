"""What a Mako template says: which others it refers to, which names it uses and defines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from mako.lexer import Lexer
from mako.parsetree import (
    BlockTag,
    Comment,
    DefTag,
    IncludeTag,
    InheritTag,
    NamespaceTag,
    Tag,
    Text,
)

from clastic.render.template_library import Reference
from clastic.render.template_lines import code_file
from clastic.render.template_names import name_of, parts_of
from clastic.render.templates import TemplateText
from clastic.wiring import Problem

VERBS = {IncludeTag: "includes", InheritTag: "inherits from", NamespaceTag: "imports"}
MODULES = ("filters", "runtime")
EXPRESSION = re.compile(r"\$\{.*?\}", re.DOTALL)


class ParsedMako:
    """A Mako template, taken apart.

    :ivar tree: the whole, for the compiler of Mako
    :raises MakoException: when the text is no template
    """

    def __init__(self, text: TemplateText) -> None:
        self.text = text
        self.tree = Lexer(text.text, code_file(text)).parse()

    @cached_property
    def nodes(self) -> list[Any]:
        """All parts but plain text, once each, as they come in the text."""
        found: dict[int, Any] = {}
        waiting = list(reversed(self.tree.get_children()))
        while waiting:
            node = waiting.pop()
            if id(node) not in found and not isinstance(node, (Comment, Text)):
                found[id(node)] = node
                waiting += reversed(node.get_children())
        return list(found.values())

    def references(self) -> Iterator[Reference]:
        """Give what refers to other templates."""
        for node in self.nodes:
            if type(node) in VERBS and "file" in node.attributes:
                name = name_of(parts_of(node.attributes["file"], EXPRESSION), self.text.name)
                yield Reference(
                    node.lineno, VERBS[type(node)], (name,), members=_imported_names(node)
                )

    def uses(self) -> dict[str, int]:
        """Give the names that have values from elsewhere, with the line of their first use."""
        lines: dict[str, int] = {}
        for node in self.nodes:
            for name in node.undeclared_identifiers():
                lines.setdefault(name, node.lineno)
        return lines

    def problems(self, has_cache: bool) -> Iterator[Problem]:
        """Give what Mako compiles, and what fails when it is filled.

        :param has_cache: whether parts of templates can be cached
        """
        for node in self.nodes:
            names = {*node.undeclared_identifiers(), *node.declared_identifiers()}
            for name in names.intersection(MODULES):
                what = f"uses the name '{name}', by which Mako calls itself"
                yield Problem(self.text.place(node.lineno), what, "Use another name.")
            if not has_cache and isinstance(node, Tag) and "cached" in node.attributes:
                yield Problem(
                    self.text.place(node.lineno),
                    "has 'cached', and there is no cache",
                    "Take it out, or give the factory a cache plugin of Mako as cache_impl=.",
                )

    def members(self) -> frozenset[str] | None:
        """Give all names that others can import; ``None`` where a parent has more."""
        if any(isinstance(node, InheritTag) for node in self.nodes):
            return None
        parts = (node for node in self.nodes if isinstance(node, (DefTag, BlockTag)))
        return frozenset(part.funcname for part in parts)


def _imported_names(tag: Any) -> tuple[str, ...]:
    names = [name.strip() for name in tag.attributes.get("import", "").split(",")]
    own = {child.funcname for child in tag.get_children() if isinstance(child, DefTag)}
    return tuple(name for name in names if name not in {"", "*"} | own)
