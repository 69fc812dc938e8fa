"""Errors that mypy must find: one on each marked line."""

from __future__ import annotations

from clastic import (
    GET,
    Application,
    Middleware,
    NotFound,
    RerouteWSGI,
    Response,
    Route,
    StaticApplication,
    SubApplication,
    redirect,
)
from clastic.errors import ErrorHandler
from clastic.http import BaseResponse


def show() -> Response:
    return Response("x")


def move() -> Response:
    return redirect("/", Response=BaseResponse)  # refused: arg-type return-value


class Session(Middleware):
    provides = 7  # refused: assignment
    unique = "yes"  # refused: assignment
    request = "session"  # refused: assignment


application = Application([GET("/", show)])

Route("/", "show")  # refused: arg-type
Route(7, show)  # refused: arg-type
Route("/", show, methods=7)  # refused: arg-type
Route("/", show, resources=["db"])  # refused: arg-type
Route("/", show, None, None, ["GET"])  # refused: arg-type call-arg misc
Route("/", show, method="GET")  # refused: arg-type
GET("/", show, rendr=show)  # refused: arg-type
GET("/", show)("/a", show)  # refused: arg-type
Application(7)  # refused: arg-type
Application(middleware=[])  # refused: arg-type
Application(resource={})  # refused: arg-type
Application(warnings="error")  # refused: arg-type
SubApplication("/", application, slashes=False)  # refused: arg-type
StaticApplication(".", check_path=False)  # refused: arg-type
Application([7])  # refused: list-item
Application(middlewares=[show])  # refused: list-item
Application(middlewares=[Middleware])  # refused: list-item
Application(resources=["db"])  # refused: arg-type
Application(error_handler=ErrorHandler)  # refused: arg-type
Application([], {}, [], None, None, True)  # refused: call-arg misc
Application(slash_mode=None)  # refused: arg-type
SubApplication("/", show)  # refused: arg-type
redirect("/", "302")  # refused: call-overload
redirect("/", 302, show)  # refused: call-overload
RerouteWSGI("legacy")  # refused: arg-type
NotFound("x", 404)  # refused: call-arg misc
application.add(7)  # refused: arg-type
application.routes[0].pattern = "/x"  # refused: misc
application.resources["db"] = 7  # refused: index
application.set_error_handler(ErrorHandler)  # refused: arg-type
status: str = application.get_local_client().get("/").status_code  # refused: assignment
