"""Test the scripts of the containers with a fake docker."""

from __future__ import annotations

import signal
import stat

import pytest

STAND_INS = """\
PYTHON_IMAGE=clastic-offline/python
PYTHON_BUILD_IMAGE=clastic-offline/python-build
POSTGRES_IMAGE=clastic-offline/postgres
NGINX_IMAGE=clastic-offline/nginx
"""
NO_REGISTRY = """case "$*" in
    "image inspect"* | "manifest inspect"*) echo "no such host" >&2; exit 1 ;;
esac"""

# Has two containers of each app. New ones are n1 and n2, after "up".
SERVING = """case "$*" in
    *" up "*) touch "$TMPDIR/up"; exit UP ;;
    *"ps "*) echo "o1\no2"; [ ! -e "$TMPDIR/up" ] || echo "n1\nn2" ;;
    "stop o2") rm "$TMPDIR/up" ;;
    "logs "*) echo "no database" ;;
esac"""


def read_secrets(machine) -> dict[str, str]:
    return {file.name: file.read_text() for file in (machine.folder / ".secrets").iterdir()}


@pytest.mark.parametrize("script", ["check", "prepare", "e2e", "upgrade"])
def test_a_missing_engine_is_reported_with_what_to_install(machine, script):
    assert machine.run(script)[::2] == (
        1,
        "A container engine is required, but none is installed. "
        "Install it: apt-get install docker.io on Debian and Ubuntu.\n",
    )
    assert list(machine.temporary.iterdir()) == []


def test_an_engine_that_does_not_respond_is_reported_with_the_reason(machine):
    machine.add_docker("echo 'Cannot connect to the daemon.' >&2; exit 1")
    status, _, errors = machine.run("check")
    assert status == 1
    assert errors == (
        "A container engine is required, but none is running. Start it: systemctl start docker "
        "(or, as root, for one command: .ci/engine COMMAND).\nCannot connect to the daemon.\n"
    )


@pytest.mark.parametrize("version", ["1.29.2", ""], ids=["Compose 1", "no Compose"])
def test_without_compose_2_the_message_says_how_to_get_it(machine, version):
    machine.add_docker()
    docker = machine.folder.parent / "bin/docker"
    docker.write_text(docker.read_text().replace("2.26.1", version))
    assert machine.run("e2e")[::2] == (
        1,
        "Compose 2 is required. Install it: apt-get install docker-compose on Debian 13 or newer, "
        "docker-compose-v2 on Ubuntu. On Debian 12, run .ci/engine true as root.\n",
    )


def test_an_engine_with_compose_2_passes_the_check_silently(machine):
    machine.add_docker()
    assert machine.run("check") == (0, "", "")


def test_secrets_are_random_and_created_once(machine):
    machine.add_docker()
    assert machine.run("prepare") == (0, "", "")
    first = read_secrets(machine)
    assert machine.run("prepare") == (0, "", "")
    assert read_secrets(machine) == first
    assert first.keys() == {"cookie_secret", "db_password", "db_url"}
    assert len(first["cookie_secret"]) == len(first["db_password"]) == 32
    assert first["cookie_secret"] != first["db_password"]
    assert first["db_url"] == f"postgresql://erosion:{first['db_password']}@database:5432/erosion"


def test_no_other_user_may_enter_the_folder_of_secrets(machine):
    machine.add_docker()
    machine.run("prepare")
    assert stat.S_IMODE((machine.folder / ".secrets").stat().st_mode) == 0o700


def test_settings_are_created_once(machine):
    machine.add_docker()
    machine.run("prepare")
    settings = machine.folder / ".env"
    assert "COMPOSE_FILE=compose.yaml:compose.up.yaml\n" in settings.read_text()
    settings.write_text("PORT=80\n")
    machine.run("prepare")
    assert settings.read_text() == "PORT=80\n"


def test_settings_and_secrets_of_another_run_are_beside_each_other(machine):
    machine.add_docker()
    settings = machine.temporary / ".env"
    assert machine.run("prepare", COMPOSE_ENV_FILES=str(settings)) == (0, "", "")
    assert f"SECRETS={machine.temporary}/.secrets\n" in settings.read_text()
    assert (machine.temporary / ".secrets/db_url").is_file()
    assert not (machine.folder / ".env").exists()


@pytest.mark.parametrize(
    ("docker", "variables"),
    [
        pytest.param('[ "$1" = manifest ] || [ "$1" = version ]', {}, id="a registry responds"),
        pytest.param('[ "$1" = image ] || [ "$1" = version ]', {}, id="the image is here"),
        pytest.param(NO_REGISTRY, {"BASES": "public"}, id="they are requested"),
        pytest.param(NO_REGISTRY, {"NGINX_IMAGE": "example.org/nginx"}, id="another is set"),
    ],
)
def test_public_bases_are_used(machine, docker, variables):
    machine.add_docker(docker)
    assert machine.run("offline/bases", **variables) == (0, "", "")


