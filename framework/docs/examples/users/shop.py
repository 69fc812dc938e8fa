"""A shop whose customers log in to see their orders."""

from clastic import GET, POST, Application, Response, redirect
from clastic.middleware import (
    AuthMiddleware,
    CSRFMiddleware,
    PostDataMiddleware,
    SessionMiddleware,
    SessionUser,
    safe_next,
    verify_password,
)
from clastic.sessions import MemoryStore

LOGIN = """<!doctype html>
<title>Log in</title>
<form method="post">
  <label>Name <input name="username"></label>
  <label>Password <input name="password" type="password"></label>
  <button>Log in</button>
</form>
"""


def load_user(user_id, people):
    return user_id if user_id in people else None


def show_orders(user):
    return Response(f"The orders of {user}\n")


def show_login():
    return Response(LOGIN, content_type="text/html; charset=utf-8")


def log_in(request, session, people, username, password):
    if not verify_password(password, people.get(username)):
        return Response(LOGIN, status=400, content_type="text/html; charset=utf-8")
    session.renew()
    session["user_id"] = username
    return redirect(safe_next(request.args.get("next")), 303)


def log_out(session):
    session.clear()
    return redirect("/login", 303)


def create_app(people):
    """Create the application. ``people`` are the hashes of passwords by name."""
    auth = AuthMiddleware(SessionUser(load_user), login="/login")
    form = PostDataMiddleware(["username", "password"], required=True)
    return Application(
        [
            GET("/orders", show_orders, middlewares=[auth]),
            GET("/login", show_login),
            POST("/login", log_in, middlewares=[form]),
            POST("/logout", log_out),
        ],
        resources={"people": people},
        middlewares=[CSRFMiddleware(), SessionMiddleware(MemoryStore())],
    )
