"""``MetaApplication``: tells what an application is made of and how it fares, from inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clastic.application import Application
from clastic.errors import ErrorHandler
from clastic.http import Request, Response
from clastic.json import JSONEncoding
from clastic.meta.collection import Report, gather
from clastic.meta.machine import HostPeripheral, ProcessPeripheral, UsagePeripheral
from clastic.meta.own_routes import META_ASSETS_APP, MetaRoute
from clastic.meta.page import meta_page
from clastic.meta.peripheral import MetaPeripheral, checked_peripherals
from clastic.meta.runtime import RuntimePeripheral
from clastic.meta.section_view import section_view
from clastic.meta.selection import Selection
from clastic.middleware.base import Middleware
from clastic.pattern import split_path

HEADERS = [
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
]
POLICY = (
    "Content-Security-Policy",
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
)

_JSON = JSONEncoding()


class MetaApplication(Application):
    """Tells about the application that it is embedded in: ``("/_meta/", MetaApplication())``.

    It is a page for people at ``/``, and the same as JSON at ``/json/``. Both show what routes,
    middlewares and resources there are, and how process and host fare; they never show values of
    resources, arguments, attributes or the environment. Who can see them knows the application
    well all the same: give it ``middlewares`` that ask who it is, or leave it out, where everybody
    can reach it.

    It tells about the outermost application, however deep it is embedded, and can be in several
    places of several applications at once.

    The query chooses among the routes: ``find``, words that their method, pattern, endpoint or
    file has; ``page``; and ``size``, the number of routes on a page, up to 1,000.

    :param page_title: the heading of the page; by default Meta
    :param peripherals: what else to tell, below the rest
    :param base_peripherals: what to tell about process, host, runtime and resource use; by default
        one peripheral for each
    :param shown_resources: the names of the resources whose values may be shown. What is called
        or looks like a secret is masked all the same
    :param middlewares: as for :class:`~clastic.application.Application`
    :param error_handler: as for :class:`~clastic.application.Application`
    :raises TypeError: a peripheral is no :class:`~clastic.meta.MetaPeripheral`
    :raises ValueError: a peripheral has no title
    """

    def __init__(
        self,
        page_title: str | None = None,
        peripherals: Iterable[MetaPeripheral] = (),
        *,
        base_peripherals: Iterable[MetaPeripheral] | None = None,
        shown_resources: str | Iterable[str] = (),
        middlewares: Sequence[Middleware] | None = None,
        error_handler: ErrorHandler | None = None,
    ) -> None:
        self.page_title = "Meta" if page_title is None else page_title
        if base_peripherals is None:
            base_peripherals = default_peripherals()
        self.peripherals = checked_peripherals([*base_peripherals, *peripherals])
        names = [shown_resources] if isinstance(shown_resources, str) else shown_resources
        self.shown_resources = frozenset(names)
        super().__init__(
            [
                MetaRoute("/", self.get_page),
                MetaRoute("/json/", self.get_json),
                ("/assets/", META_ASSETS_APP),
            ],
            middlewares=middlewares,
            error_handler=error_handler,
        )

    def get_page(self, request: Request, _application: Application) -> Response:
        """Show the page."""
        report = self._gather(request, _application)
        pairs = zip(self.peripherals, report.sections, strict=True)
        rendered = [section_view(peripheral, section) for peripheral, section in pairs]
        # Relative, so that it is right behind a proxy that has a prefix of its own, too.
        root = "../" * len(split_path(request.path).segments) or "./"
        page = meta_page(report, rendered, root)
        return Response(page, headers=[*HEADERS, POLICY], content_type="text/html; charset=utf-8")

    def get_json(self, request: Request, _application: Application) -> Response:
        """Give the same as JSON."""
        body = _JSON.encode(self._gather(request, _application))
        return Response(body, headers=HEADERS, content_type="application/json")

    def _gather(self, request: Request, application: Application) -> Report:
        return gather(
            application,
            Selection.from_query(request.args),
            title=self.page_title,
            peripherals=self.peripherals,
            shown_resources=self.shown_resources,
        )


def default_peripherals() -> tuple[MetaPeripheral, ...]:
    """Return what tells about process, host, runtime and resource use."""
    return ProcessPeripheral(), HostPeripheral(), UsagePeripheral(), RuntimePeripheral()
