"""Build the URLs of routes from values: the reverse of matching."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from clastic.describe import callable_name, describe_type
from clastic.http import Request, read_host, root_of
from clastic.pattern import Binding, Literal, normal_path
from clastic.routing.matching import converter, match_path
from clastic.routing.route import format_route
from clastic.wiring import Problems, did_you_mean

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from clastic.application import Application
    from clastic.routing.bound import BoundRoute

# The characters that are not quoted in a segment of a path (RFC 3986, section 3.3).
_SEGMENT_CHARACTERS = "!$&'()*+,-.:;=@_~"

Scope = tuple[Any, ...]
"""The ``SubApplication`` objects around a route, outermost first."""


class URLError(LookupError):
    """A URL cannot be built: the target is unknown, or a value is missing or does not fit."""


class URLMap:
    """The routes of an application by endpoint and by name.

    :param routes: in declared order
    """

    def __init__(self, routes: Iterable[BoundRoute]) -> None:
        self._by_endpoint: dict[Any, list[BoundRoute]] = {}
        self._by_name: dict[tuple[Scope, str], BoundRoute] = {}
        self._embedded: dict[tuple[Scope, str], Scope] = {}
        self._repeated: dict[tuple[str, str], None] = {}
        for route in routes:
            self._by_endpoint.setdefault(_key(route.endpoint), []).append(route)
            if route.name is not None:
                first = self._by_name.setdefault((route.scope, route.name), route)
                if first is not route:
                    self._repeated[f"Route '{route.pattern}'", f"Route '{first.pattern}'"] = None
            for depth, entry in enumerate(route.scope):
                if entry.name is not None:
                    inside = route.scope[: depth + 1]
                    known = self._embedded.setdefault((inside[:-1], entry.name), inside)
                    if known != inside:
                        self._repeated[repr(entry), repr(known[-1])] = None

    def find(self, target: object, scope: Scope) -> Sequence[BoundRoute]:
        """Return the routes of a target, in declared order; those nearest to a scope only.

        :param target: an endpoint, the name of a route, or ``embedded:name``
        :param scope: where to begin to look; then outward
        :raises URLError: if there is none
        """
        if isinstance(target, str):
            route = self._find_name(target, scope)
            if route is None:
                raise URLError(self._unknown_name(target, scope))
            return [route]
        routes = self._by_endpoint.get(_key(target))
        if routes is None:
            raise URLError(_unknown_endpoint(target))
        for around in _outward(scope):
            exact = [route for route in routes if route.scope == around]
            inside = exact or [each for each in routes if each.scope[: len(around)] == around]
            if inside:
                return inside
        return routes

    def _find_name(self, target: str, scope: Scope) -> BoundRoute | None:
        *embedded, name = target.split(":")
        for around in _outward(scope):
            place: Scope | None = around
            for each in embedded:
                place = None if place is None else self._embedded.get((place, each))
            if place is not None and (place, name) in self._by_name:
                return self._by_name[place, name]
        return None

    def _unknown_name(self, target: str, scope: Scope) -> str:
        around = set(_outward(scope))
        names = sorted({name for place, name in self._by_name if place in around})
        names += sorted({self._full_name(*key) for key in self._by_name if key[0] not in around})
        known = f"The names are {', '.join(names)}." if names else "No route has a name= here."
        return f"No route has the name '{target}'. {did_you_mean(target, names) or known}"

    def _full_name(self, scope: Scope, name: str) -> str:
        return ":".join([*(str(entry.name) for entry in scope), name])

    def report_repeated_names(self, problems: Problems) -> None:
        """Report the routes and embedded applications that have the name of another one beside."""
        for where, other in self._repeated:
            what = f"has a name that {other} in the same application has already"
            problems.add(where, what, "Rename one of the two.")


class URLBuilder:
    """Build URLs for the functions of one route.

    :param application: the outermost application
    :param scope: the ``SubApplication`` objects around the route
    """

    def __init__(self, application: Application, scope: Scope = ()) -> None:
        self._application = application
        self._scope = scope

    def for_request(self, request: Request) -> Callable[..., str]:
        """Return the ``url_for`` of a request."""
        return partial(self.build, request.environ)

    def build(
        self,
        environ: WSGIEnvironment | None,
        target: object,
        /,
        *,
        external: bool = False,
        **values: Any,
    ) -> str:
        """Return the URL of a route; see :meth:`clastic.Application.url_for`.

        :param environ: that of the request, ``None`` outside of one
        """
        application = self._application
        routes = application.url_map.find(target, self._scope)
        path = _build_best(routes, values)
        if external and application.public_url is not None:
            return application.public_url + path
        origin = self._origin(environ) if external else ""
        return origin + _root_path(environ, application.public_url) + path

    def _origin(self, environ: WSGIEnvironment | None) -> str:
        """Return the scheme and host of absolute URLs without a public URL.

        :raises URLError: if none is configured, or the request has a host that is not trusted
        """
        application = self._application
        if application.trusted_hosts is None or environ is None:
            raise URLError(
                "An absolute URL needs a host. Pass public_url='https://...' to the application"
                + (", or trusted_hosts=[...]." if environ is not None else ".")
            )
        host = read_host(environ)
        if host is None or host not in application.trusted_hosts:
            raise URLError("The host of the request is not one of trusted_hosts.")
        return f"{environ['wsgi.url_scheme']}://{host}"


def checked_public_url(public_url: str | None) -> str | None:
    """Return the URL of an application without a slash at its end.

    :raises ValueError: if it is not an ``http`` or ``https`` URL without a query
    """
    if public_url is None:
        return None
    parts = urlsplit(public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(
            f"public_url= is {public_url!r}. Write the URL of the application's root, such as "
            "'https://example.org' or 'https://example.org/shop'."
        )
    return public_url.rstrip("/")


def _root_path(environ: WSGIEnvironment | None, public_url: str | None) -> str:
    """Return the path of the application's root, without a slash at its end."""
    if environ is not None:
        return root_of(environ)
    return urlsplit(public_url).path if public_url else ""


