"""Test the container commands without an engine."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from audit import report
from bases import STAND_INS, choose_bases
from credentials import make_credentials
from health import read_events
from load import Outcome, find_losses
from shell import Failure

COMMANDS = Path(__file__).resolve().parents[1] / "commands"


def run_engine(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(COMMANDS / "engine.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_a_missing_engine_is_reported(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    process = run_engine()
    assert process.returncode == 3
    assert process.stderr == (
        "A container engine is required, but none is installed. Install it: apt-get install "
        "docker.io docker-compose on Debian and Ubuntu.\n"
    )


def test_an_engine_that_does_not_respond_is_reported(fake_docker):
    fake_docker("echo 'Cannot connect to the daemon.' >&2; exit 1")
    process = run_engine()
    assert process.returncode == 3
    assert process.stderr.startswith("A container engine is required, but none is running. Start")
    assert process.stderr.endswith("Cannot connect to the daemon.\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="other users get another error first")
def test_a_machine_that_cannot_install_an_engine_has_its_own_exit_status(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    process = run_engine("start")
    assert process.returncode == 3
    assert process.stderr.startswith("This machine cannot run a container engine: ")


def test_a_running_engine_is_used(fake_docker):
    fake_docker("echo 28.0.0")
    process = run_engine()
    assert process.returncode == 0
    assert process.stdout == "A container engine is running, version 28.0.0.\n"


def test_every_command_reports_a_missing_engine(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("E2E_RESULTS", str(tmp_path / "results"))
    for name in ("e2e", "chaos", "down", "upgrade"):
        command = [sys.executable, str(COMMANDS / f"{name}.py")]
        process = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert (name, process.returncode) == (name, 3)
        assert process.stderr.startswith("A container engine is required, but none is installed.")


def test_public_bases_are_used_if_a_registry_responds(fake_docker):
    fake_docker('[ "$1" = manifest ]')
    assert choose_bases({}) == {}


def test_public_bases_are_used_if_they_are_requested(fake_docker):
    fake_docker("exit 1")
    assert choose_bases({"BASES": "public"}) == {}


def test_bases_in_the_environment_are_kept(fake_docker):
    fake_docker("exit 1")
    assert choose_bases({"PYTHON_IMAGE": "registry.example.org/python"}) == {}


def test_stand_ins_are_used_if_no_registry_responds(fake_docker, monkeypatch, capsys):
    fake_docker("echo 'no such host' >&2; exit 1")
    built = []
    monkeypatch.setattr("bases.run", lambda command, seconds: built.append(command))
    assert choose_bases({}) == STAND_INS
    assert built == [["sh", "docker/offline/build"]]
    assert "The public base images are not available: no such host" in capsys.readouterr().out


def test_an_invalid_choice_of_bases_is_refused():
    with pytest.raises(Failure, match="BASES must be auto, public or offline, not 'some'"):
        choose_bases({"BASES": "some"})


def test_secrets_are_random_and_created_once(tmp_path):
    make_credentials(tmp_path / "one")
    make_credentials(tmp_path / "two")
    first = {file.name: file.read_text() for file in (tmp_path / "one").iterdir()}
    second = {file.name: file.read_text() for file in (tmp_path / "two").iterdir()}
    make_credentials(tmp_path / "one")
    assert first == {file.name: file.read_text() for file in (tmp_path / "one").iterdir()}
    assert first.keys() == {"cookie_secret", "db_password", "db_url"}
    assert all(first[name] != second[name] for name in first)
    assert first["db_password"] in first["db_url"]


def test_no_other_user_may_enter_the_folder_of_secrets(tmp_path):
    make_credentials(tmp_path / "secrets")
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_the_time_until_healthy_is_computed_from_events():
    events = [
        {"id": "a", "status": "start", "timeNano": 1_000_000_000},
        {"id": "b", "status": "health_status: healthy", "timeNano": 1_500_000_000},
        {"id": "a", "status": "health_status: unhealthy", "timeNano": 2_000_000_000},
        {"id": "a", "status": "health_status: healthy", "timeNano": 3_500_000_000},
        {"id": "a", "status": "health_status: healthy", "timeNano": 9_000_000_000},
    ]
    assert read_events("\n".join(map(json.dumps, events))) == {"a": 2.5}


def outcome(kind: str, status: int) -> Outcome:
    return Outcome(kind, "x", 0.0, 1.0, status, None)


CREATED, REFUSED = outcome("create", 303), outcome("create", 503)
CLICKED, FAILED = outcome("click", 302), outcome("click", 503)


@pytest.mark.parametrize(
    ("outcomes", "counts", "losses"),
    [
        pytest.param([CREATED], {"x": 0}, [], id="a link is stored"),
        pytest.param(
            [CREATED], {}, ["the link x was acknowledged but is missing"], id="a link is lost"
        ),
        pytest.param([REFUSED], {}, [], id="a link that was not acknowledged may be missing"),
        pytest.param([CREATED, CLICKED, CLICKED], {"x": 2}, [], id="every click is counted"),
        pytest.param(
            [CREATED, CLICKED, CLICKED],
            {"x": 1},
            ["x has 1 clicks, but 2 were acknowledged and 0 failed"],
            id="a click is lost",
        ),
        pytest.param(
            [CREATED, CLICKED],
            {"x": 2},
            ["x has 2 clicks, but 1 were acknowledged and 0 failed"],
            id="a click is counted twice",
        ),
        pytest.param([CREATED, FAILED], {"x": 1}, [], id="a click that failed may be counted"),
        pytest.param([CREATED, FAILED], {"x": 0}, [], id="a click that failed need not be counted"),
    ],
)
def test_losses_are_found(outcomes, counts, losses):
    assert find_losses(outcomes, counts) == losses


UNKNOWN = {"name": "a", "version": "1", "skip_reason": "not found"}
GOOD = {"name": "b", "version": "2", "vulns": []}
BAD = {"name": "c", "version": "3", "vulns": [{"id": "CVE-1"}, {"id": "CVE-2"}]}


@pytest.mark.parametrize(
    ("packages", "verdict", "printed"),
    [
        pytest.param(
            [UNKNOWN],
            True,
            "x: not audited, because the list of vulnerabilities is not reachable.\n",
            id="no package is known",
        ),
        pytest.param(
            [UNKNOWN, GOOD], True, "x: 1 of 2 audited, 0 vulnerable.\n", id="none is vulnerable"
        ),
        pytest.param(
            [GOOD, BAD],
            False,
            "x: 2 of 2 audited, 1 vulnerable.\n  c 3: CVE-1, CVE-2\n",
            id="one is vulnerable",
        ),
    ],
)
def test_an_audit_is_reported(capsys, packages, verdict, printed):
    assert report("x", packages) is verdict
    assert capsys.readouterr().out == printed
