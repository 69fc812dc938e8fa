"""Values that every context gets on its way to the render."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from copy import copy
from dataclasses import dataclass
from inspect import Parameter, Signature
from keyword import iskeyword
from typing import Any

from clastic.middleware.base import Middleware


class ContextProcessor(Middleware):
    """Puts values into each context that is a mapping, before it is rendered.

    The values are had by name, like arguments: from resources, the path, other middlewares, and
    the framework (``request``, ``_route``). The mapping that an endpoint returned is not changed:
    the render gets another. Contexts of other types, and responses, are left alone. Of several
    processors the innermost has the last word.

    :param required: names that have to be there: one or several
    :param defaults: name to the value for a name that nothing provides
    :param overwrite: whether a value replaces what the context has by the same name
    :raises ValueError: for a name that cannot be an argument, or is in both
    """

    def __init__(
        self,
        required: str | Iterable[str] | None = None,
        defaults: Mapping[str, Any] | None = None,
        overwrite: bool = True,
    ) -> None:
        names = (required,) if isinstance(required, str) else tuple(required or ())
        self.render: _Merging = _Merging(self.name, names, dict(defaults or {}), overwrite)

    def endpoint(self, next: Callable[..., Any]) -> Any:
        """Give the context on as a mapping of its own, which can be added to."""
        context = next()
        if isinstance(context, MutableMapping):
            return copy(context)
        return dict(context) if isinstance(context, Mapping) else context

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self.render.names))})"


class SimpleContextProcessor(ContextProcessor):
    """Puts values into each context: ``SimpleContextProcessor("user", title="Links")``.

    :param required: names that have to be there
    :param defaults: values for names that nothing provides
    """

    def __init__(self, *required: str, **defaults: Any) -> None:
        super().__init__(required, defaults)


@dataclass
class _Merging:
    """The render function of a :class:`ContextProcessor`; its signature names what it wants."""

    owner: str
    required: tuple[str, ...]
    defaults: Mapping[str, Any]
    overwrite: bool

    def __post_init__(self) -> None:
        self.__qualname__ = f"{self.owner}.render"
        for name in self.names:
            if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
                raise ValueError(
                    f"{self.owner} cannot get {name!r}: "
                    "a name has to be a Python identifier and no keyword."
                )
            if name in ("context", "next"):
                raise ValueError(f"{self.owner} cannot put '{name}' into the context.")
        for name in self.required:
            if name in self.defaults:
                raise ValueError(
                    f"{self.owner} has '{name}' in required and in defaults. With a default it is "
                    "not required: keep one of the two."
                )

    @property
    def names(self) -> tuple[str, ...]:
        return (*dict.fromkeys(self.required), *self.defaults)

    @property
    def __signature__(self) -> Signature:
        wanted = [
            Parameter(
                name, Parameter.KEYWORD_ONLY, default=self.defaults.get(name, Parameter.empty)
            )
            for name in self.names
        ]
        own = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("next", "context")]
        return Signature([*own, *wanted])

    def __call__(self, next: Callable[[], Any], context: Any, **values: Any) -> Any:
        if isinstance(context, MutableMapping):
            for name, value in {**self.defaults, **values}.items():
                if self.overwrite or name not in context:
                    context[name] = value
        return next()
