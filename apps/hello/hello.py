"""A first look at Clastic: five routes, each a plain function.

Run it with ``APP=hello make run`` from the root of the repository.
"""

from clastic import Application, Request, Response, redirect, render_basic


def home() -> Response:
    return Response("Hello, world!\n")


def greet(name: str) -> Response:
    """The name comes from the path: an argument is filled in by its name."""
    return Response(f"Hello, {name}!\n")


def fancy(request: Request) -> dict[str, object]:
    """The query values, form values and cookies that came with the request."""
    return {
        "query": request.args.to_dict(flat=False),
        "form": request.form.to_dict(flat=False),
        "cookies": request.cookies.to_dict(),
    }


def return_home(request: Request) -> Response:
    """A redirect made by hand: any status and any headers can be set on a response.

    Home is below ``script_root``, the prefix that the application is mounted at, if there is one.
    """
    home_url = f"{request.script_root}/"
    return Response("Back home.\n", status=302, headers={"Location": home_url})


def redirect_home(request: Request) -> Response:
    """The same with less to type."""
    return redirect(f"{request.script_root}/")


def create_app() -> Application:
    return Application(
        [
            ("/", home),
            ("/fancy", fancy, render_basic),
            ("/return-home", return_home),
            ("/redirect-home", redirect_home),
            # Routes are tried in this order, so the one that matches any name comes last.
            ("/<name>", greet),
        ]
    )


if __name__ == "__main__":
    create_app().serve()
