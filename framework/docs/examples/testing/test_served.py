import threading
from urllib.request import urlopen

import pytest
from links import create_app
from werkzeug.serving import make_server


@pytest.fixture
def url():
    server = make_server("127.0.0.1", 0, create_app({"docs": "/docs/"}), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_links_are_served(url):
    with urlopen(f"{url}/", timeout=5) as response:
        assert response.read() == b'{"docs":"/docs/"}'
