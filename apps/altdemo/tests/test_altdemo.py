"""Test altdemo: the login, the session, the forms, and the pages."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path

import pytest

import altdemo
from clastic.testing import client

FOLDER = Path(__file__).parents[1]


def log_in(user, name):
    return user.post("/login", data={"name": name}, follow_redirects=True)


def cookie_of(user):
    cookie = user.get_cookie("altdemo")
    return cookie and cookie.value


@pytest.mark.parametrize("path", ["/", "/login", "/request", "/stream", "/source"])
def test_a_visitor_gets_no_cookie(visitor, path):
    response = visitor.get(path)
    assert (response.status_code, "Set-Cookie" in response.headers) == (200, False)


def test_a_login_is_greeted_once(visitor):
    assert "You are logged in as Ann." in log_in(visitor, "Ann").text
    page = visitor.get("/").text
    assert "Hello, Ann!" in page
    assert "You are logged in as" not in page


def test_a_name_is_shown_as_text(visitor):
    assert "Hello, &lt;b&gt;!" in log_in(visitor, "<b>").text


@pytest.mark.parametrize("name", ["", "  ", "x" * 41], ids=["no name", "spaces", "a long name"])
def test_an_invalid_name_is_refused(visitor, name):
    page = log_in(visitor, name).text
    assert "Enter a name of 1 to 40 characters." in page
    assert "<h1>Log in</h1>" in page


def test_visits_are_counted_since_the_login(ann):
    pages = [ann.get("/").text for _ in range(2)]
    assert ["2 times" in pages[0], "3 times" in pages[1]] == [True, True]


def test_two_users_have_sessions_of_their_own(app, ann):
    bob = client(app)
    log_in(bob, "Bob")
    ann.post("/notes", data={"note": "buy tea"})
    assert "buy tea" in ann.get("/notes").text
    assert "buy tea" not in bob.get("/notes").text


def test_the_next_user_of_a_browser_sees_nothing_of_the_one_before(ann):
    ann.post("/notes", data={"note": "buy tea"})
    page = log_in(ann, "Bob").text
    assert "Hello, Bob!" in page
    assert "buy tea" not in ann.get("/notes").text


def test_a_login_changes_the_id_of_the_session(app, visitor):
    log_in(visitor, "")  # the message about it begins a session
    before = cookie_of(visitor)
    log_in(visitor, "Ann")
    assert before not in (None, cookie_of(visitor))
    intruder = client(app)
    intruder.set_cookie("altdemo", before)
    assert "Ann" not in intruder.get("/").text


def test_a_logout_ends_the_session(app, ann):
    stolen = cookie_of(ann)
    page = ann.post("/logout", follow_redirects=True).text
    assert "You are logged out." in page
    assert "Ann" not in page
    thief = client(app)
    thief.set_cookie("altdemo", stolen)
    assert "Ann" not in thief.get("/").text


def test_a_private_page_redirects_a_browser_to_the_login_and_back(visitor):
    page = visitor.get("/notes", headers={"Accept": "text/html"}, follow_redirects=True).text
    assert '<input type="hidden" name="next" value="/notes">' in page
    response = visitor.post("/login", data={"name": "Ann", "next": "/notes"})
    assert (response.status_code, response.headers["Location"]) == (303, "/notes")


def test_an_invalid_name_keeps_the_page_to_return_to(visitor):
    response = visitor.post("/login", data={"name": "", "next": "/notes"})
    assert response.headers["Location"] == "/login?next=%2Fnotes"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_a_login_redirects_to_no_other_site(visitor, target):
    response = visitor.post("/login", data={"name": "Ann", "next": target})
    assert response.headers["Location"] == "/"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/notes"), ("POST", "/notes"), ("POST", "/upload")]
)
def test_other_clients_are_refused_without_a_login(visitor, method, path):
    assert visitor.open(path, method=method, data={"note": "x"}).status_code == 403


@pytest.mark.parametrize("path", ["/", "/login", "/notes"])
def test_no_cache_stores_a_page_that_names_the_user(ann, path):
    assert ann.get(path).headers["Cache-Control"] == "no-store"


def test_a_note_is_saved_and_confirmed_once(ann):
    response = ann.post("/notes", data={"note": " <i>buy tea "})
    assert (response.status_code, response.headers["Location"]) == (303, "/notes")
    pages = [ann.get("/notes").text for _ in range(2)]
    assert ["The note is saved." in page for page in pages] == [True, False]
    assert ["<li>&lt;i&gt;buy tea</li>" in page for page in pages] == [True, True]


@pytest.mark.parametrize("note", ["", "x" * 201], ids=["no note", "a long note"])
def test_an_invalid_note_is_refused(ann, note):
    page = ann.post("/notes", data={"note": note}, follow_redirects=True).text
    assert "Enter a note of 1 to 200 characters." in page
    assert "There are no notes yet." in page


def test_the_ten_newest_notes_are_kept(ann):
    for number in range(12):
        ann.post("/notes", data={"note": f"note {number}"})
    page = ann.get("/notes").text
    kept = [number for number in range(12) if f"<li>note {number}</li>" in page]
    assert kept == list(range(2, 12))


def test_the_size_and_digest_of_an_upload_are_shown(ann):
    content = b"tea" * 50_000
    data = {"file": (io.BytesIO(content), "tea.txt")}
    page = ann.post("/upload", data=data, follow_redirects=True).text
    assert f"tea.txt has 150000 bytes. Its SHA-256 is {sha256(content).hexdigest()}." in page


def test_an_upload_without_a_file_is_refused(ann):
    page = ann.post("/upload", data={"file": (io.BytesIO(), "")}, follow_redirects=True).text
    assert "Choose a file." in page


def test_an_upload_over_the_limit_is_a_413(ann):
    response = ann.post(
        "/upload", data=bytes(5 * 2**20), content_type="multipart/form-data; boundary=x"
    )
    assert response.status_code == 413


def test_the_request_is_shown_without_secrets(ann):
    shown = ann.get("/request?q=tea", headers={"X-Colour": "green"})
    assert shown.json["query"] == {"q": ["tea"]}
    assert shown.json["session"]["user"] == "Ann"
    assert shown.json["headers"]["X-Colour"] == "green"
    assert shown.json["cookies"] == ["altdemo"]
    assert cookie_of(ann) not in shown.text


def test_lines_are_sent_one_after_the_other(visitor, waits):
    response = visitor.get("/stream", buffered=False)
    lines = response.iter_encoded()
    assert (next(lines), len(waits)) == (b"Line 1 of 5\n", 1)
    assert (len([*lines]), len(waits)) == (4, 5)


def test_the_source_is_a_download(visitor):
    response = visitor.get("/source")
    assert response.data == (FOLDER / "altdemo.py").read_bytes()
    assert response.headers["Content-Disposition"] == 'attachment; filename="altdemo.py"'


@pytest.mark.parametrize("path", ["/login", "/logout", "/notes", "/upload"])
def test_a_form_of_another_site_is_refused(ann, path):
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert ann.post(path, data={"name": "Eve", "note": "x"}, headers=headers).status_code == 403
    assert "Hello, Ann!" in ann.get("/").text


def test_all_urls_are_below_the_root_of_the_app(visitor):
    page = visitor.get("/", environ_overrides={"SCRIPT_NAME": "/demo"}).text
    assert 'href="/demo/notes"' in page
    assert 'href="/demo/static/style.css"' in page


def test_sessions_are_in_the_memory_by_default(monkeypatch):
    monkeypatch.delenv("ALTDEMO_SESSIONS", raising=False)
    user = client(altdemo.create_app())
    assert "Hello, Ann!" in log_in(user, "Ann").text


def test_the_environment_can_set_the_folder_of_the_sessions(monkeypatch, tmp_path):
    monkeypatch.setenv("ALTDEMO_SESSIONS", str(tmp_path))
    log_in(client(altdemo.create_app()), "Ann")
    assert [*tmp_path.glob("*.session")]


def test_the_commands_of_the_readme_print_what_it_shows(server, replay):
    expected, printed = replay(FOLDER / "README.md", server)
    assert printed == expected
    assert len(expected) == 5
