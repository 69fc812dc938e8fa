"""A typical typed application, without errors for mypy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from clastic import (
    GET,
    POST,
    S_STRICT,
    Application,
    BadRequest,
    HTTPException,
    Middleware,
    NotFound,
    Redirector,
    Request,
    RerouteWSGI,
    Response,
    Route,
    SubApplication,
    explain,
    redirect,
    render_basic,
    render_json,
    render_json_dev,
)
from clastic.decorators import clastic_decorator
from clastic.errors import ErrorHandler
from clastic.http import BaseRequest, BaseResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Links = dict[str, str]


class Session(Middleware):
    """A middleware with a function on each side, a WSGI wrapper and arguments."""

    provides = ("user",)
    endpoint_provides: Sequence[str] = ["token"]
    unique = False

    def __init__(self, cookie_name: str = "user") -> None:
        self.cookie_name = cookie_name

    def request(self, next: Callable[..., BaseResponse], request: Request) -> BaseResponse:
        response = next(user=request.cookies.get(self.cookie_name, "nobody"))
        response.headers["X-Seen"] = "yes"
        return response

    def endpoint(self, next: Callable[..., Any], user: str) -> Any:
        return next(token=user.upper())

    def render(self, next: Callable[..., Any], context: object) -> Any:
        return next()

    def wsgi_wrapper(self, wsgi_app: WSGIApplication) -> WSGIApplication:
        return wsgi_app


class Pages(ErrorHandler):
    """An error handler with a resource as an additional argument."""

    not_found_type = NotFound

    def render_error(self, request: BaseRequest, _error: HTTPException, site: str) -> BaseResponse:
        return Response(f"{site} {_error.code} {request.path}", _error.code)


class LimitedRequest(Request):
    """A request with a low limit."""

    max_content_length = 1_000


class Site(Application):
    """An application with its own types."""

    request_type = LimitedRequest
    default_error_handler_type = Pages


@clastic_decorator
def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(**kwargs: Any) -> Any:
        return function(**kwargs)

    return wrapper


@logged
def show(name: str, links: Links) -> Response:
    if name not in links:
        raise NotFound(f"no link {name}", is_breaking=False)
    return Response(links[name])


def submit(request: Request, links: Links, user: str, token: str) -> Response:
    name = request.form["name"]
    if not name.isidentifier():
        return BadRequest(f"bad name {name!r} of {user} with {token}")
    links[name] = request.form["target"]
    return redirect("/", 303)


class Page(Response):
    """A response type for redirects."""

    default_mimetype = "text/html"


def move() -> Page:
    return redirect("/", 301, Page) if redirect("/").is_sequence else redirect("/", Response=Page)


def move_elsewhere() -> BaseResponse:
    return redirect("/elsewhere", code=307, Response=BaseResponse)


moved: Response = Redirector("/new")()


def render(context: Links) -> Response:
    return Response("\n".join(context))


def report(request: Request, links: Links) -> Response:
    if "basic" in request.args:
        return render_basic(links, request)
    return render_json_dev(links) if "dev" in request.args else render_json(links)


def create_app(links: Links) -> Application:
    legacy: WSGIApplication = Response("legacy")
    inner = Application([("/<name>", show)], {"links": links})
    application = Site(
        [
            GET("/", lambda links: links, render),
            POST("/submit", submit, middlewares=[Middleware()]),
            ("/report", report),
            Route(
                "/late",
                show,
                methods=["GET", "PUT"],
                resources={"name": "late"},
                ignore=["near-miss"],
            ),
            ("/links", inner),
            SubApplication("/strict", inner, inherit_slashes=False, falls_through=True),
            ("/old/<path*>", RerouteWSGI(legacy)),
        ],
        resources={"links": links, "site": "here"},
        middlewares=(Session(),),
        slash_mode=S_STRICT,
        warnings="raise",
    )
    application.add(("/again", inner), index=0)
    application.set_error_handler(Pages())
    return application


application = create_app({"docs": "https://docs.example/"})
served: WSGIApplication = application
status: int = application.get_local_client().get("/links/docs").status_code
patterns: list[str] = [route.pattern for route in application.iter_routes()]
outcome: str = explain(application, "/docs", method="GET").outcome
source: str = explain(application, route=show).routes[0].source
