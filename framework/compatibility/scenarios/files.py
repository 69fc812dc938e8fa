"""Static files and the meta application."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from asking import Answers, ask, ask_once, attempt
from werkzeug.test import EnvironBuilder

from clastic import (
    META_ASSETS_APP,
    Application,
    MetaApplication,
    Request,
    StaticApplication,
    StaticFileRoute,
    render_basic,
)


def static() -> Answers:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "files"
        root.mkdir()
        (root / "style.css").write_text("p {}")
        (root / "sub").mkdir()
        (root / "sub" / "page.html").write_text("<p>page</p>")
        (root / "plain").write_text("text")
        (root / "data.bin").write_bytes(bytes(range(256)))
        for path in root.rglob("*"):
            os.utime(path, (1_500_000_000, 1_500_000_000))
        (root.parent / "outside.txt").write_text("outside")
        files = StaticApplication(str(root))
        app = Application([("/static", files), ("/static/<p*>", lambda: "later", render_basic)])
        yield from ask(
            app, "GET /static/style.css", "HEAD /static/style.css", "GET /static/sub/page.html",
            "GET /static/style.css/", "GET /static/plain", "GET /static/data.bin", "GET /static/",
            "GET /static/sub", "GET /static/missing.css", "GET /static/../outside.txt",
            "POST /static/style.css",
        )  # fmt: skip
        old = {"If-Modified-Since": "Mon, 01 Jan 2035 00:00:00 GMT"}
        yield (
            "not modified",
            {"status": ask_once(app, "GET /static/style.css", headers=old)["status"]},
        )
        request = Request(EnvironBuilder("/sub/page.html").get_environ())
        yield (
            "by text",
            attempt(lambda: files.get_file_response("sub/page.html", request).status_code),
        )
        yield "no folder", attempt(lambda: bool(StaticApplication(str(root) + "/none")))
        yield (
            "unchecked",
            attempt(lambda: bool(StaticApplication(str(root) + "/none", check_paths=False))),
        )
        for label, make in {
            "positional": lambda: StaticFileRoute("/file", str(root) + "/style.css"),
            "keyword": lambda: StaticFileRoute("/file", file_path=str(root) + "/style.css"),
            "mimetype": lambda: StaticFileRoute(
                "/file", file_path=str(root) + "/style.css", mimetype="text/x-own"
            ),
            "missing": lambda: StaticFileRoute("/file", str(root) + "/none"),
        }.items():
            yield label, attempt(lambda make=make: make().pattern)
            if label != "missing" and "value" in attempt(make):
                route = Application([make()])
                yield f"{label} response", ask_once(route, "GET /file")
                yield f"{label} slash", ask_once(route, "GET /file/")


def flaw() -> Answers:
    from clastic.flaw import create_app

    app = create_app("Traceback (most recent call last):\nNameError: x", [])
    yield "page", {"status": ask_once(app, "GET /").get("status")}


class Peripheral:
    title = "Own"
    group_key = "own"

    def get_general_items(self, **kw):
        return []

    def get_context(self):
        return {"value": 5}

    def get_extra_routes(self):
        return []


def meta() -> Answers:
    app = Application(
        [("/", lambda: "text", render_basic), ("/meta", MetaApplication())],
        resources={"secret": "s"},
    )
    answer = ask_once(app, "GET /meta/")
    yield "page", {"status": answer.get("status"), "type": answer.get("Content-Type")}
    yield "page without slash", ask_once(app, "GET /meta")
    answer = ask_once(app, "GET /meta/json/")
    body = answer.get("body")
    yield (
        "json",
        {
            "status": answer.get("status"),
            "keys": [
                key for key in ("app", "basic", "proc", "host", "pyvm", "rusage") if key in body
            ],
        },
    )
    yield (
        "app keys",
        attempt(
            lambda: [key for key in ("routes", "middlewares", "resources") if key in body["app"]]
        ),
    )
    root = Application([("/", MetaApplication())])
    yield "at the root", {"status": ask_once(root, "GET /").get("status")}
    for label, assets in {
        "root": root,
        "assets": Application([("/", META_ASSETS_APP)]),
    }.items():
        answer = ask_once(assets, "GET /clastic_assets/common.css")
        yield (
            f"{label} stylesheet",
            {"status": answer.get("status"), "type": answer.get("Content-Type")},
        )
    duck = attempt(lambda: Application([("/m", MetaApplication([Peripheral()]))]))
    yield "a peripheral", {"constructs": "value" in duck}
    if "value" in duck:
        answer = ask_once(duck["value"], "GET /m/json/")
        yield "its data", attempt(lambda: answer["body"]["own"])
    yield "title", attempt(lambda: MetaApplication(page_title="Own").page_title)
