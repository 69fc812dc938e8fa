"""Test the page without its script, the configuration, and the commands of the README."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1]
ZONES = (files("tzdata") / "zones").read_text().split()


def test_every_zone_is_in_each_list_once_with_a_unique_label(client, read_page):
    page = read_page(client.get("/").text)
    for options in page.options.values():
        assert sorted(options) == sorted(ZONES)
        assert len(set(options.values())) == len(ZONES)
        assert list(options.values()) == sorted(options.values())


def test_cities_of_the_same_name_have_different_labels(client, read_page):
    labels = read_page(client.get("/").text).options["src"]
    assert labels["Europe/Nicosia"] == "Nicosia (Europe)"
    assert labels["Asia/Nicosia"] == "Nicosia (Asia)"
    assert labels["America/Louisville"] == "Louisville (America)"
    assert labels["America/Kentucky/Louisville"] == "Louisville (America, Kentucky)"


def test_without_a_script_the_page_has_the_answer_and_the_form_as_sent(client, read_page):
    question = {"dt": "2021-11-07T01:30", "src": "America/New_York", "dst": "Europe/London"}
    page = read_page(client.post("/show", data=question).text)
    assert page.text_of("src_location") == "New York (America)"
    assert page.text_of("src_dt") == "Sun Nov  7 01:30:00 2021"
    assert page.text_of("dst_location") == "London (Europe)"
    assert page.text_of("dst_dt") == "Sun Nov  7 05:30:00 2021"
    assert page.text_of("second_dst_dt") == "Sun Nov  7 06:30:00 2021"
    assert "occurs twice" in page.text_of("note")
    assert page.field("dt")["value"] == "2021-11-07T01:30"
    assert page.chosen == {"src": "America/New_York", "dst": "Europe/London"}


def test_the_first_page_is_empty_and_selects_utc(client, read_page):
    page = read_page(client.get("/").text)
    assert page.chosen == {"src": "UTC", "dst": "UTC"}
    assert page.field("dt")["value"] == ""
    assert [name for name in page.texts if page.text_of(name) and name.endswith("_error")] == []
    assert page.text_of("src_dt") == ""


def test_the_zones_selected_at_first_can_be_configured(create_app, read_page):
    page = read_page(create_app({"src": "Asia/Kathmandu"}).get_local_client().get("/").text)
    assert page.chosen == {"src": "Asia/Kathmandu", "dst": "UTC"}


def test_an_unknown_zone_in_the_configuration_is_refused(create_app):
    with pytest.raises(ValueError, match=r"^dst: there is no time zone 'Mars'\.$"):
        create_app({"dst": "Mars"})


def test_the_page_has_relative_links_and_no_inline_style_or_script(client, read_page):
    page = read_page(client.get("/").text)
    links = [
        fields[name]
        for _, fields in page.tags
        for name in ("href", "src", "action")
        if name in fields
    ]
    assert sorted(links) == ["show", "static/icon.svg", "static/show.js", "static/style.css"]
    for link in links:
        assert link == "show" or client.get(f"/{link}").status_code == 200
    for tag, fields in page.tags:
        assert tag != "style"
        assert [name for name in fields if name == "style" or name.startswith("on")] == []


def test_the_commands_of_the_readme_print_what_it_shows(server, replay):
    expected, printed = replay(FOLDER / "README.md", server)
    assert printed == expected
    assert len(expected) == 5
