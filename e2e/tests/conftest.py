"""Fixtures for the browser tests: browsers and URLs. Hooks save the results of failures."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.apps import served_program
from harness.artefacts import Results
from harness.browser import Browser

BROWSERS = ("browser", "second_browser")
PROGRAMS = Path(__file__).parents[1] / "programs"

RESULTS = pytest.StashKey[Results]()
LOG_SIZES = pytest.StashKey[dict[Path, int]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RESULTS] = Results.of_this_run()


def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[LOG_SIZES] = item.config.stash[RESULTS].log_sizes()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed:
        used = getattr(item, "funcargs", {})
        browsers = {name: used[name] for name in BROWSERS if name in used}
        logs = item.stash.get(LOG_SIZES, {})
        name = f"{Path(item.path).stem}-{item.name}"
        item.config.stash[RESULTS].save_failure(name, report.longreprtext, browsers, logs)
    return report


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    folders = dict.fromkeys(config.stash[RESULTS].failures)
    if folders:
        terminalreporter.section("results of the failures")
    for folder in folders:
        terminalreporter.line(str(folder))


@pytest.fixture(scope="session")
def results(pytestconfig: pytest.Config) -> Results:
    return pytestconfig.stash[RESULTS]


@pytest.fixture(scope="session")
def shared_browser() -> Iterator[Browser]:
    browser = Browser()
    yield browser
    browser.quit()


@pytest.fixture
def browser(shared_browser: Browser) -> Iterator[Browser]:
    """Yield a browser without data. All tests share it, because starting one takes a while."""
    shared_browser.reset()
    yield shared_browser
    harmless = "SEVERE network: "  # the status of a page, which tests check themselves
    errors = [line for line in shared_browser.console() if line.startswith("SEVERE")]
    assert [line for line in errors if not line.startswith(harmless)] == []


@pytest.fixture
def second_browser() -> Iterator[Browser]:
    """Yield another browser with its own cookies."""
    browser = Browser()
    yield browser
    browser.quit()


@pytest.fixture
def take_screenshot(browser: Browser, results: Results) -> Callable[[str], None]:
    """Return a function that saves a screenshot by name, for a page of the repository."""
    return lambda name: browser.save_screenshot(results.screenshots / f"{name}.png")


def address(variable: str) -> str:
    """Return the URL of an app, which ends in a slash."""
    url = os.environ.get(variable, "")
    if not url:
        pytest.fail(f"{variable} is not set. Use make e2e-local, which starts the apps.")
    return url.rstrip("/") + "/"


@pytest.fixture(scope="session")
def hello_url() -> str:
    return address("HELLO_URL")


@pytest.fixture(scope="session")
def tzconvert_url() -> str:
    return address("TZCONVERT_URL")


@pytest.fixture(scope="session")
def erosion_url() -> str:
    return address("EROSION_URL")


@pytest.fixture(scope="session")
def altdemo_url() -> str:
    return address("ALTDEMO_URL")


@pytest.fixture(scope="session")
def programs() -> Path:
    """Return the folder of the programs that tests serve."""
    return PROGRAMS


@pytest.fixture(scope="session")
def workshop_url(results: Results) -> Iterator[str]:
    """Serve ``workshop.py`` with the development server; yield its URL."""
    log = results.logs / "workshop.log"
    with served_program(PROGRAMS / "workshop.py", log, "--no-reloader", "--no-debugger") as url:
        yield url
