"""A first Clastic app: five routes, each a plain function.

Run it with ``APP=hello make run`` from the root of the repository.
"""

from collections.abc import Callable

from clastic import Application, Request, Response, redirect, render_basic


def home() -> Response:
    return Response("Hello, world!\n")


def greet(name: str) -> Response:
    """Greet a person. The argument ``name`` is the ``<name>`` of the path."""
    return Response(f"Hello, {name}!\n")


def fancy(request: Request) -> dict[str, object]:
    """Return the query values, form values and cookies of the request."""
    return {
        "query": request.args.to_dict(flat=False),
        "form": request.form.to_dict(flat=False),
        "cookies": request.cookies.to_dict(),
    }


def return_home(url_for: Callable[..., str]) -> Response:
    """Redirect to ``/``, with the status and the header set directly on the response.

    ``url_for`` returns the URL of an endpoint, with the prefix that the application is mounted at.
    """
    return Response("Back home.\n", status=302, headers={"Location": url_for(home)})


def redirect_home(url_for: Callable[..., str]) -> Response:
    """Redirect to ``/`` with the helper ``redirect``."""
    return redirect(url_for(home))


def create_app() -> Application:
    return Application(
        [
            ("/", home),
            ("/fancy", fancy, render_basic),
            ("/return-home", return_home),
            ("/redirect-home", redirect_home),
            # Routes are tried in this order. "/<name>" matches any name, so it is the last.
            ("/<name>", greet),
        ],
        health="/_health",
    )


if __name__ == "__main__":
    create_app().serve()
