"""Serve the meta page and its JSON inside the application that they describe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timezone
from typing import Any
from typing import NoReturn as Never  # Python 3.10 has no Never

from clastic.application import Application
from clastic.arguments import refuse_misspelt
from clastic.compat.meta import members_by_key
from clastic.errors import ErrorHandler
from clastic.http import NOSNIFF, Request, Response
from clastic.json import JSONEncoding
from clastic.meta.page import meta_page
from clastic.meta.peripherals import MetaPeripheral, default_peripherals, read_section
from clastic.meta.report import (
    MetaReport,
    describe_application,
    describe_middlewares,
    describe_resources,
    select_routes,
)
from clastic.middleware.base import Middleware
from clastic.middleware.profile import checked_guard
from clastic.pages.styles import DEVELOPER_STYLE
from clastic.pattern import split_path
from clastic.routing import GET, S_REDIRECT

_HEADERS = [
    ("Cache-Control", "no-store"),
    NOSNIFF,
    ("Referrer-Policy", "same-origin"),
]
_POLICY = (
    "Content-Security-Policy",
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
)

_JSON = JSONEncoding()


def get_stylesheet(request: Request) -> Response:
    """Return the stylesheet of the pages for developers, or 304 if the client has it."""
    headers = [("Cache-Control", "no-cache"), NOSNIFF]
    response = Response(DEVELOPER_STYLE, headers=headers, content_type="text/css; charset=utf-8")
    response.add_etag()
    response.make_conditional(request)
    return response


META_ASSETS_APP = Application([GET("/common.css", get_stylesheet)])
"""The files of the meta page, which a ``MetaApplication`` serves below ``clastic_assets/``."""


class MetaApplication(Application):
    """Shows the application that it is embedded in: ``("/_meta/", MetaApplication())``.

    There is a page at ``/`` and the same data as JSON at ``/json/``: routes, middlewares and
    resources, the process, the host and the runtime. Values of resources, arguments, attributes
    and environment variables are never shown. Still, readers learn a lot about the application, so
    without `guard` only this machine may read it: the client has a loopback address, asks for a
    loopback name, and sends no header of a proxy. Others get a 403.

    It shows the outermost application, however deep it is embedded, and can be embedded in several
    places and applications.

    The query selects routes: ``find`` has words that the method, pattern, endpoint or file must
    contain, and ``page`` is the number of a page of a hundred routes, from 1.

    :param peripherals: more sections, after the others. They have a ``title`` and a ``get_context``
        method, as :class:`~clastic.meta.MetaPeripheral` does
    :param page_title: the heading of the page; by default Meta
    :param base_peripherals: the sections on process, host, resource use and runtime; by default
        those of :func:`default_peripherals`
    :param application: the application to show, by default the outermost one
    :param shown_resources: the names of the resources whose values may be shown, with secrets
        masked
    :param middlewares: as for :class:`~clastic.application.Application`
    :param error_handler: as for :class:`~clastic.application.Application`
    :param guard: a middleware that decides who may read it, such as
        ``AuthMiddleware(Basic(check))``; it comes after `middlewares`
    :param resources: what these need
    :raises TypeError: a peripheral has no title, or no ``get_context`` method; or `guard` is not a
        middleware with a ``request`` method
    """

    def __init__(
        self,
        peripherals: Iterable[MetaPeripheral] | None = None,
        page_title: str | None = None,
        *,
        application: Application | None = None,
        base_peripherals: Iterable[MetaPeripheral] | None = None,
        shown_resources: str | Iterable[str] = (),
        middlewares: Sequence[Middleware] | None = None,
        error_handler: ErrorHandler | None = None,
        guard: Middleware | None = None,
        resources: Mapping[str, Any] | None = None,
        **misspelt: Never,
    ) -> None:
        refuse_misspelt("MetaApplication(...)", MetaApplication.__init__, misspelt)
        self._application = application
        self.page_title = "Meta" if page_title is None else page_title
        if base_peripherals is None:
            base_peripherals = default_peripherals()
        self.peripherals = (*base_peripherals, *(peripherals or ()))
        routes: list[Any] = []
        for peripheral in self.peripherals:
            is_readable = callable(getattr(peripheral, "get_context", None))
            if not (is_readable and getattr(peripheral, "title", None)):
                raise TypeError(
                    f"{peripheral!r} is not a MetaPeripheral with a title. Pass an instance of a "
                    "subclass of clastic.meta.MetaPeripheral that sets title, the heading of its "
                    "section."
                )
            if hasattr(peripheral, "get_extra_routes"):
                routes += peripheral.get_extra_routes()
        names = [shown_resources] if isinstance(shown_resources, str) else shown_resources
        self.shown_resources = frozenset(names)
        # The links of the page are relative, so its path must end with a slash.
        super().__init__(
            [
                GET("/", self.get_page, slash_mode=S_REDIRECT),
                GET("/json/", self.get_json, slash_mode=S_REDIRECT),
                ("/clastic_assets/", META_ASSETS_APP),
                *routes,
            ],
            resources=resources,
            middlewares=[*(middlewares or ()), checked_guard("MetaApplication", guard)],
            error_handler=error_handler,
        )

    def get_page(self, request: Request, _application: Application) -> Response:
        """Return the HTML page."""
        # A relative URL is right behind a proxy that adds a prefix, too.
        root = "../" * len(split_path(request.path).segments) or "./"
        page = meta_page(self._create_report(request, _application), self.peripherals, root)
        return Response(page, headers=[*_HEADERS, _POLICY], content_type="text/html; charset=utf-8")

    def get_json(self, request: Request, _application: Application) -> Response:
        """Return the data of the page as JSON."""
        report = self._create_report(request, _application)
        members = {each.name: getattr(report, each.name) for each in fields(report)}
        body = _JSON.encode({**members_by_key(report), **members})
        return Response(body, headers=_HEADERS, content_type="application/json")

    def _create_report(self, request: Request, application: Application) -> MetaReport:
        application = self._application or application
        return MetaReport(
            title=self.page_title,
            gathered_at=datetime.now(timezone.utc),
            application=describe_application(application),
            routes=select_routes(application.routes, request.args),
            middlewares=tuple(describe_middlewares(application.routes)),
            resources=tuple(describe_resources(application.routes, self.shown_resources)),
            sections=tuple(map(read_section, self.peripherals)),
        )
