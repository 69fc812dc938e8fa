"""Test the meta application as apps written for Clastic 26 use it."""

from __future__ import annotations

import pytest

from clastic import GET, Application, MetaApplication, render_json


def show(id, database):
    return [id, database]


class Queue:
    """A peripheral that inherits nothing."""

    title = "Queue"
    group_key = "queue"

    def get_context(self):
        return {"waiting": 5}

    def get_extra_routes(self):
        return [("/queue/<name>", lambda name: [name], render_json)]


@pytest.fixture
def client():
    app = Application(
        [GET("/links/<id:int>", show, render_json), ("/meta", MetaApplication([Queue()], "Own"))],
        resources={"database": "a secret value"},
    )
    return app.get_local_client()


def test_the_json_has_the_keys_of_clastic_26(client):
    data = client.get("/meta/json/").json
    assert {"app", "basic", "proc", "host", "pyvm", "rusage"} <= set(data)
    assert data["app"]["routes"][0]["url_pattern"] == "/links/<id:int>"
    assert data["app"]["routes"][0]["args"] == [
        {"name": "id", "source": "path"},
        {"name": "database", "source": "resources"},
    ]
    assert data["basic"]["rel_start_time"].endswith("ago")
    assert data["proc"]["pid"] > 0


def test_a_peripheral_can_be_an_object_of_any_type(client):
    assert client.get("/meta/json/").json["queue"] == {"waiting": 5}
    assert "Queue" in client.get("/meta/").text


def test_a_peripheral_brings_its_routes(client):
    assert client.get("/meta/queue/mail").json == ["mail"]


def test_the_title_follows_the_peripherals(client):
    assert "<h1>Own</h1>" in client.get("/meta/").text


def test_values_of_resources_are_not_shown(client):
    assert "a secret value" not in client.get("/meta/json/").text


def test_an_object_without_a_title_is_no_peripheral():
    with pytest.raises(TypeError, match="is not a MetaPeripheral with a title"):
        MetaApplication([object()])
