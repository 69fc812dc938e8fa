"""Shorten URLs with links that expire after some time or some clicks.

Run it with ``python erosion.py``, or with ``APP=erosion make run`` from the root of the repository.
"""

import logging
import math
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from urllib.parse import urljoin

from checks import ALIAS, DEFAULTS, hosts_of, is_click, read_form, shown_url
from settings import FOLDER, check_settings, read_settings
from storage import (
    AliasTaken,
    ExpiredLink,
    Link,
    Storage,
    StorageUnavailable,
    UnknownLink,
    checked_url,
)

from clastic import (
    GET,
    POST,
    Application,
    GetParamMiddleware,
    Middleware,
    NotFound,
    Request,
    Response,
    StaticApplication,
    managed,
    redirect,
)
from clastic.errors import Gone, ServiceUnavailable
from clastic.middleware import CSRFMiddleware, HTTPCacheMiddleware
from clastic.middleware.cookie import SignedCookieMiddleware
from clastic.middleware.form import PostDataMiddleware
from clastic.render import AshesRenderFactory

# The hosts that are served if there is no public URL.
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
PAGE_SIZE = 50
EXPIRY_TIMES = (300, 3600, 86400, 2592000, 0)
UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))

logger = logging.getLogger("erosion")


def home(cookie: dict[str, str], url_for: Callable[..., str]) -> dict[str, object]:
    """Return the data of an empty form and, once, of the link that was just created."""
    new_alias = cookie.pop("new_alias", None)
    new_url = new_alias and url_for(use_link, alias=new_alias, external=True)
    return {**form_context(DEFAULTS), "new_url": new_url}


def submit(
    request: Request,
    cookie: dict[str, str],
    url_for: Callable[..., str],
    storage: Storage,
    reserved: set[str],
    target_url: str | None,
    new_alias: str | None,
    expiry_time: str | None,
    max_count: str | None,
) -> Response | dict[str, object]:
    """Create a link and redirect to the form, or show the errors of the form."""
    given = {
        "target_url": target_url,
        "new_alias": new_alias,
        "expiry_time": expiry_time,
        "max_count": max_count,
    }
    typed = {name: DEFAULTS[name] if text is None else text for name, text in given.items()}
    own_hosts = hosts_of(url_for(home, external=True), request.url)
    values, errors = read_form(typed, own_hosts, reserved)
    if not errors:
        alias = values["new_alias"]
        try:
            link = storage.add_link(
                values["target_url"],
                alias=alias,
                expiry_time=values["expiry_time"],
                max_count=values["max_count"],
            )
        except AliasTaken:
            taken = f"'{alias}' is taken. Choose another alias."
            errors["new_alias"] = taken if alias else "No free alias was found. Try again."
        else:
            cookie["new_alias"] = link.alias
            return redirect(url_for(home), 303)
    return {**form_context(typed), "errors": errors, "is_refused": True}


def use_link(alias: str, request: Request, storage: Storage) -> Response:
    """Redirect to the target of a link. HEAD gets the same response but is not counted."""
    if not is_click(request.headers):
        raise ServiceUnavailable("A link can be opened, but not prefetched or embedded in a page.")
    find = storage.get_link if request.method == "HEAD" else storage.use_link
    try:
        if not ALIAS.fullmatch(alias):
            raise UnknownLink(alias)
        return redirect(find(alias).target_url)
    except UnknownLink:
        raise NotFound(f"There is no link '{alias}'.") from None
    except ExpiredLink:
        raise Gone(f"The link '{alias}' has expired.") from None


def form_context(typed: Mapping[str, str]) -> dict[str, object]:
    """Return the data of the form with the values that were entered."""
    chosen = typed["expiry_time"]
    labels = {str(seconds): duration(seconds) or "never" for seconds in EXPIRY_TIMES}
    labels.setdefault(chosen, chosen)
    expiry_times = [
        {"value": value, "label": label, "is_chosen": value == chosen}
        for value, label in labels.items()
    ]
    return {"form": typed, "expiry_times": expiry_times}