def test_stand_ins_are_used_if_no_registry_responds(machine):
    machine.add_docker(NO_REGISTRY)
    status, output, errors = machine.run("offline/bases")
    assert (status, output) == (0, STAND_INS)
    assert errors == (
        "The public base images are not available: no such host\n"
        "Using stand-ins built from Debian packages (docker/offline/README.md).\n"
        "The stand-ins are built.\n"
    )


def test_an_invalid_choice_of_bases_is_refused(machine):
    machine.add_docker()
    status, _, errors = machine.run("prepare", BASES="some")
    assert (status, errors) == (1, "BASES must be auto, public or offline, not 'some'.\n")


def test_the_choice_of_bases_is_kept_until_another_is_requested(machine):
    machine.add_docker(NO_REGISTRY)
    settings = machine.folder / ".env"
    machine.run("prepare")
    assert settings.read_text().endswith(STAND_INS)
    machine.add_docker()
    assert machine.run("prepare") == (0, "", "The stand-ins are built.\n")
    assert settings.read_text().endswith(STAND_INS)
    assert machine.run("prepare", BASES="public") == (0, "", "")
    assert "clastic-offline" not in settings.read_text()
    assert "COMPOSE_FILE=" in settings.read_text()


def test_the_browser_tests_get_their_arguments_and_their_status_is_returned(machine):
    machine.add_docker('case "$*" in *" run "*) echo "1 failed"; exit 5 ;; esac')
    results = machine.temporary / "results"
    status, output, errors = machine.run("e2e", "-k", "a or b", E2E_RESULTS=str(results))
    assert (status, errors) == (5, "")
    assert output.splitlines()[-2:] == ["1 failed", f"The results are in {results}."]
    (run,) = machine.calls(" run ")
    assert run.endswith(" e2e -k a or b")
    assert sorted(path.name for path in (results / "containers").iterdir()) == [
        "altdemo.log",
        "erosion.log",
        "hello.log",
        "tzconvert.log",
    ]


def test_the_containers_of_the_browser_tests_are_removed_after_an_error(machine):
    machine.add_docker('case "$*" in *" up "*) echo "erosion is unhealthy" >&2; exit 1 ;; esac')
    results = machine.temporary / "results"
    status, _, errors = machine.run("e2e", E2E_RESULTS=str(results))
    assert (status, errors) == (1, "erosion is unhealthy\n")
    assert machine.calls(" run ") == []
    assert machine.calls("compose down") == ["compose down --volumes --remove-orphans --rmi all"]
    assert list(machine.temporary.iterdir()) == [results]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_browser_tests_and_removes_the_containers(machine, number):
    machine.add_docker('case "$*" in *" run "*) echo runs; exec sleep 60 ;; esac')
    results = machine.temporary / "results"
    with machine.start("e2e", E2E_RESULTS=str(results)) as process:
        assert "runs\n" in iter(process.stdout.readline, "")
        process.send_signal(number)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert output.endswith(f"The results are in {results}.\n")
    assert len(machine.calls("compose down")) == 1


def test_each_run_of_the_browser_tests_has_its_own_containers_and_images(machine):
    machine.add_docker('case "$*" in "compose build"*) echo "$COMPOSE_PROJECT_NAME $TAG" ;; esac')
    results = str(machine.temporary / "results")
    names = [machine.run("e2e", E2E_RESULTS=results)[1].splitlines()[1] for _ in range(2)]
    assert names[0].startswith("clastic-e2e-")
    assert names[0] != names[1]


def test_an_upgrade_stops_old_containers_when_new_ones_are_healthy(machine):
    machine.add_docker(SERVING.replace("UP", "0"))
    machine.skip_sleeps()
    status, output, _ = machine.run("upgrade")
    assert status == 0
    assert output == "hello, tzconvert, erosion and altdemo: all containers are replaced.\n"
    ups = [call.rpartition("--scale ")[2] for call in machine.calls(" up ")]
    assert ups == [
        "hello=4 hello",
        "tzconvert=4 tzconvert",
        "erosion=4 erosion",
        "altdemo=4 altdemo",
    ]
    assert machine.calls("stop ") == ["stop o1", "stop o2"] * 4
    assert machine.calls("rm ") == ["rm o1", "rm o2"] * 4


def test_an_upgrade_removes_new_containers_that_are_not_healthy(machine):
    machine.add_docker(SERVING.replace("UP", "1"))
    status, _, errors = machine.run("upgrade")
    assert status == 1
    assert "no database\n" in errors
    assert errors.endswith(
        "hello was not replaced: its new containers are removed, and the old ones are running.\n"
    )
    assert machine.calls("rm ") == ["rm --force n1", "rm --force n2"]
    assert machine.calls("stop ") == []


def test_an_upgrade_of_apps_that_are_not_running_is_refused(machine):
    machine.add_docker()
    status, _, errors = machine.run("upgrade")
    assert (status, errors) == (1, "hello is not running. Start it with: make up\n")
