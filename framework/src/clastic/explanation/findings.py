"""Find parts of an application without a use, which construction does not warn of.

They may be intended, so only the development server reports them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from clastic.application import Application
from clastic.describe import describe_callable, underlying_function
from clastic.dispatch import RerouteWSGI
from clastic.explanation.attempts import find_attempts
from clastic.lifecycle import Managed
from clastic.routing import BoundRoute
from clastic.signature import read_signature
from clastic.wiring import Problem, Problems


def find_unused(application: Application) -> list[Problem]:
    """Return the values of paths and the resources that no function takes.

    Values whose names begin with an underscore are left out, and codes that the application or a
    route ignores.
    """
    problems = application.bind_context().problems
    routes = [route for route in application.iter_routes() if not route.is_null_route]
    taken = {route: _taken_names(route) for route in routes}
    _report_values(taken, problems)
    _report_resources(taken, problems)
    return problems.likely


def find_unserved_folder(application: Application, folder: str, prefix: str) -> list[Problem]:
    """Return the folder, if only the development server serves its files.

    :param prefix: the path at which the development server serves them
    """
    problems = application.bind_context().problems
    mount = "/" + prefix.strip("/")
    for name in islice(_files_below(folder), 1):
        path = f"{mount.rstrip('/')}/{name}"
        if not find_attempts(application, path, "GET").running:
            problems.add_likely(
                "static-without-route",
                f"The folder '{os.path.basename(folder)}'",
                f"has no route: only the development server serves {path}",
                f"Add ('{mount}', StaticApplication(...)) to the routes.",
            )
    return problems.likely


def format_finding(finding: Problem) -> str:
    """Return a finding as a line."""
    return f"{finding.where} {finding.what}. {finding.remedy} [{finding.code}]"


def _taken_names(route: BoundRoute) -> set[str]:
    """Return the names that the functions of a route take."""
    steps = route.plan().steps
    names = {argument.name for step in steps for argument in step.arguments}
    render_error = route.plan_render_error()
    if render_error is not None:
        names.update(argument.name for argument in render_error.arguments)
    own = [step for step in steps if not _is_of_framework(step.function)]
    if not any(argument.name == "_application" for step in own for argument in step.arguments):
        names.discard("_application")
    return names


def _is_of_framework(function: object) -> bool:
    module = getattr(underlying_function(function), "__module__", None) or ""
    return module.partition(".")[0] == __name__.partition(".")[0]


def _report_values(taken: Mapping[BoundRoute, set[str]], problems: Problems) -> None:
    """Report the values of patterns that no function takes.

    Those of the prefix of an embedded application are for any of its routes.
    """
    prefixes: dict[str, set[str]] = {}
    for route, names in taken.items():
        prefix = route.pattern.removesuffix(route.route.pattern)
        own = route.route.path_pattern.names
        outer = set(route.path_pattern.names) - set(own) - names
        prefixes[prefix] = prefixes.get(prefix, outer) & outer
        if isinstance(route.endpoint, RerouteWSGI):
            continue
        for name in own:
            if name not in names and not name.startswith("_"):
                problems.add_likely(
                    "unused-value",
                    _describe(route),
                    f"binds '{name}' in its pattern, which none of its functions takes",
                    f"Take it as an argument, or name it '_{name}'.",
                    ignored=route.route.ignore,
                )
    for prefix, unused in prefixes.items():
        for name in sorted(unused):
            if not name.startswith("_"):
                problems.add_likely(
                    "unused-value",
                    f"The prefix '{prefix}'",
                    f"binds '{name}', which no function of the routes below it takes",
                    f"Take it as an argument, or name it '_{name}'.",
                )


def _report_resources(taken: Mapping[BoundRoute, set[str]], problems: Problems) -> None:
    """Report the resources of applications and routes that no function takes.

    A function that takes ``_application`` can read all resources.
    """
    applications: dict[Application, set[str]] = {}
    for route, names in taken.items():
        for application in route.bound_apps:
            applications.setdefault(application, set()).update(names)
        openers = _names_of_openers(route.resources)
        for name in route.route.resources:
            if name not in names | openers:
                problems.add_likely(
                    "unused-resource",
                    _describe(route),
                    f"has the resource '{name}', which none of its functions takes",
                    "Remove it, or check its spelling.",
                    ignored=route.route.ignore,
                )
    for application, names in applications.items():
        function = application.error_handler.render_error
        if not _is_of_framework(function):
            names |= {each.name for each in read_signature(function, ignore_kwargs=True)}
        names |= _names_of_openers(application.resources)
        unused = [name for name in application.resources if name not in names]
        for name in unused if "_application" not in names else ():
            problems.add_likely(
                "unused-resource",
                f"The application with the route '{application.routes[0].pattern}'",
                f"has the resource '{name}', which no function takes",
                "Remove it, or check its spelling.",
            )


def _names_of_openers(resources: Mapping[str, Any]) -> set[str]:
    """Return the names that the openers of managed resources take."""
    openers = (value.open for value in resources.values() if isinstance(value, Managed))
    return {parameter.name for opener in openers for parameter in read_signature(opener)}


def _describe(route: BoundRoute) -> str:
    return f"Route '{route.pattern}' (endpoint {describe_callable(route.endpoint)})"


def _files_below(folder: str) -> Iterator[str]:
    """Yield the paths of files, relative to the folder and with slashes."""
    for root, _, names in os.walk(folder):
        for name in names:
            yield os.path.relpath(os.path.join(root, name), folder).replace(os.sep, "/")
