"""What every service has to promise, in each set of files that is used together."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

DOCKER = Path(__file__).resolve().parents[1]
SETS = {
    "the apps on ports": ["compose.yaml", "compose.ports.yaml"],
    "behind the gateway": ["compose.yaml", "compose.up.yaml"],
    "behind the gateway, with TLS": ["compose.yaml", "compose.up.yaml", "compose.tls.yaml"],
    "the browser tests": ["compose.yaml", "compose.e2e.yaml"],
}
FILES = sorted({file for files in SETS.values() for file in files})
SERVING = {"hello", "tzconvert", "erosion", "database", "gateway"}


def load(file: str) -> dict[str, dict[str, object]]:
    return yaml.safe_load((DOCKER / file).read_text())


def services() -> list[object]:
    """Every service, with all that the files which define it say."""
    merged: dict[str, dict[str, object]] = {}
    for file in ("compose.yaml", "compose.up.yaml", "compose.e2e.yaml"):
        for name, service in load(file)["services"].items():
            merged.setdefault(name, {}).update(service)
    return [pytest.param(name, service, id=name) for name, service in merged.items()]


def composes() -> list[object]:
    """The versions of Compose that are here; they need no engine to read files."""
    found = []
    for command in (["docker-compose"], ["docker", "compose"]):
        is_here = (
            shutil.which(command[0])
            and not subprocess.run([*command, "version"], capture_output=True).returncode
        )
        why = f"{' '.join(command)} is not installed"
        mark = pytest.mark.skipif(not is_here, reason=why)
        found.append(pytest.param(command, id=" ".join(command), marks=mark))
    return found


@pytest.mark.parametrize("files", SETS.values(), ids=SETS.keys())
@pytest.mark.parametrize("command", composes())
def test_compose_reads_each_set_of_files(command, files):
    options = [part for file in files for part in ("--file", str(DOCKER / file))]
    process = subprocess.run([*command, *options, "config"], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize("file", FILES)
def test_a_file_has_only_what_both_versions_know(file):
    top = {key for key in load(file) if not key.startswith("x-")}
    assert top <= {"services", "volumes", "secrets", "networks"}


@pytest.mark.parametrize(("name", "service"), services())
def test_a_service_has_no_rights_that_it_does_not_need(name, service):
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@pytest.mark.parametrize(("name", "service"), services())
def test_a_service_has_limits(name, service):
    assert service["mem_limit"]
    if name in SERVING:
        assert service["cpus"]
        assert service["restart"] == "unless-stopped"
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}


@pytest.mark.parametrize(("name", "service"), services())
def test_a_secret_comes_from_a_file(name, service):
    for variable in service.get("environment", {}):
        if any(word in variable for word in ("SECRET", "PASSWORD", "DB_URL")):
            assert variable.endswith("_FILE")


@pytest.mark.parametrize("file", FILES)
def test_a_port_is_published_for_this_machine_only_by_default(file):
    for service in load(file)["services"].values():
        for port in service.get("ports", []):
            assert port.startswith("${ADDRESS:-127.0.0.1}:")


@pytest.mark.parametrize(
    "dockerfile", sorted(DOCKER.glob("*.Dockerfile")), ids=lambda path: path.name
)
def test_an_image_runs_as_a_user_without_rights(dockerfile):
    users = [line for line in dockerfile.read_text().splitlines() if line.startswith("USER ")]
    assert users == ["USER 10001:10001"]
