"""The accepted differences from Clastic 26, which the test and the documentation share.

A difference has patterns for what :func:`compare` yields. They are those of :mod:`fnmatch`: ``*``
stands for any text. A difference that no scenario can show, such as an address of the development
server, has none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

Answers = Mapping[str, Mapping[str, Any]]


class Difference(NamedTuple):
    """A row of a table of the page *Coming from Clastic 26*.

    :param topic: the heading of the table
    :param then: what Clastic 26 does
    :param now: what this version does
    :param change: what to change in an app
    :param patterns: the differences that it explains
    """

    topic: str
    then: str
    now: str
    change: str
    patterns: tuple[str, ...] = ()

    @property
    def row(self) -> str:
        """The row in Markdown."""
        return f"| {self.then} | {self.now} | {self.change} |"


def compare(then: Answers, now: Answers) -> Iterator[str]:
    """Yield each difference between two sets of answers: ``name: request | aspect | a -> b``."""
    for name in sorted({*then, *now}):
        before, after = then.get(name, {}), now.get(name, {})
        for aspect in sorted({*before, *after}):
            old, new = (_format(each.get(aspect)) for each in (before, after))
            if old != new:
                yield f"{name} | {aspect} | {old} -> {new}"


def unexplained(found: list[str]) -> list[str]:
    """Return the differences that no pattern matches."""
    patterns = [pattern for each in DIFFERENCES for pattern in each.patterns]
    return [each for each in found if not any(fnmatchcase(each, p) for p in patterns)]


def unneeded(found: list[str]) -> list[str]:
    """Return the patterns that match no difference."""
    patterns = [pattern for each in DIFFERENCES for pattern in each.patterns]
    return [p for p in patterns if not any(fnmatchcase(each, p) for each in found)]


def _format(value: Any) -> str:
    # Square brackets have a meaning in patterns.
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text.replace("[", "(").replace("]", ")")


INSTALLATION = "Install"
IMPORT = "Import"
CONSTRUCTION = "Construct the application"
ROUTING = "Paths, redirects and requests"
ERRORS = "Errors"
RENDERS = "Renders and templates"
MIDDLEWARES = "Cookies, fields and middlewares"
FILES = "Static files and pages for developers"
SERVING = "Serve"

DIFFERENCES = (
    Difference(
        INSTALLATION,
        "older versions of Python, Werkzeug 1",
        "Python 3.10 and newer, Werkzeug 3.1.9 and newer",
        "upgrade both; see the changes of Werkzeug 2 and 3 for what the app imports from it",
    ),
    Difference(
        INSTALLATION,
        "`attrs`, `glom` and `secure-cookie` are installed with it",
        "they are not",
        "require them if the app imports them",
    ),
    Difference(
        IMPORT,
        "`clastic.contrib`",
        "does not exist",
        "copy what the app uses of it into the app",
        ("names.imports: clastic.contrib | *",),
    ),
    Difference(
        IMPORT,
        "`NotFound` and `MethodNotAllowed` only from `clastic.errors`",
        "also from `clastic`",
        "nothing",
        (
            "names.imports: clastic NotFound | value | false -> true",
            "names.imports: clastic MethodNotAllowed | value | false -> true",
        ),
    ),
    Difference(
        CONSTRUCTION,
        "a `NameError`, `TypeError` or `AttributeError` for the first problem",
        "a `WiringError`, which is a `NameError`, for all problems together",
        "catch `NameError`",
        (
            "injection.construction: * | raises | *NameError* -> *WiringError*",
            "injection.construction: no next | raises | *TypeError* -> *WiringError*",
            "injection.construction: not a middleware | raises | *AttributeError* -> *WiringError*",
            "injection.construction: not a route | raises | *IndexError* -> *TypeError*",
            "routing.patterns: an endpoint | raises | *TypeError* -> *InvalidEndpoint*",
            "files.static: missing | raises | *FileNotFoundError* -> *MissingFileError*",
        ),
    ),
    Difference(
        CONSTRUCTION,
        "`*args` and `**kwargs`, `async def` and generator functions as endpoints",
        "an error",
        "name the arguments; return a `Response` with the generator as its body",
        (
            "injection.construction: variadic | *",
            "injection.construction: async | *",
            "injection.construction: generator | *",
        ),
    ),
    Difference(
        CONSTRUCTION,
        "the name of a template without a render factory",
        "an error",
        "pass `render_factory=`; an application that is only embedded uses "
        "`render_factory=inherit_render`",
        ("injection.construction: no factory | *",),
    ),
    Difference(
        CONSTRUCTION,
        "a template or a folder of templates that does not exist fails when it is used",
        "an error at construction",
        "create it, or remove the route",
        (
            "rendering.ashes: no folder | *",
            "rendering.ashes: missing | raises | *TemplateNotFound* -> *TemplateError*",
            "rendering.mako: missing | raises | *TopLevelLookupException* -> *TemplateError*",
        ),
    ),
    Difference(
        CONSTRUCTION,
        "a middleware of an application without routes is checked",
        "it is checked when a route is added",
        "nothing",
        ("injection.construction: missing middleware argument | *",),
    ),
    Difference(
        CONSTRUCTION,
        "regular expressions in patterns, such as `/p\\d+`; names that are keywords, such as "
        "`<lambda>`; brackets that do not match",
        "`InvalidPattern`",
        "use the form that the error suggests, such as `/p<name:int>`",
        (
            "routing.patterns: /p\\d+ | *",
            "routing.patterns: /(one|two) | *",
            "routing.patterns: /(?P<id>?0-9?+) | *",
            "routing.patterns: /<class> | *",
            "routing.patterns: /<lambda> | *",
            "routing.patterns: /<a | *",
        ),
    ),
    Difference(
        CONSTRUCTION,
        "`partial` objects are not endpoints, and keyword-only arguments are not passed",
        "both work",
        "nothing",
        ("injection.sources: partial | *", "injection.sources: keyword only | *"),
    ),
    Difference(
        CONSTRUCTION,
        "a resource of the application wins over one of the route",
        "that of the route wins",
        "remove it from the route",
        ("injection.sources: GET /own | body | *",),
    ),
    Difference(
        CONSTRUCTION,
        "`url_for` is any name",
        "it is reserved for building [URLs](urls.md)",
        "rename a resource, path value or provided value of this name",
    ),
    Difference(
        CONSTRUCTION,
        "two equal `unique` middlewares of one list run twice",
        "they run once",
        "set `unique = False` on the class",
        ("injection.repeated: GET / | body | *",),
    ),
    Difference(
        ROUTING,
        "absolute `Location`; `append_slash_redirect` sends 301",
        "relative `Location`; 308, as in Werkzeug 2.1 and later",
        "resolve it with `urllib.parse.urljoin` in tests",
        (
            '* | Location | ("http://localhost/*") -> ("*")',
            "names.redirects: GET /slash* | status | 301 -> 308",
        ),
    ),
    Difference(
        ROUTING,
        "`POST /branch` is redirected to `/branch/` with 302, and loses its body",
        "with 307, which keeps method and body",
        "expect 307 in tests",
        ("routing.slashes: redirect POST /branch* | status | 302 -> 307",),
    ),
    Difference(
        ROUTING,
        "`//leaf` is served, in strict mode too",
        "it is redirected to its normal form; 404 in strict mode",
        "send normal paths",
        (
            "routing.slashes: redirect * //leaf | * | * -> *",
            "routing.slashes: redirect * /v//1 | * | * -> *",
            "routing.slashes: strict * //leaf | * | * -> *",
        ),
    ),
    Difference(
        ROUTING,
        "in strict mode, `/o/<x?>` does not match `/o/`",
        "it does, without a value",
        "nothing",
        (
            "routing.slashes: strict * /o/ | * | * -> *",
            "routing.slashes: strict * /s/ | * | * -> *",
        ),
    ),
    Difference(
        ROUTING,
        "with both `/a` and `/a/` declared, `/a/` goes to the first of them",
        "it goes to `/a/`",
        "nothing",
        ("routing.twins: GET /a/ | body | *",),
    ),
    Difference(
        ROUTING,
        "the suffix of `/feed/<n:int>.xml` is dropped: it matches `/feed/7`",
        "it matches `/feed/7.xml`",
        "remove the suffix if it is not meant",
        ("routing.suffixes: GET /feed/7* | *",),
    ),
    Difference(
        ROUTING,
        "a malformed `Host` header is used as it is",
        "a 400 where it is read",
        "nothing",
        ("routing.hosts: GET / | *",),
    ),
    Difference(
        ROUTING,
        "request bodies of any size",
        "a 413 for a body, form or number of fields over the limits",
        "set [`limits=Limits(...)`](request.md)",
        ("middlewares.bodies: many fields | *",),
    ),
    Difference(
        ROUTING,
        "NaN in posted JSON is a number",
        "a 400",
        "send `null`",
        ("rendering.responses: NaN | *",),
    ),
    Difference(
        ERRORS,
        "the body of a 500 has the exception",
        "it has an error id, which the log has, too",
        "use `debug=True` for development",
        ("errors.formats: GET /uncaught * | *",),
    ),
    Difference(
        ERRORS,
        "Werkzeug's own errors become a 500",
        "they keep their status",
        "nothing",
        ("errors.formats: GET /werkzeug * | *",),
    ),
    Difference(
        ERRORS,
        "a 405 without `Allow`",
        "`Allow` lists the methods, as RFC 9110 requires",
        "nothing",
        ("* | Allow | null -> *",),
    ),
    Difference(
        ERRORS,
        "text and HTML of an error show its message and error type",
        "they show the status and the detail; JSON and XML have all",
        "look for the status and the detail in tests",
        (
            "errors.formats: * shows | parts | *about:bad* -> *",
            "errors.formats: * shows | parts | *Access forbidden* -> *",
        ),
    ),
    Difference(
        ERRORS,
        "the details of 405, 408, 428 and 504 have spelling mistakes, and a Python list",
        "corrected",
        "nothing",
        (
            "errors.formats: POST /raise application/json | body | *'GET'* -> *GET, HEAD*",
            "errors.texts: RequestTimeout | value | *alotted* -> *allotted*",
            "errors.texts: PreconditionRequired | value | *  'If-* -> *",
            "errors.texts: GatewayTimeout | value | *. check that* -> *. Check that*",
        ),
    ),
    Difference(
        ERRORS,
        "for `Accept: */*`, as curl sends it, errors are HTML",
        "they are plain text",
        "send `Accept: text/html`",
        ('errors.formats: * */* | Content-Type | ("text/html*") -> ("text/plain*")',),
    ),
    Difference(
        ERRORS,
        "responses without `Vary`",
        "those that depend on `Accept` or a cookie have `Vary`",
        "nothing",
        ("* | Vary | null -> *",),
    ),
    Difference(
        RENDERS,
        "`Content-Type: application/json; charset=utf-8`",
        "`application/json`: JSON has no such parameter (RFC 8259)",
        "compare `response.mimetype` in tests",
        ('* | Content-Type | ("application/json;charset=utf-8") -> ("application/json")',),
    ),
    Difference(
        RENDERS,
        "rendered responses have no `X-Content-Type-Options`",
        "they have `nosniff`",
        "nothing",
        ("* | X-Content-Type-Options | null -> *nosniff*",),
    ),
    Difference(
        RENDERS,
        "`render_basic` sends HTML for `Accept: */*`, and JSON for `text/plain`",
        "JSON for `*/*`, as without the header, and a table of text for `text/plain`",
        "send `Accept: text/html`, or `?format=html`",
        (
            "rendering.basic: * as */* | * | * -> *",
            "rendering.basic: * as text/plain | * | * -> *",
        ),
    ),
    Difference(
        RENDERS,
        "tables show the module of the endpoint, and the attributes of an object in a cell",
        "they have a caption and a link to the JSON, and show an object as JSON does",
        "look for the cells in tests",
        (
            "rendering.basic: * as text/html* | body | *(lambda)* -> *",
            "rendering.tables: * response | body | *(lambda)* -> *",
        ),
    ),
    Difference(
        RENDERS,
        "`Decimal` and generators are shown by their `repr`",
        "a `Decimal` is text with its digits, a generator a list of its items",
        "nothing",
        (
            "rendering.basic: decimal * | body | *Decimal* -> *",
            "rendering.basic: generator by default | *",
        ),
    ),
    Difference(
        RENDERS,
        "JSONP is `callback(...);` with any callback",
        "it begins with `/**/`, and a callback that is not the name of a function is a 400",
        "nothing: browsers read both",
        (
            "rendering.as_json: GET /*=f | body | *",
            "rendering.as_json: GET /*=f | Content-Type | *javascript* -> *javascript*",
        ),
    ),
    Difference(
        RENDERS,
        "`Response({...})`, `return data, 201` and keys that are equal in JSON make wrong bodies",
        "an error",
        "return the data to `render_json`, or `JSONResponse(data, 201)`",
        ("rendering.responses: GET /dict | *", "rendering.responses: GET /tuple | *"),
    ),
    Difference(
        RENDERS,
        "Mako shows values as they are",
        "it escapes HTML",
        "write `${value \\| n}` where the value is HTML",
        ("rendering.mako: GET /%3Cb%3E | body | *",),
    ),
    Difference(
        MIDDLEWARES,
        "scripts can read the signed cookie, and requests from other sites carry it",
        "it is `HttpOnly` and `SameSite=Lax`, and a response sends it only if it was changed",
        "set `http_only=False` or `same_site=None` if the app needs that",
        ("middlewares.cookies: * | Set-Cookie | *",),
    ),
    Difference(
        MIDDLEWARES,
        "the signed cookie has the path `/`, and is sent over HTTP and HTTPS",
        "the path at which the application is mounted; `Secure` if it is set over HTTPS",
        'set `path="/"` to share it with other applications',
        (
            "middlewares.cookies: path | value | *",
            "middlewares.cookies: secure | value | *",
        ),
    ),
    Difference(
        MIDDLEWARES,
        "the statistics are HTML for `Accept: */*`; `GET reset` is a 500",
        "JSON; a 405",
        "send `Accept: text/html`, and `POST reset`",
        (
            'middlewares.stats: type * | type | "text/html" -> "application/json"',
            "middlewares.stats: reset by GET | value | 500 -> 405",
        ),
    ),
    Difference(
        MIDDLEWARES,
        "signed with SHA-1; a session has no end",
        "signed with SHA-256: **cookies from before the upgrade are not readable**, so everyone "
        "logs in again; a session ends after 14 days",
        "set `expiry=` for another age",
    ),
    Difference(
        MIDDLEWARES,
        '`GetParamMiddleware({"flag": bool})` reads `?flag=false` as `True`',
        "as `False`",
        "nothing",
        ("middlewares.fields: GET /flag?flag=false | body | *",),
    ),
    Difference(
        MIDDLEWARES,
        "`GetParamMiddleware()` without arguments is an error",
        "it provides nothing",
        "nothing",
        ("middlewares.fields: nothing | *",),
    ),
    Difference(
        MIDDLEWARES,
        "`HTTPCacheMiddleware` adds its headers to responses of all methods",
        "to those of GET and HEAD",
        "nothing",
        (
            "middlewares.caching: POST / | *",
            "middlewares.caching: GET / | Cache-Control | *",
        ),
    ),
    Difference(
        FILES,
        "files may be used for 360 seconds without asking again, and are sent for every method",
        "`no-cache` and an `ETag`, ranges, a charset for text; GET and HEAD only",
        "set `cache_timeout=360`",
        (
            "files.static: * | Cache-Control | *max-age=360* -> *",
            "files.static: * | ETag | null -> *",
            "files.static: * | Content-Type | *text/* -> *;charset=utf-8*",
            "files.static: POST * | *",
            "files.meta: root stylesheet | type | *text/css* -> *;charset=utf-8*",
        ),
    ),
    Difference(
        FILES,
        "a folder of static files that does not exist is served as an empty one",
        "`ValueError` at construction",
        "create it, or pass `check_paths=False`",
        ("files.static: no folder | *",),
    ),
    Difference(
        FILES,
        "the page about a program that failed to start has the status 200",
        "500",
        "nothing",
        ("files.flaw: page | status | 200 -> 500",),
    ),
    Difference(
        FILES,
        "the meta pages show the values of resources",
        "they show values of `shown_resources=[...]` only, with secrets masked",
        "name the resources to show",
    ),
    Difference(
        SERVING,
        "`serve()` listens on 0.0.0.0",
        "on 127.0.0.1",
        '`serve("0.0.0.0")` or `--address 0.0.0.0`',
    ),
    Difference(
        SERVING,
        "the development server serves every host",
        "its address and loopback names",
        "`--host NAME`, or `hosts=[...]`",
    ),
    Difference(
        SERVING,
        "the meta pages and profiles are for everyone",
        "for this machine only",
        "pass `MetaApplication(guard=...)`, `SimpleProfileMiddleware(guard=...)` a middleware",
    ),
)
