"""Add values to each context on its way to the render function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from copy import copy
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Any

from clastic.middleware.base import Middleware
from clastic.middleware.fields import check_argument_names


class ContextProcessor(Middleware):
    """Add values to each context that is a mapping, before it is rendered.

    The values are injected by name, like arguments: from resources, the path, other middlewares and
    the framework (``request``, ``_route``). The mapping that an endpoint returned is not changed:
    the render function gets a copy. Contexts of other types, and responses, are left alone. Of
    several processors the innermost has the last word.

    :param required: names that must be available: one or several
    :param defaults: names with the values to use if nothing provides them
    :param overwrite: whether a value replaces the one that the context has by the same name
    :raises ValueError: for a name that cannot be an argument, or that is in both
    """

    def __init__(
        self,
        required: str | Iterable[str] | None = None,
        defaults: Mapping[str, Any] | None = None,
        overwrite: bool = True,
    ) -> None:
        names = (required,) if isinstance(required, str) else tuple(required or ())
        given = dict(defaults or {})
        check_argument_names(self.name, [*names, *given], ("context", "next"))
        for name in names:
            if name in given:
                raise ValueError(
                    f"{self.name} has '{name}' in required and in defaults. With a default it is "
                    "not required: keep one of the two."
                )
        self.render: _Merge = _Merge(self.name, names, given, overwrite)

    def endpoint(self, next: Callable[..., Any]) -> Any:
        """Return a copy of a context that is a mapping, so that it can be added to."""
        context = next()
        if isinstance(context, MutableMapping):
            return copy(context)
        return dict(context) if isinstance(context, Mapping) else context

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self.render.names))})"


class SimpleContextProcessor(ContextProcessor):
    """Add values to each context: ``SimpleContextProcessor("user", title="Links")``.

    :param required: names that must be available
    :param defaults: values to use if nothing provides the names
    """

    def __init__(self, *required: str, **defaults: Any) -> None:
        super().__init__(required, defaults)


@dataclass
class _Merge:
    """The render function of a :class:`ContextProcessor`; its signature lists what to inject."""

    owner: str
    required: tuple[str, ...]
    defaults: Mapping[str, Any]
    overwrite: bool

    def __post_init__(self) -> None:
        self.__qualname__ = f"{self.owner}.render"

    @property
    def names(self) -> tuple[str, ...]:
        return (*dict.fromkeys(self.required), *self.defaults)

    @property
    def __signature__(self) -> Signature:
        injected = [
            Parameter(
                name, Parameter.KEYWORD_ONLY, default=self.defaults.get(name, Parameter.empty)
            )
            for name in self.names
        ]
        own = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("next", "context")]
        return Signature([*own, *injected])

    def __call__(self, next: Callable[[], Any], context: Any, **values: Any) -> Any:
        if isinstance(context, MutableMapping):
            for name, value in {**self.defaults, **values}.items():
                if self.overwrite or name not in context:
                    context[name] = value
        return next()
