"""Provide pytest fixtures that serve applications.

Nothing of Clastic is imported before a fixture is used, so that coverage measures its import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from clastic.testing import Clock, Server, ServerProcess


@pytest.fixture
def serve() -> Iterator[Callable[[WSGIApplication], Server]]:
    """Return :func:`clastic.testing.serve` as a function; the servers stop when the test ends."""
    from clastic.testing import serve

    with ExitStack() as stack:
        yield lambda application: stack.enter_context(serve(application))


@pytest.fixture
def serve_process() -> Iterator[Callable[..., ServerProcess]]:
    """Return :func:`clastic.testing.serve_process`; the processes stop when the test ends."""
    from clastic.testing import serve_process

    with ExitStack() as stack:

        def run(*arguments: Any, **options: Any) -> ServerProcess:
            return stack.enter_context(serve_process(*arguments, **options))

        yield run


@pytest.fixture
def clock() -> Clock:
    """Return a :class:`clastic.testing.Clock`."""
    from clastic.testing import Clock

    return Clock()
