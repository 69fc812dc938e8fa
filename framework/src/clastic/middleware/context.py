"""Add values to each context on its way to the render function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from copy import copy
from inspect import Parameter, Signature
from keyword import iskeyword
from typing import Any

from clastic.middleware.base import Middleware


class ContextProcessor(Middleware):
    """Add values to each context that is a mapping, before it is rendered.

    The values are injected by name, like arguments: from resources, the path, other middlewares and
    the framework (``request``, ``_route``). The mapping that an endpoint returned is not changed:
    the render function gets a copy. Contexts of other types, and responses, are left alone. Of
    several processors of one name the outermost wins, or the innermost of those that overwrite.

    :param required: names that must be available: one or several
    :param defaults: names with the values to use if nothing provides them
    :param overwrite: whether a value replaces the one that the context has by the same name
    :raises ValueError: for a name that cannot be an argument
    """

    def __init__(
        self,
        required: str | Iterable[str] | None = None,
        defaults: Mapping[str, Any] | None = None,
        overwrite: bool = False,
    ) -> None:
        names = (required,) if isinstance(required, str) else tuple(required or ())
        self._defaults = dict(defaults or {})
        self._names = tuple(dict.fromkeys([*names, *self._defaults]))
        self._overwrite = overwrite
        for name in filter(iskeyword, self._names):  # Python 3.10 accepts them in a Signature.
            raise ValueError(f"{name!r} is a keyword, so it cannot be the name of an argument")
        own = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("next", "context")]
        injected = [
            Parameter(
                name, Parameter.KEYWORD_ONLY, default=self._defaults.get(name, Parameter.empty)
            )
            for name in self._names
        ]
        self._signature = Signature([*own, *injected])

    def endpoint(self, next: Callable[..., Any]) -> Any:
        """Return a copy of a context that is a mapping, so that it can be added to."""
        context = next()
        if isinstance(context, MutableMapping):
            return copy(context)
        return dict(context) if isinstance(context, Mapping) else context

    @property
    def render(self) -> Callable[..., Any]:  # type: ignore[override]
        """The function that adds the values; its signature lists what to inject."""

        def render(next: Callable[[], Any], context: Any, **values: Any) -> Any:
            if isinstance(context, MutableMapping):
                for name, value in {**self._defaults, **values}.items():
                    if self._overwrite or name not in context:
                        context[name] = value
            return next()

        render.__signature__ = self._signature  # type: ignore[attr-defined]
        render.__qualname__ = f"{self.name}.render"
        return render

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self._names))})"


class SimpleContextProcessor(ContextProcessor):
    """Add values to each context: ``SimpleContextProcessor("user", title="Links")``.

    Values that the endpoint put into the context stay.

    :param names: names to inject; the value of one that nothing provides is ``None``
    :param defaults: values to use if nothing provides the names
    """

    def __init__(self, *names: str, **defaults: Any) -> None:
        super().__init__(defaults={**dict.fromkeys(names), **defaults})
