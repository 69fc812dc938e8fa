"""Send random requests to an application with everything and to the apps.

Every response must be valid, and no error may be the framework's: no uncaught exception, no 5xx
that is not the application's own, no more than a second of work.

``make test`` sends a few hundred requests, ``.ci/run`` 20,000. ``FUZZ_REQUESTS`` is the number for
each site, ``FUZZ_SEED`` changes the requests. A failure prints the request: add it to FOUND.
"""

from __future__ import annotations

import logging
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fuzz_requests import HOST, Fuzzer, Sent, post_form
from fuzz_sites import SITES, OnPurpose, Site, create_site

IS_THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "3400" if IS_THOROUGH else "60"))
SEED = os.environ.get("FUZZ_SEED", "1")

# Of the thread, so that other processes do not matter.
MAX_CPU_SECONDS = 1.0
NO_CONTENT = (204, 304)
LEARNED = {"ETag": ("If-None-Match", "If-Range", "If-Match"), "Last-Modified": ("If-Range",)}


@dataclass
class Outcome:
    """The response that a server would send, and the errors that the application has logged."""

    status: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    cpu_seconds: float = 0.0
    records: list[logging.LogRecord] = field(default_factory=list)


class Recorder(logging.Handler):
    """Keep the records of errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def send(application: Any, sent: Sent) -> Outcome:
    """Send a request to an application, as a server would."""
    outcome = Outcome()
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        outcome.status, outcome.headers = status, headers
        return written.append

    recorder = Recorder()
    logging.getLogger().addHandler(recorder)
    started = time.thread_time()
    try:
        body = application(sent.environ(), start_response)
        try:
            outcome.body = b"".join([*written, *body])
        finally:
            if hasattr(body, "close"):
                body.close()
    finally:
        logging.getLogger().removeHandler(recorder)
    outcome.cpu_seconds = time.thread_time() - started
    outcome.records = recorder.records
    return outcome


def problem_of(sent: Sent, outcome: Outcome, site: Site) -> str | None:
    """Return what is wrong with a response, None if nothing is."""
    is_own = False
    for record in outcome.records:
        error = record.exc_info and record.exc_info[1]
        if not isinstance(error, OnPurpose):
            return f"logged: {record.getMessage()}: {error!r}"
        is_own = True
    if outcome.cpu_seconds > MAX_CPU_SECONDS:
        return f"{outcome.cpu_seconds:.2f} seconds of work"
    if not re.fullmatch(r"[2-5][0-9]{2} [ -~]*", outcome.status):
        return f"the status is {outcome.status!r}"
    for name, value in outcome.headers:
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            return f"the name of a header is {name!r}"
        if not re.fullmatch(r"[\t -~\x80-\xff]*", value):
            return f"the value of the header {name} is {value!r}"
    return body_problem(sent, outcome) or status_problem(outcome, site, is_own)


def body_problem(sent: Sent, outcome: Outcome) -> str | None:
    headers = dict(outcome.headers)
    is_empty = sent.method == "HEAD" or int(outcome.status[:3]) in NO_CONTENT
    if is_empty and outcome.body:
        return "a body where there must be none"
    length = headers.get("Content-Length")
    if length is not None and not is_empty and length != str(len(outcome.body)):
        return f"{len(outcome.body)} bytes with Content-Length: {length}"
    return None


def status_problem(outcome: Outcome, site: Site, is_own: bool) -> str | None:
    status = int(outcome.status[:3])
    if status < 500 or is_own or site.is_own(status, dict(outcome.headers)):
        return None
    return f"the status is {outcome.status}"


def check(sent: Sent, site: Site) -> Outcome:
    """Send a request, and fail with it if the response is wrong."""
    try:
        outcome = send(site.application, sent)
    except Exception as error:
        error.__cause__ = None
        raise AssertionError(f"an uncaught exception, {error!r}:\n{sent!r}") from error
    problem = problem_of(sent, outcome, site)
    assert problem is None, f"{problem}:\n{sent!r}"
    return outcome


@pytest.fixture(params=SITES)
def site(request: Any, tmp_path: Path) -> Site:
    return create_site(request.param, tmp_path)


def test_every_unchanged_request_succeeds(site: Site) -> None:
    refused = []
    for sent in site.valid:
        outcome = check(sent, site)
        status = int(outcome.status[:3])
        is_own = site.is_own(status, dict(outcome.headers)) or outcome.records
        if status >= 400 and not is_own and b"missing" not in sent.target:
            refused.append((outcome.status, sent))
    assert refused == []


# Requests that have caused errors.
FOUND = [
    ("everything, debug", Sent("OPTIONS", b"/go?to=\xff", (HOST,))),
    ("everything", post_form("/form", ratio="1e999")),
]


@pytest.mark.parametrize(("name", "sent"), FOUND)
def test_no_request_that_was_found_causes_an_error(name: str, sent: Sent, tmp_path: Path) -> None:
    check(sent, create_site(name, tmp_path))


def test_no_random_request_causes_an_error(request: Any, site: Site) -> None:
    fuzzer = Fuzzer(site.valid, (SEED, request.node.name))
    for number in range(REQUESTS):
        try:
            outcome = check(fuzzer.request(), site)
        except AssertionError as error:
            pytest.fail(f"FUZZ_SEED={SEED}, request {number}: {error}")
        for name, value in outcome.headers:
            for learned in LEARNED.get(name, ()):
                fuzzer.learned.setdefault(learned, []).append(value)
            if name == "Set-Cookie":
                fuzzer.learned.setdefault("Cookie", []).append(value.partition(";")[0])
