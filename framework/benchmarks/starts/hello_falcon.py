"""The quick start's `hello`, in Falcon."""

import falcon


class Home:
    def on_get(self, request, response):
        response.content_type = falcon.MEDIA_TEXT
        response.text = "Hello, world!\n"


class Greeting:
    def on_get(self, request, response, name):
        response.content_type = falcon.MEDIA_TEXT
        response.text = f"Hello, {name}!\n"


class Fancy:
    def on_get(self, request, response):
        self.show(request, response, {})

    def on_post(self, request, response):
        self.show(request, response, request.get_media())

    def show(self, request, response, form):
        response.media = {"query": request.params, "form": form, "cookies": request.cookies}


class ReturnHome:
    def on_get(self, request, response):
        response.status = 302
        response.set_header("Location", "/")
        response.content_type = falcon.MEDIA_TEXT
        response.text = "Back home.\n"


class RedirectHome:
    def on_get(self, request, response):
        raise falcon.HTTPFound("/")


def create_app():
    application = falcon.App()
    application.add_route("/", Home())
    application.add_route("/fancy", Fancy())
    application.add_route("/return-home", ReturnHome())
    application.add_route("/redirect-home", RedirectHome())
    application.add_route("/{name}", Greeting())
    return application
