"""What ``Cache-Control`` can say of an answer (RFC 9111, RFC 5861, RFC 8246)."""

from __future__ import annotations

from collections.abc import Mapping

Directive = bool | int | None
"""Seconds, or whether it is there; ``None`` and ``False`` for a directive that is not."""

_IN_SECONDS = ("max_age", "s_maxage", "stale_while_revalidate", "stale_if_error")

_CONTRADICTIONS = {
    "no_store": (
        "max_age",
        "s_maxage",
        "public",
        "immutable",
        "stale_while_revalidate",
        "stale_if_error",
    ),
    "private": ("public", "s_maxage"),
    "no_cache": ("immutable", "stale_while_revalidate", "stale_if_error"),
    "must_revalidate": ("stale_while_revalidate", "stale_if_error"),
}


def checked_directives(directives: Mapping[str, Directive]) -> dict[str, Directive]:
    """Return those directives that are there.

    :param directives: each by its name with ``_`` for ``-``
    :raises ValueError: for two that contradict each other, and what is no number of seconds
    """
    given: dict[str, Directive] = {
        name: value
        for name, value in directives.items()
        if value is not None and value is not False
    }
    for name in _IN_SECONDS:
        value = given.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"{name} is {value!r}. Give it whole seconds, 0 or more.")
    for name, others in _CONTRADICTIONS.items():
        for other in others:
            if name in given and other in given:
                raise ValueError(
                    f"{name} and {other} contradict each other. Leave one of them out."
                )
    if "immutable" in given and not given.get("max_age"):
        raise ValueError("immutable says nothing without a max_age. Give it the seconds it is for.")
    return given


def cache_control(directives: Mapping[str, Directive]) -> str:
    """Return the field that says these."""
    return ", ".join(
        name.replace("_", "-") + ("" if value is True else f"={value}")
        for name, value in directives.items()
    )


def kept_private(directives: Mapping[str, Directive]) -> dict[str, Directive]:
    """Return the directives as they are for what only the client itself may keep."""
    shared = ("public", "s_maxage", "proxy_revalidate", "private")
    own = {name: value for name, value in directives.items() if name not in shared}
    return own if "no_store" in own or not directives else {"private": True, **own}
