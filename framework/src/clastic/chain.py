"""Compile the middlewares, endpoint and render of a route into one function.

The function is generated as source, so that every call in it passes exactly the arguments that
the callee takes, and a traceback through it shows real lines. For a route with one middleware and
a render it reads::

    def make(endpoint, render, request_0, unprovided_0, isinstance, FINISHED, MISSING, db):
        def route(request, _dispatch_state, path_values, environ):
            def next_0(user=MISSING):
                if user is MISSING: unprovided_0('user')
                context = endpoint(path_values['id'], user, db)
                if isinstance(context, FINISHED): return context
                return render(context)
            return request_0(next_0, request)
        return route

``make`` binds in resources, the application and the route. Routes of one shape share one compiled
``make``. :attr:`clastic.route.BoundRoute.source` is this text.
"""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import FunctionType
from typing import Any, NamedTuple, NoReturn

from werkzeug.exceptions import HTTPException as WerkzeugHTTPException

from clastic.describe import describe_role
from clastic.http import BaseResponse
from clastic.injection import PATH, Plan, Step
from clastic.lifecycle import BoundResource, ManagedRun
from clastic.signature import takes_kwargs

URL_BUILDER = "url_for()"
"""The key of the constant that makes ``url_for`` for a request; no argument can have this name."""

FINISHED = (BaseResponse, WerkzeugHTTPException)
MISSING = object()


class Chain(NamedTuple):
    """A compiled route.

    :param run: takes the request, the dispatch state, the path values and the WSGI environ (for a
        ``render_error``: the request, the state, the error and the route), and returns the response
    :param wants_request: whether it uses its first argument
    :param wants_dispatch_state: whether it uses its second argument
    """

    run: Callable[..., Any]
    wants_request: bool
    wants_dispatch_state: bool


class ChainCompiler:
    """Compile the chains of one application; routes of one shape are compiled once.

    The generated source is kept for tracebacks as long as the compiler exists.

    :ivar builds_urls: whether a chain takes ``url_for``
    """

    def __init__(self) -> None:
        self._makers: dict[str, FunctionType] = {}
        self._filenames: list[str] = []
        self.builds_urls = False
        weakref.finalize(self, _forget_sources, self._filenames)

    def compile_route(
        self,
        name: str,
        plan: Plan,
        constants: Mapping[str, Any],
        positions: Mapping[str, int] | None,
        finish: Callable[[Any, Any], Any] | None = None,
        prepare: Callable[[Any], None] | None = None,
        path_params: Sequence[str] | None = None,
        make_request: Callable[[Any], Any] | None = None,
    ) -> Chain:
        """Compile the function that a route runs.

        If only the render takes the request, and has a method ``without_request(context)``, then a
        request is made only where that returns ``None`` in place of a response.

        :param name: the name of the function in tracebacks
        :param plan: its steps
        :param constants: name to value of what does not change between requests
        :param positions: the position of each path value, if the values are segments
            of the path as they are; the function then takes the segments
        :param finish: takes the result and the request, and returns the result to use
        :param prepare: takes the request before anything else does, if the route uses it
        :param path_params: the names of the path values to set as an attribute of the request
        :param make_request: takes the WSGI environ and returns a request
        """
        source = _SourceWriter(plan.steps, constants, positions)
        if finish is None and prepare is None and _renders_without_request(plan):
            source.make_request = make_request
        source.write_route(plan, finish, prepare, path_params)
        return self._compile(name, source, "(request, _dispatch_state, {path_values}, {environ})")

    def compile_render_error(self, name: str, step: Step, constants: Mapping[str, Any]) -> Chain:
        """Compile a ``render_error``, which takes the error and the route as third and fourth.

        Its ``**kwargs`` get the values that the functions of the route can take.
        """
        source = _SourceWriter((step,), constants)
        more = ""
        if takes_kwargs(step.function):
            taken = [parameter.name for parameter in step.arguments]
            name = source.constant("more_values", partial(_more_values, taken))
            more = f"**{name}(request, _dispatch_state, _error, _route)"
        if "context" in source.used:
            source.line("context = _error.to_dict()")
        source.line("return " + source.call("render_error", step, more=more))
        return self._compile(name, source, "(request, _dispatch_state, _error, _route)")

    def _compile(self, name: str, source: _SourceWriter, parameters: str) -> Chain:
        text = source.text(parameters)
        make = self._makers.get(text)
        if make is None:
            make = self._makers[text] = self._compile_source(text)
        constants = source.constants
        managed = {n: value for n, value in constants.items() if isinstance(value, BoundResource)}
        bind = partial(_bind, make, name, constants)
        run = ManagedRun(managed, bind) if managed else bind({})
        self.builds_urls |= "url_for" in source.used
        wants_request = source.make_request is None and "request" in source.used
        return Chain(run, wants_request, "_dispatch_state" in source.used)

    def _compile_source(self, text: str) -> FunctionType:
        filename = f"<clastic chain {id(self):x}.{len(self._filenames)}>"
        self._filenames.append(filename)
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        namespace: dict[str, Any] = {}
        exec(compile(text, filename, "exec"), namespace)
        make: FunctionType = namespace["make"]
        return make


