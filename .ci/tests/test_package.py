"""Build the wheel and the sdist of the framework, install both and run an application with them.

Nothing is downloaded: the tools and the dependencies are those of the environment of the tests.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

FRAMEWORK = Path(__file__).parents[2] / "framework"
SOURCE = FRAMEWORK / "src"
SECONDS = 60

APP = """
import sys
import clastic
from clastic import Application, render_json
from clastic.meta import MetaApplication
from clastic.middleware import SignedCookieMiddleware
from clastic.render import AshesRenderFactory


def greet(name, cookie):
    cookie["name"] = name
    return {"name": name}


app = Application(
    [
        ("/meta", MetaApplication()),
        ("/<name>", greet, "greeting"),
        ("/json/<name>", greet, render_json),
    ],
    middlewares=[SignedCookieMiddleware(secret_key="a secret key of this test")],
    render_factory=AshesRenderFactory(templates={"greeting": "Hello, {name}!"}),
)
client = app.get_local_client()
assert client.get("/Ann").text == "Hello, Ann!"
assert client.get("/json/Ann").json == {"name": "Ann"}
assert "/json/&lt;name&gt;" in client.get("/meta/").text
assert clastic.__file__.startswith(sys.prefix), clastic.__file__
"""


def run(*command: str | Path, cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr


def copy_distribution(name: str, folder: Path) -> None:
    """Copy an installed distribution and everything that it requires into another folder."""
    distribution = metadata.distribution(name)
    for file in distribution.files or ():
        if ".." not in file.parts and not (folder / file).exists():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file.locate(), folder / file)
    copy_requirements(distribution, folder)


def copy_requirements(distribution: metadata.Distribution, folder: Path) -> None:
    for line in distribution.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            copy_distribution(requirement.name, folder)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, the wheel, and the wheel that pip builds from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--directory", folder, cwd=FRAMEWORK)
    (sdist,) = folder.glob("*.tar.gz")
    pip_wheel = [sys.executable, "-m", "pip", "wheel", "--no-index", "--no-deps"]
    run(*pip_wheel, "--no-build-isolation", "--wheel-dir", folder / "of-sdist", sdist)
    return folder


def find_wheel(dist: Path, source: str) -> Path:
    (wheel,) = (dist if source == "tree" else dist / "of-sdist").glob("*.whl")
    return wheel


@pytest.mark.parametrize("source", ["tree", "sdist"])
def test_a_wheel_holds_all_files_of_the_packages(dist, source):
    files = {
        path.relative_to(SOURCE).as_posix()
        for path in [*SOURCE.glob("*.py"), *SOURCE.glob("clastic/**/*")]
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(find_wheel(dist, source)) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert "clastic/py.typed" in packed
    assert packed == files


def test_the_sdist_holds_the_tests_the_pages_and_the_licence(dist):
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= {
        "LICENSE",
        "README.md",
        "docs/index.md",
        "pyproject.toml",
        "src/clastic/py.typed",
        "tests/conftest.py",
    }
    left_out = ("benchmarks/.venv/", "benchmarks/results/", "docs/_build/")
    assert [name for name in names if name.startswith(left_out)] == []


@pytest.mark.parametrize("source", ["tree", "sdist"])
def test_an_application_runs_in_an_environment_with_nothing_else(dist, source, tmp_path):
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    python = tmp_path / "venv/bin/python"
    pip = [sys.executable, "-m", "pip", "--python", python]
    run(*pip, "install", "--no-index", "--no-deps", find_wheel(dist, source))
    (folder,) = tmp_path.glob("venv/lib/python*/site-packages")
    (clastic,) = metadata.distributions(name="clastic", path=[str(folder)])
    copy_requirements(clastic, folder)
    run(*pip, "check")
    run(python, "-I", "-W", "error", "-c", APP, cwd=tmp_path)
