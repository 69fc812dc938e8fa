"""Test the compose files: valid sets, and the security and limits of every service."""

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
SERVING = {"hello", "tzconvert", "erosion", "altdemo", "database", "gateway"}


def load(file: str) -> dict[str, dict[str, object]]:
    return yaml.safe_load((DOCKER / file).read_text())


def services() -> list[object]:
    """Return every service, merged from all files that define it."""
    merged: dict[str, dict[str, object]] = {}
    for file in ("compose.yaml", "compose.up.yaml", "compose.e2e.yaml"):
        for name, service in load(file)["services"].items():
            merged.setdefault(name, {}).update(service)
    return [pytest.param(name, service, id=name) for name, service in merged.items()]


def has_compose() -> bool:
    command = ["docker", "compose", "version"]
    return (
        bool(shutil.which("docker")) and not subprocess.run(command, capture_output=True).returncode
    )


@pytest.mark.skipif(not has_compose(), reason="Compose 2 is not installed")
@pytest.mark.parametrize("files", SETS.values(), ids=SETS.keys())
def test_each_set_of_files_is_valid_for_compose(files):
    options = [part for file in files for part in ("--file", str(DOCKER / file))]
    command = ["docker", "compose", *options, "config", "--quiet"]
    process = subprocess.run(command, capture_output=True, text=True)
    assert (process.returncode, process.stderr) == (0, "")


@pytest.mark.parametrize(("name", "service"), services())
def test_a_service_has_no_unneeded_privileges(name, service):
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
def test_by_default_a_port_is_published_only_for_this_machine(file):
    for service in load(file)["services"].values():
        for port in service.get("ports", []):
            assert port.startswith("${ADDRESS:-127.0.0.1}:")


@pytest.mark.parametrize(
    "dockerfile", sorted(DOCKER.glob("*.Dockerfile")), ids=lambda path: path.name
)
def test_an_image_runs_as_an_unprivileged_user(dockerfile):
    users = [line for line in dockerfile.read_text().splitlines() if line.startswith("USER ")]
    assert users == ["USER 10001:10001"]