class _SourceWriter:
    """Write the source of one chain line by line, and collect the constants it refers to.

    :ivar make_request: makes the request for the render, if the chain is not passed one
    """

    make_request: Callable[[Any], Any] | None = None

    def __init__(
        self,
        steps: Iterable[Step],
        values: Mapping[str, Any],
        positions: Mapping[str, int] | None = None,
    ) -> None:
        self.values = values
        self.positions = positions
        self.used = {parameter.name for step in steps for parameter in step.arguments}
        self.used.update(name for step in steps for name in step.provides)
        if "url_for" in self.used:
            self.used.add("request")
        self.constants: dict[str, Any] = {}
        self.fixed_lines: list[str] = []
        self.lines: list[str] = []
        self.depth = 2
        self.path_values = self.unused("path_values")
        self.environ = self.unused("environ")

    def unused(self, name: str) -> str:
        """Return ``name``, changed if needed so that it differs from every injected name."""
        while name in self.used:
            name += "_"
        return name

    def constant(self, name: str, value: Any) -> str:
        name = self.unused(name)
        self.constants[name] = value
        return name

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def text(self, parameters: str) -> str:
        route = self.unused("route")
        parameters = parameters.format(path_values=self.path_values, environ=self.environ)
        return "\n".join(
            (
                f"def make({', '.join(self.constants)}):",
                *self.fixed_lines,
                f"    def {route}{parameters}:",
                *self.lines,
                f"    return {route}\n",
            )
        )

    def write_route(
        self,
        plan: Plan,
        finish: Callable[[Any, Any], Any] | None,
        prepare: Callable[[Any], None] | None,
        path_params: Sequence[str] | None,
    ) -> None:
        if finish is not None:
            self.used.add("request")
        if prepare is not None and "request" in self.used:
            self.line(f"{self.constant('prepare', prepare)}(request)")
        if path_params is not None and "request" in self.used:
            values = ", ".join(f"{name!r}: {self.value(name, PATH)}" for name in path_params)
            self.line(f"request.path_params = {{{values}}}")
        if finish is not None:
            chain = self.unused("chain")
            self.line(f"def {chain}():")
            self.depth += 1
            self.write_chain(plan)
            self.depth -= 1
            self.line(f"return {self.constant('finish', finish)}({chain}(), request)")
        else:
            self.write_chain(plan)

    def write_chain(self, plan: Plan) -> None:
        inner = [*plan.endpoint_middleware, plan.endpoint, *plan.render_middleware]
        inner += [plan.render] if plan.render else []
        self.write_side("request", plan.request, inner, partial(self.write_inner, plan))

    def write_inner(self, plan: Plan) -> None:
        """Write what the ``request`` methods wrap: the endpoint side, then the render side."""
        if plan.render is None:
            self.write_endpoint_side(plan)
            return
        if plan.endpoint_middleware:
            inner = self.unused("endpoint_side")
            self.line(f"def {inner}():")
            self.depth += 1
            self.write_endpoint_side(plan)
            self.depth -= 1
            self.line(f"context = {inner}()")
        else:
            self.line("context = " + self.call("endpoint", plan.endpoint))
        is_instance = self.constant("isinstance", isinstance)
        finished = self.constant("FINISHED", FINISHED)
        self.line(f"if {is_instance}(context, {finished}): return context")
        write_render = partial(self.write_render, plan.render)
        self.write_side("render", plan.render_middleware, [plan.render], write_render)

    def write_render(self, step: Step) -> None:
        if self.make_request is not None:
            function: Any = step.function
            response = self.unused("response")
            without_request = self.constant("without_request", function.without_request)
            self.line(f"{response} = {without_request}(context)")
            self.line(f"if {response} is not None: return {response}")
        self.write_return("render", step)

    def write_endpoint_side(self, plan: Plan) -> None:
        write_endpoint = partial(self.write_return, "endpoint", plan.endpoint)
        self.write_side("endpoint", plan.endpoint_middleware, [plan.endpoint], write_endpoint)

    def write_return(self, label: str, step: Step) -> None:
        self.line("return " + self.call(label, step))

    def needs(self, steps: Iterable[Step]) -> set[str]:
        """Return the values of a request that steps need and that none of them provides."""
        taken = {parameter.name for step in steps for parameter in step.arguments}
        provided = {name for step in steps for name in step.provides}
        return taken - provided - self.values.keys()

    def write_side(
        self,
        side: str,
        steps: Sequence[Step],
        inner: Sequence[Step],
        write_innermost: Callable[[], None],
        index: int = 0,
    ) -> None:
        """Write the call of a step's function, preceded by the ``next`` it is passed.

        A ``next`` that needs nothing of the request is made once, outside of the chain.

        :param inner: the steps that the innermost ``next`` runs
        """
        if index == len(steps):
            write_innermost()
            return
        step = steps[index]
        next_function = self.unused(f"{side}_next_{index}")
        provided = {name for each in steps[index:] for name in each.provides}
        needs = (self.needs(inner) | self.needs(steps[index + 1 :])) - provided
        if side == "request":
            needs.discard("context")  # what the chain itself provides
        lines, depth = self.lines, self.depth
        if not needs:
            self.lines, self.depth = [], 1
        self.write_next(next_function, f"{side}_{index}", step)
        self.write_side(side, steps, inner, write_innermost, index + 1)
        if not needs:
            self.fixed_lines += self.lines
        self.lines, self.depth = lines, depth
        self.line("return " + self.call(f"{side}_{index}", step, next_function))

    def write_next(self, next_function: str, label: str, step: Step) -> None:
        """Write the head of a ``next``, and the check that it is passed what the step provides."""
        if not step.provides:
            self.line(f"def {next_function}():")
            self.depth += 1
            return
        missing = self.constant("MISSING", MISSING)
        unprovided = self.constant(f"unprovided_{label}", partial(_unprovided, step.function))
        parameters = ", ".join(f"{name}={missing}" for name in step.provides)
        self.line(f"def {next_function}({parameters}):")
        self.depth += 1
        for name in step.provides:
            self.line(f"if {name} is {missing}: {unprovided}({name!r})")

    def call(self, label: str, step: Step, next_function: str | None = None, more: str = "") -> str:
        """Return the source of a call with exactly the arguments that the function takes.

        :param more: the source of further arguments
        """
        function = self.constant(label, step.function)
        passed = [] if next_function is None else [next_function]
        for parameter, source in zip(step.arguments, step.sources, strict=True):
            value = self.value(parameter.name, source)
            passed.append(value if parameter.by_position else f"{parameter.name}={value}")
        passed += [more] if more else []
        return f"{function}({', '.join(passed)})"

    def value(self, name: str, source: str) -> str:
        if source == PATH:
            key = name if self.positions is None else self.positions[name]
            return f"{self.path_values}[{key!r}]"
        if name == "url_for":
            make_url_for = self.constant("make_url_for", self.values[URL_BUILDER].for_request)
            return f"{make_url_for}(request)"
        if name == "request" and self.make_request is not None:
            make_request = self.constant("make_request", self.make_request)
            return f"{make_request}({self.environ}) if request is None else request"
        if name in self.values:
            self.constants[name] = self.values[name]
        return name


