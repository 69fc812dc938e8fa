"""Tests of logging in and out."""

import pytest
from shop import create_app
from werkzeug.security import generate_password_hash

from clastic.testing import client

HTML = {"Accept": "text/html"}
ANN = {"username": "ann", "password": "tea"}


@pytest.fixture
def browser():
    return client(create_app({"ann": generate_password_hash("tea", "pbkdf2:sha256:1")}))


def test_logging_in_leads_back_to_the_page(browser):
    login = browser.get("/orders", headers=HTML).headers["Location"]
    assert browser.post(login, data=ANN).headers["Location"] == "/orders"
    assert browser.get("/orders").text == "The orders of ann\n"


def test_a_wrong_password_is_refused(browser):
    assert browser.post("/login", data={**ANN, "password": "coffee"}).status_code == 400
    assert browser.get("/orders").status_code == 403


def test_logging_out_ends_the_session(browser):
    browser.post("/login", data=ANN)
    browser.post("/logout")
    assert browser.get("/orders").status_code == 403


def test_a_form_of_another_site_does_not_log_anybody_in(browser):
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert browser.post("/login", data=ANN, headers=headers).status_code == 403