def link_context(link: Link, url_for: Callable[..., str], now: float) -> dict[str, object]:
    """Return the data of a link for the template."""
    clicks = counted(link.click_count, "click")
    if link.max_count:
        clicks = f"{link.click_count} of {counted(link.max_count, 'click')}"
    if link.is_expired(now):
        time_left = "expired"
    elif link.expires_at is None:
        time_left = "never expires"
    else:
        time_left = f"{duration(link.expires_at - now)} left"
    return {
        "url": url_for(use_link, alias=link.alias, external=True),
        "target_url": shown_url(link.target_url),
        "clicks": clicks,
        "time_left": time_left,
    }


def duration(seconds: float) -> str:
    """Format a duration in its two largest units: ``1 hour 59 minutes``; empty for 0."""
    rest = math.ceil(seconds)
    parts = []
    for noun, size in UNITS:
        number, rest = divmod(rest, size)
        if number:
            parts.append(counted(number, noun))
    return " ".join(parts[:2])


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def link_id(text: str) -> int:
    """Read the id of a link. ``before`` is None, and so the first page shown, if it is invalid."""
    number = int(text)
    if not 0 < number < 2**63:
        raise ValueError(f"{number} is not an id")
    return number


class RetryLater(Middleware):
    """Respond 503 while the database is unavailable."""

    def request(self, next: Callable[[], Response]) -> Response:
        try:
            return next()
        except StorageUnavailable as error:
            logger.error("The database is unavailable: %s", error)
            return ServiceUnavailable(
                "The links are unavailable at the moment. Try again in a few seconds.",
                headers={"Retry-After": "5"},
            )


class Listing(Middleware):
    """Add the links to the data of a page, newest first."""

    def render(
        self,
        next: Callable[[], Response],
        context: dict[str, object],
        before: int | None,
        url_for: Callable[..., str],
        storage: Storage,
        clock: Callable[[], float],
    ) -> Response:
        now = clock()
        links = storage.get_links(before=before, count=PAGE_SIZE + 1)
        shown = links[:PAGE_SIZE]
        context["links"] = [link_context(link, url_for, now) for link in shown]
        context["before"] = before
        context["older"] = shown[-1].id if len(links) > PAGE_SIZE else None
        return next()


class BadForm(Middleware):
    """Set the status of a rendered form to 400. A valid form redirects and is not rendered."""

    def render(self, next: Callable[[], Response]) -> Response:
        response = next()
        response.status_code = 400
        return response


def create_app(
    config: Mapping[str, str] | None = None, *, clock: Callable[[], float] = time.time
) -> Application:
    """Create the application.

    :param config: the settings; by default from erosion.ini and the environment
    :param clock: returns the seconds since 1970
    :raises ValueError: for an invalid setting
    """
    settings = check_settings(read_settings() if config is None else config)
    host_url = settings["host_url"]
    db_url = checked_url(settings["db_url"])
    page = [GetParamMiddleware({"before": link_id}), Listing()]
    form = PostDataMiddleware(DEFAULTS.keys())
    own_forms = CSRFMiddleware([urljoin(host_url, "/")[:-1]] if host_url else [])
    reserved: set[str] = set()
    application = Application(
        [
            GET("/", home, "home.html", middlewares=page),
            POST(
                "/submit",
                submit,
                "home.html",
                middlewares=[own_forms, form, *page, BadForm()],
            ),
            ("/static", StaticApplication(FOLDER / "static")),
            GET("/<alias>", use_link, middlewares=[HTTPCacheMiddleware(no_store=True)]),
        ],
        resources={
            "storage": managed(lambda: closing(Storage(db_url, clock=clock)), Storage.check),
            "clock": clock,
            "reserved": reserved,
        },
        middlewares=[
            RetryLater(),
            SignedCookieMiddleware(
                cookie_name="erosion",
                secret_key=settings["cookie_secret"] or None,
                secure=host_url.startswith("https:"),
            ),
        ],
        render_factory=AshesRenderFactory(FOLDER),
        public_url=host_url or None,
        trusted_hosts=None if host_url else LOCAL_HOSTS,
        health="/_health",
    )
    # An alias must not be the path of a page.
    reserved.update(route.pattern.split("/")[1] for route in application.routes)
    return application


if __name__ == "__main__":
    create_app().serve()
