from links import create_app


def test_links_are_served(serve):
    server = serve(create_app({"docs": "/docs/"}))
    assert server.get("/").body == b'{"docs":"/docs/"}'
    assert server.get("/docs").headers["Location"] == "/docs/"
