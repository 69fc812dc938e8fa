"""Log in and out, keep notes in a session, and show what a request contains.

It is modelled on the demo of the same name of the framework Quixote. Run it with
``python altdemo.py``, or with ``APP=altdemo make run`` from the root of the repository.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from clastic import (
    GET,
    POST,
    Application,
    FileResponse,
    Middleware,
    Request,
    Response,
    StaticApplication,
    redirect,
    render_basic,
)
from clastic.middleware import (
    AuthMiddleware,
    CSRFMiddleware,
    HTTPCacheMiddleware,
    SecurityHeadersMiddleware,
    SessionMiddleware,
    SessionUser,
    safe_next,
)
from clastic.render import AshesRenderFactory
from clastic.sessions import FileStore, MemoryStore, Session

FOLDER = Path(__file__).parent
MAX_NAME, MAX_NOTE, MAX_NOTES = 40, 200, 10
SECRET_HEADERS = ("Authorization", "Cookie", "Proxy-Authorization")

URLFor = Callable[..., str]


def home(session: Session) -> dict[str, object]:
    """Count the visits of a user. Visitors without a login get no session, and so no cookie."""
    if "user" not in session:
        return {}
    return {"visits": session.update("visits", lambda visits: visits + 1, 0)}


def login_page(request: Request, url_for: URLFor) -> dict[str, object]:
    """Return the data of the form, with the path to go to after the login."""
    return {"next": safe_next(request.args.get("next"), url_for(home)), "max_name": MAX_NAME}


def log_in(request: Request, session: Session, url_for: URLFor) -> Response:
    """Log a user in. Any name will do: this demo asks for no password."""
    name = request.form.get("name", "").strip()
    target = safe_next(request.form.get("next"), url_for(home))
    if not 0 < len(name) <= MAX_NAME:
        session.flash(f"Enter a name of 1 to {MAX_NAME} characters.")
        return redirect(url_for(login_page, next=target), 303)
    session.clear()  # a new session with a new id, without the values of an earlier user
    session["user"] = name
    session.flash(f"You are logged in as {name}.")
    return redirect(target, 303)


def log_out(session: Session, url_for: URLFor) -> Response:
    """End the session. Its values are gone."""
    session.clear()
    session.flash("You are logged out.")
    return redirect(url_for(home), 303)


def notes(session: Session) -> dict[str, object]:
    """Show the notes of a user."""
    return {"notes": session.get("notes", []), "max_note": MAX_NOTE}


def add_note(request: Request, session: Session, url_for: URLFor) -> Response:
    """Keep a note in the session, and redirect: reloading the page then sends no form again."""
    note = request.form.get("note", "").strip()
    if 0 < len(note) <= MAX_NOTE:
        session.update("notes", lambda notes: [*notes, note][-MAX_NOTES:], [])
        session.flash("The note is saved.")
    else:
        session.flash(f"Enter a note of 1 to {MAX_NOTE} characters.")
    return redirect(url_for(notes), 303)


def upload(request: Request, session: Session, url_for: URLFor) -> Response:
    """Read an uploaded file in parts, and show its size and digest."""
    file = request.files.get("file")
    if file is None or not file.filename:
        session.flash("Choose a file.")
    else:
        digest, size = hashlib.sha256(), 0
        while part := file.stream.read(65536):
            digest.update(part)
            size += len(part)
        session.flash(f"{file.filename} has {size} bytes. Its SHA-256 is {digest.hexdigest()}.")
    return redirect(url_for(notes), 303)


def show_request(request: Request, session: Session) -> dict[str, object]:
    """Show the app's view of this request. Headers with secrets are hidden."""
    headers = {
        name: "(hidden)" if name in SECRET_HEADERS else value for name, value in request.headers
    }
    return {
        "method": request.method,
        "url": request.url,
        "path": request.path,
        "script_root": request.script_root,
        "remote_addr": request.remote_addr,
        "query": request.args.to_dict(flat=False),
        "cookies": sorted(request.cookies),
        # Keys that begin with "_" are those of the messages that wait.
        "session": {key: session[key] for key in session if not key.startswith("_")},
        "headers": headers,
    }


def stream(sleep: Callable[[float], None]) -> Response:
    """Send five lines, two a second. Each is sent when it is ready."""

    def lines() -> Iterator[str]:
        for number in range(1, 6):
            sleep(0.5)
            yield f"Line {number} of 5\n"

    # A gateway such as nginx collects a response before it sends it, unless told otherwise.
    return Response(lines(), mimetype="text/plain", headers={"X-Accel-Buffering": "no"})


def source() -> Response:
    """Send this file, for the browser to save."""
    return FileResponse(__file__, "altdemo.py")


class Layout(Middleware):
    """Add the user and the messages, which every page shows."""

    def render(
        self, next: Callable[[], Response], context: dict[str, object], session: Session
    ) -> Response:
        context.update(user=session.get("user"), messages=session.pop_flashes())
        return next()


def load_user(user: str) -> str:
    """Return the user of a session. An app with a database would look up the account."""
    return user


def create_app(
    config: Mapping[str, str] | None = None, *, sleep: Callable[[float], None] = time.sleep
) -> Application:
    """Create the application.

    :param config: ``sessions``, the folder for the sessions; by default that of the environment
        variable ALTDEMO_SESSIONS. Without either they are in the memory of this process
    :param sleep: waits for a number of seconds
    """
    config = {"sessions": os.environ.get("ALTDEMO_SESSIONS", "")} if config is None else config
    folder = config.get("sessions")
    store = FileStore(folder) if folder else MemoryStore()
    # Without no_store, the back button would show the pages of a user who has logged out.
    page = [HTTPCacheMiddleware(no_store=True), Layout()]
    users_only = AuthMiddleware(SessionUser(load_user, "user"), login=login_page)
    return Application(
        [
            GET("/", home, "home.html", name="home", middlewares=page),
            GET("/login", login_page, "login.html", name="login", middlewares=page),
            POST("/login", log_in),
            POST("/logout", log_out, name="logout"),
            GET("/notes", notes, "notes.html", name="notes", middlewares=[users_only, *page]),
            POST("/notes", add_note, middlewares=[users_only]),
            POST("/upload", upload, name="upload", middlewares=[users_only]),
            GET("/request", show_request, render_basic, name="request"),
            GET("/stream", stream, name="stream"),
            GET("/source", source, name="source"),
            ("/static", StaticApplication(FOLDER / "static")),
        ],
        resources={"sleep": sleep},
        middlewares=[
            SecurityHeadersMiddleware(),
            CSRFMiddleware(),
            SessionMiddleware(store, cookie_name="altdemo"),
        ],
        render_factory=AshesRenderFactory(FOLDER / "templates"),
        health="/_health",
    )


if __name__ == "__main__":
    create_app().serve()
