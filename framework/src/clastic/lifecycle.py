"""Open resources when they are first used, once a process, and close them at the end."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from inspect import isgeneratorfunction
from math import ceil
from time import monotonic
from typing import Any, TypeVar

from clastic.describe import describe_callable, describe_type
from clastic.errors import ServiceUnavailable
from clastic.http import BaseResponse
from clastic.http.response import is_streamed
from clastic.middleware.base import RESERVED_ARGS
from clastic.signature import UnreadableSignature, read_signature
from clastic.wiring import Problems, closest

logger = logging.getLogger("clastic")

DRAIN_SECONDS = 30.0
"""The seconds that :meth:`Lifecycle.close` waits for the requests that use resources."""

_FIRST_RETRY = 1.0
_LAST_RETRY = 30.0

Value = TypeVar("Value")


class Managed:
    """A resource that is opened and closed: see :func:`managed`.

    :ivar open: takes resources by name and returns a context manager
    :ivar check: takes the value; it returns ``False`` or raises an exception if the value is
        not usable at the moment
    """

    def __init__(
        self,
        open_: Callable[..., Iterator[Value] | AbstractContextManager[Value]],
        check: Callable[[Value], object] | None = None,
    ) -> None:
        for role, function in (("open_", open_), ("check", check)):
            if not callable(function) and not (role == "check" and function is None):
                raise TypeError(f"{role} of managed() is {function!r}, which is not callable.")
        self.open: Callable[..., Any] = (
            contextmanager(open_) if isgeneratorfunction(open_) else open_
        )
        self.check = check

    def __repr__(self) -> str:
        return f"managed({describe_callable(self.open)})"


def managed(
    open_: Callable[..., Iterator[Value] | AbstractContextManager[Value]],
    check: Callable[[Value], object] | None = None,
) -> Managed:
    """Return a resource that is opened when a request first needs it, and closed at the end.

    It is opened once a process, after a server has forked its workers, and its value is passed
    wherever the resource is an argument::

        def show_links(engine): ...

        def open_engine(db_url):
            engine = sqlalchemy.create_engine(db_url)
            yield engine
            engine.dispose()

        resources = {"db_url": "sqlite:///links.db", "engine": managed(open_engine)}
        app = Application([("/", show_links)], resources)

    All threads of the process share the value, so it must be safe to use from several threads.

    While it cannot be opened, the routes that need it respond 503 with ``Retry-After``; it is tried
    again after 1 second, then after 2, and so on up to 30. It is closed after the last request that
    uses it: by :meth:`Application.close`, or when the process ends. Resources are closed in reverse
    order.

    :param open_: a generator function that yields the value once and then closes it, or a callable
        that returns a context manager; it takes other resources by name
    :param check: takes the value; it returns ``False`` or raises an exception if the value is not
        usable at the moment, for :mod:`clastic.health`
    :raises TypeError: if one of them is not callable
    """
    return Managed(open_, check)


class BoundResource:
    """A managed resource bound in an application, with the arguments of its opener.

    :param arguments: values by name; a bound resource among them stands for its value
    :ivar is_open: whether :attr:`value` can be used in this process
    """

    def __init__(
        self, lifecycle: Lifecycle, name: str, managed: Managed, arguments: Mapping[str, Any]
    ) -> None:
        self.lifecycle = lifecycle
        self.name = name
        self.managed = managed
        self.arguments = arguments
        self.forget()

    def forget(self) -> None:
        """Return to the state before it was opened, without closing anything."""
        self.is_open = False
        self.value: Any = None
        self._context: AbstractContextManager[Any] | None = None
        self._delay = _FIRST_RETRY
        self._retry_at = 0.0

    def open(self) -> Any:
        """Return the value; open it first if it is not open.

        :raises ServiceUnavailable: if it could not be opened, with the exception as its cause
        """
        with _lock_of(self):
            if not self.is_open:
                wait = self._retry_at - monotonic()
                if wait > 0:
                    raise _unavailable(wait)
                self._open()
            return self.value

    def _open(self) -> None:
        self.lifecycle.register_process()
        arguments = {
            name: value.open() if isinstance(value, BoundResource) else value
            for name, value in self.arguments.items()
        }
        try:
            context = self.managed.open(**arguments)
            if not isinstance(context, AbstractContextManager):
                raise TypeError(
                    f"{describe_callable(self.managed.open)} returned {describe_type(context)}, "
                    "which is not a context manager. Let it yield the value instead."
                )
            self.value = context.__enter__()
        except Exception as exception:
            wait, self._delay = self._delay, min(2 * self._delay, _LAST_RETRY)
            self._retry_at = monotonic() + wait
            logger.exception(
                "The resource '%s' could not be opened. Next try after %g s.", self.name, wait
            )
            raise _unavailable(wait) from exception
        self._context, self._delay, self.is_open = context, _FIRST_RETRY, True
        self.lifecycle.add_opened(self)

    def close(self) -> None:
        """Close it; an exception is logged."""
        context = self._context
        self.forget()
        try:
            if context is not None:
                context.__exit__(None, None, None)
        except Exception:
            logger.exception("The resource '%s' could not be closed.", self.name)


class Lifecycle:
    """Bind, open and close the managed resources of one application.

    :ivar is_closing: whether the application, or the process, is about to end
    :ivar generation: a new object after each time that the resources were closed, or forgotten in
        a forked process
    """

    def __init__(self) -> None:
        self._bound: dict[tuple[int, ...], BoundResource] = {}
        self._closes_at_exit = self._resets_after_fork = False
        # Resources of a parent process are kept, because a generator that is deleted would run the
        # code that closes it.
        self._inherited: list[AbstractContextManager[Any] | None] = []
        self._start_over()

    def _start_over(self) -> None:
        self.is_closing = False
        self.generation = object()
        self._opened: list[BoundResource] = []
        self._requests: set[object] = set()

    @property
    def resources(self) -> tuple[BoundResource, ...]:
        """The managed resources that something in the application takes."""
        return tuple(self._bound.values())

    def bind_resources(
        self,
        resources: Mapping[str, Any],
        names: Iterable[str],
        problems: Problems,
        route: str | None = None,
    ) -> Mapping[str, Any]:
        """Return ``resources``, with those that are managed and named replaced by bound ones.

        :param names: the names that are taken as arguments
        :param problems: collects missing arguments and cycles
        :param route: the pattern of the route that takes them, for reports
        """
        if not any(isinstance(value, Managed) for value in resources.values()):
            return resources
        bound = {
            name: self._bind(name, resources, problems, route, ())
            for name in names
            if isinstance(resources.get(name), Managed)
        }
        return {**resources, **bound}

    def _bind(
        self,
        name: str,
        resources: Mapping[str, Any],
        problems: Problems,
        route: str | None,
        around: tuple[str, ...],
    ) -> BoundResource | None:
        """Bind one managed resource; return ``None`` after a problem.

        :param around: the resources whose openers take it, outermost first
        """
        managed: Managed = resources[name]
        where = f"Resource '{name}' (opened by {describe_callable(managed.open)})"
        if name in around:
            cycle = " needs ".join(map(repr, (*around[around.index(name) :], name)))
            what = f"is part of a cycle: {cycle}"
            problems.add(where, what, "Move the shared part into another resource.", route=route)
            return None
        try:
            signature = read_signature(managed.open)
        except UnreadableSignature as error:
            problems.add(where, error.reason, error.remedy, route=route)
            return None
        arguments: dict[str, Any] = {}
        before = len(problems)
        for parameter in signature:
            argument = parameter.name
            if isinstance(resources.get(argument), Managed):
                inside = (*around, name)
                arguments[argument] = self._bind(argument, resources, problems, route, inside)
            elif argument in resources:
                arguments[argument] = resources[argument]
            elif parameter.required:
                _report_missing(problems, where, argument, resources, route)
        if len(problems) > before:
            return None
        key = (id(managed), *map(id, arguments.values()))
        if key not in self._bound:
            self._bound[key] = BoundResource(self, name, managed, arguments)
        return self._bound[key]

    def open(self) -> None:
        """Open all resources that something takes.

        :raises Exception: what an opener raises; the resources that are open by then stay open
        """
        for resource in self.resources:
            try:
                resource.open()
            except ServiceUnavailable as error:
                if error.__cause__ is None:
                    raise
                raise error.__cause__ from None

    def close(self, timeout: float = DRAIN_SECONDS) -> None:
        """Wait for the requests that use resources, then close what is open, the latest first.

        :param timeout: the longest time to wait, in seconds
        """
        with _lock_of(self):
            self._close(timeout)
            self._start_over()

    def _close(self, timeout: float) -> None:
        self._drained = threading.Condition()
        self.is_closing = True
        with self._drained:
            if not self._drained.wait_for(lambda: not self._requests, timeout):
                logger.warning(
                    "Closing resources that %d requests still use, after %g s.",
                    len(self._requests),
                    timeout,
                )
        while self._opened:
            self._opened.pop().close()
        atexit.unregister(self._close_at_exit)
        self._closes_at_exit = False

    def _close_at_exit(self) -> None:
        with _lock_of(self):
            self._close(DRAIN_SECONDS)  # and not start over: a late request must not open anything

    def add_opened(self, resource: BoundResource) -> None:
        """Record that a resource was opened; what opens first is closed last."""
        self._opened.append(resource)

    def register_process(self) -> None:
        """Close the resources when this process ends, and forget them in processes forked later."""
        if not self._closes_at_exit:
            self._closes_at_exit = True
            atexit.register(self._close_at_exit)
            if (loaded := sys.modules.get("multiprocessing")) and loaded.parent_process():
                # Before Python 3.14, forked processes of multiprocessing do not run atexit.
                from multiprocessing.util import Finalize

                Finalize(None, self._close_at_exit, exitpriority=0)
        if not self._resets_after_fork and hasattr(os, "register_at_fork"):
            self._resets_after_fork = True
            forget = weakref.WeakMethod(self.forget_parent)
            os.register_at_fork(after_in_child=lambda: _call(forget()))

    def forget_parent(self) -> None:
        """Start over in a forked process: what is open belongs to the parent process."""
        self._inherited.extend(resource._context for resource in self._opened)
        for owner in (self, *self.resources):
            vars(owner).pop("_lock", None)  # another thread of the parent may hold it
        for resource in self.resources:
            resource.forget()
        atexit.unregister(self._close_at_exit)
        self._closes_at_exit = False
        self._start_over()

    def begin_request(self) -> object:
        """Count a request that uses resources; return what :meth:`end_request` takes.

        :raises ServiceUnavailable: if the resources are being closed
        """
        request = object()
        self._requests.add(request)
        if self.is_closing:
            self.end_request(request)
            raise _unavailable(_FIRST_RETRY)
        return request

    def end_request(self, request: object) -> None:
        """End a request; a second call for it does nothing."""
        self._requests.discard(request)
        if self.is_closing:
            with self._drained:
                self._drained.notify_all()


class ManagedRun:
    """A compiled chain that takes managed resources: opens them, then runs with their values.

    :param resources: the resources by name
    :param bind: takes values by name and returns the chain's function
    """

    def __init__(
        self,
        resources: Mapping[str, BoundResource],
        bind: Callable[[Mapping[str, Any]], Callable[..., Any]],
    ) -> None:
        self._resources = resources
        self._bind = bind
        self._lifecycle = next(iter(resources.values())).lifecycle
        self._generation: object = None
        self._run = bind({})
        self.__code__ = self._run.__code__

    def __call__(self, *arguments: Any) -> Any:
        """Run the chain; the resources stay open until the body of the response is closed."""
        lifecycle = self._lifecycle
        request = lifecycle.begin_request()
        is_over = True
        try:
            if self._generation is not lifecycle.generation:
                self._open()
            result = self._run(*arguments)
            if isinstance(result, BaseResponse) and is_streamed(result):
                result.call_on_close(lambda: lifecycle.end_request(request))
                is_over = False
            return result
        finally:
            if is_over:
                lifecycle.end_request(request)

    def _open(self) -> None:
        generation = self._lifecycle.generation
        values = {name: resource.open() for name, resource in self._resources.items()}
        self._run = self._bind(values)
        self._generation = generation


def _lock_of(owner: BoundResource | Lifecycle) -> threading.RLock:
    """Return the lock of an object, which is created when it is first used.

    Gunicorn can load a program before gevent replaces the locks of the process.
    """
    lock: threading.RLock = vars(owner).setdefault("_lock", threading.RLock())
    return lock


def _unavailable(wait: float) -> ServiceUnavailable:
    seconds = max(1, ceil(wait))
    return ServiceUnavailable(
        "A part of the service is not available at the moment.",
        headers={"Retry-After": str(seconds)},
    )


def _report_missing(
    problems: Problems, where: str, name: str, resources: Mapping[str, Any], route: str | None
) -> None:
    if name in RESERVED_ARGS:
        what = f"needs '{name}', which exists only during a request"
        remedy = "Take resources only. A middleware can provide values of a request."
        problems.add(where, what, remedy, route=route)
        return
    available = tuple(resources)
    add = "Otherwise add" if closest(name, available) else "Add"
    what = f"needs '{name}', which is not a resource"
    problems.add(
        where,
        what,
        f"{add} it to resources=.",
        wanted=name,
        available=available,
        route=route,
    )


def _call(function: Callable[[], None] | None) -> None:
    if function is not None:
        function()