def _renders_without_request(plan: Plan) -> bool:
    """Return whether only the render takes the request, and may do without it."""
    if plan.render is None or not getattr(type(plan.render.function), "without_request", None):
        return False
    others = [step for step in plan.steps if step is not plan.render]
    taken = {parameter.name for step in others for parameter in step.arguments}
    of_render = {parameter.name for parameter in plan.render.arguments}
    return "request" not in taken and "url_for" not in taken | of_render


def _bind(
    make: FunctionType, name: str, constants: Mapping[str, Any], opened: Mapping[str, Any]
) -> Callable[..., Any]:
    """Return the function of a chain.

    :param opened: the values of managed resources by name
    """
    run: FunctionType = make(*{**constants, **opened}.values())
    run.__code__ = run.__code__.replace(co_name=name)
    return run


def _forget_sources(filenames: list[str]) -> None:
    for filename in filenames:
        linecache.cache.pop(filename, None)


def _more_values(
    taken: Sequence[str], request: Any, state: Any, error: Any, route: Any
) -> dict[str, Any]:
    """Return the values for the ``**kwargs`` of a ``render_error``."""
    values = {**route.values_for(request, state), "request": request, "_error": error}
    return {name: value for name, value in values.items() if name not in taken}


def _unprovided(function: Callable[..., Any], name: str) -> NoReturn:
    raise TypeError(
        f"{describe_role('Middleware', function)} called next() without '{name}', "
        f"which it declares to provide. Call next({name}=...)."
    )