def _outward(scope: Scope) -> Iterator[Scope]:
    """Yield a scope and those around it, the nearest first."""
    for depth in range(len(scope), -1, -1):
        yield scope[:depth]


def _key(endpoint: object) -> object:
    try:
        hash(endpoint)
    except TypeError:
        return id(endpoint)
    return endpoint


def _unknown_endpoint(target: object) -> str:
    if not callable(target):
        return f"url_for takes an endpoint, or the name of a route, not {describe_type(target)}."
    return f"No route has the endpoint {callable_name(target)}."


def _build_best(routes: Sequence[BoundRoute], values: Mapping[str, Any]) -> str:
    """Return the path and query of the route that takes the most values, the first of several.

    :raises URLError: if the values fit none of them
    """
    given = {name: value for name, value in values.items() if value is not None}
    problems = []
    best: tuple[int, str] | None = None
    for route in routes:
        taken = sum(name in given for name in route.path_pattern.names)
        if best is None or taken > best[0]:
            try:
                best = taken, _build_path(route, given)
            except URLError as error:
                problems.append(f"Route '{format_route(route.pattern, route.route)}': {error}.")
    if best is None:
        raise URLError("No URL can be built for these values.\n  " + "\n  ".join(problems))
    return best[1]


def _build_path(route: BoundRoute, values: Mapping[str, Any]) -> str:
    """Return the path and query of a route.

    :raises URLError: if a value is missing, or the path would be read as other values
    """
    segments: list[str] = []
    expected: dict[str, Any] = {}
    for segment in route.path_pattern.segments:
        if isinstance(segment, Literal):
            segments.append(segment.text)
            continue
        texts = [_text_of(segment, each) for each in _items_of(segment, values.get(segment.name))]
        convert = converter(segment)
        read = [convert(text) for text in texts]
        segments += texts
        expected[segment.name] = read if segment.is_repeated else read[0] if read else None
    path = normal_path(segments, route.path_pattern.is_branch)
    if match_path(route.path_pattern, path) != expected:
        raise URLError(f"the path {path!r} would be read as other values")
    query = {name: value for name, value in values.items() if name not in expected}
    quoted = "/".join(quote(part, safe=_SEGMENT_CHARACTERS) for part in path.split("/"))
    return quoted + ("?" + urlencode(query, doseq=True) if query else "")


def _items_of(binding: Binding, value: Any) -> Sequence[Any]:
    """Return the values of the segments that a binding takes.

    :raises URLError: if there are too few, or what should be a list is none
    """
    if value is None and not binding.is_optional:
        raise URLError(f"'{binding.name}' is missing")
    if value is None:
        return ()
    if not binding.is_repeated:
        return (value,)
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise URLError(f"'{binding.name}' is {value!r}, which is not a list")
    items = tuple(value)
    if not items and not binding.is_optional:
        raise URLError(f"'{binding.name}' is empty")
    return items


def _text_of(binding: Binding, value: Any) -> str:
    """Return a segment of a path, decoded.

    :raises URLError: if the value does not fit the binding
    """
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    is_text = isinstance(value, str) or not isinstance(value, (bytes, Iterable, type(None)))
    text = repr(float(value)) if is_number and binding.type_name == "float" else str(value)
    text = f"{binding.prefix}{text}{binding.suffix}"
    if not is_text or not _is_segment(text) or converter(binding)(text) is None:
        kind = {"str": "one segment of a path", "int": "an int", "float": "a float"}
        raise URLError(f"'{binding.name}' is {value!r}, which is not {kind[binding.type_name]}")
    return text


def _is_segment(text: str) -> bool:
    """Return whether a browser and a server leave a text as one segment of a path."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "/" not in text and text not in ("", ".", "..")
