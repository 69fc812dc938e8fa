import pytest
from links import create_app

from clastic import testing


@pytest.fixture
def client():
    return testing.client(create_app({"docs": "https://example.org/"}))


def test_a_link_redirects(client):
    response = client.get("/docs")
    assert response.status_code == 302
    assert response.location == "https://example.org/"


def test_links_are_listed_as_json(client):
    assert client.get("/").json == {"docs": "https://example.org/"}


def test_an_unknown_link_is_not_found(client):
    response = client.get("/nowhere", headers={"Accept": "application/json"})
    assert response.status_code == 404
    assert response.json["detail"] == "there is no link 'nowhere'"


def test_a_link_is_added_by_a_form(client):
    client.post("/", data={"alias": "blog", "target": "https://example.net/"})
    assert client.get("/blog").location == "https://example.net/"
