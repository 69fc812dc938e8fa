"""The quick start's `hello`, in Flask."""

from flask import Flask, Response, redirect, request


def home():
    return Response("Hello, world!\n", mimetype="text/plain")


def greet(name):
    return Response(f"Hello, {name}!\n", mimetype="text/plain")


def fancy():
    return {
        "query": request.args.to_dict(flat=False),
        "form": request.form.to_dict(flat=False),
        "cookies": request.cookies.to_dict(),
    }


def return_home():
    return Response("Back home.\n", status=302, headers={"Location": "/"}, mimetype="text/plain")


def redirect_home():
    return redirect("/")


def create_app():
    application = Flask(__name__)
    application.get("/")(home)
    application.route("/fancy", methods=["GET", "POST"])(fancy)
    application.get("/return-home")(return_home)
    application.get("/redirect-home")(redirect_home)
    application.get("/<name>")(greet)
    return application
