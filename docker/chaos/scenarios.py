"""The scenarios of ``make chaos``, with their checks."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from clastic.testing import Received, Server
from load import Client, Load, Outcome, find_losses
from prefix import FORM, PAGE, check_prefix
from project import Failure, containers, name_of, run, wait_until_healthy, wait_until_restarted

USES, LIMIT, USES_AT_A_TIME = 1000, 100, 250
USERS = 8
RECOVERY_SECONDS = 5.0
OUTAGE_SECONDS = 5.0
STOP_SECONDS = 3.0
IN_FLIGHT = 8

# For each app, a request that is in flight while it is stopped, and the expected status.
IN_FLIGHT_REQUESTS = {
    "hello": ("POST", "/fancy", "name=Ann", "200"),
    "tzconvert": ("POST", "/show", "dt=2024-01-01T12:00&src=Europe/Paris&dst=Asia/Tokyo", "200"),
    "erosion": ("POST", "/submit", "target_url=http://example.com/&max_count=1", "303"),
    "altdemo": ("POST", "/login", "name=Ann", "303"),
}


class Scenarios:
    """Run the scenarios with running containers, and print the failures that their users saw.

    :param port: the port of the gateway on this machine
    """

    def __init__(self, port: int) -> None:
        self.failed_checks: list[str] = []
        self._gateway = Server(port)
        self._address = f"127.0.0.1:{port}"

    def run(self) -> None:
        self.all_paths_are_below_the_prefix()
        self.health_checks_are_not_forwarded()
        self.replicas_share_a_limit()
        with Load(self._address, USERS) as load:
            time.sleep(RECOVERY_SECONDS)
            self.a_replica_is_killed(load)
            self.the_database_is_restarted(load)
            self.the_database_is_stopped(load)
            self.the_apps_are_upgraded(load)
        self.nothing_is_lost(load.outcomes)
        for app in IN_FLIGHT_REQUESTS:
            self.an_app_is_stopped(app)

    def all_paths_are_below_the_prefix(self) -> None:
        title("Every app is served below its prefix")
        for app in IN_FLIGHT_REQUESTS:
            count, problems = check_prefix(f"{self._gateway.url}/{app}/", self._send)
            self._check(not problems, f"{app}: {count} links, files, forms and redirects")
            for problem in problems:
                print(f"        {problem}")

    def health_checks_are_not_forwarded(self) -> None:
        title("Visitors cannot request the health checks")
        paths = ("_health/live", "_health/ready", "%5fhealth/live", "./_health/ready")
        for app in IN_FLIGHT_REQUESTS:
            statuses = {self._gateway.get(f"/{app}/{path}").status for path in paths}
            self._check(statuses == {404}, f"{app}: status {statuses}")

    def replicas_share_a_limit(self) -> None:
        title(f"A link for {LIMIT} clicks is used {USES:,} times, {USES_AT_A_TIME} at a time")
        Client(self._address).create("limited", LIMIT)
        with ThreadPoolExecutor(USES_AT_A_TIME) as pool:
            uses = pool.map(lambda _: Client(self._address).click("limited").status, range(USES))
            statuses = Counter(uses)
        logs = [run("docker", "logs", each["Id"]) for each in containers("erosion")]
        shares = [log.count("GET /limited") for log in logs]
        self._check(
            statuses == {302: LIMIT, 410: USES - LIMIT}, f"responses: {format_counts(statuses)}"
        )
        self._check(all(shares), f"responses of each replica: {shares}")

    def a_replica_is_killed(self, load: Load) -> None:
        title("A replica is killed")
        replica = containers("erosion")[0]
        began = time.monotonic()
        kill(replica)
        wait_until_restarted(replica)
        print(f"  {name_of(replica)} was healthy again after {time.monotonic() - began:.1f} s")
        failed = self._failures_after(load, began)
        self._check(
            len(failed) <= USERS and all(outcome.ended < began + 2 for outcome in failed),
            f"failed: {len(failed)}, all of them in the killed replica (at most {USERS})",
        )

    def the_database_is_restarted(self, load: Load) -> None:
        title("The database is restarted")
        self._check_outage(load, lambda: run("docker", "compose", "restart", "database"))

    def the_database_is_stopped(self, load: Load) -> None:
        title(f"The database is stopped for {OUTAGE_SECONDS:.0f} seconds")

        def stop_and_start() -> None:
            run("docker", "compose", "stop", "database")
            time.sleep(OUTAGE_SECONDS)
            run("docker", "compose", "start", "database")

        self._check_outage(load, stop_and_start)

    def the_apps_are_upgraded(self, load: Load) -> None:
        title("Every container of the apps is replaced")
        began = time.monotonic()
        run("./upgrade")
        print(f"  this took {time.monotonic() - began:.1f} s")
        failed = self._failures_after(load, began)
        self._check(not failed, f"failed: {len(failed)}")

    def nothing_is_lost(self, outcomes: Sequence[Outcome]) -> None:
        title("Links and clicks in the database")
        kinds = Counter(outcome.kind for outcome in outcomes if outcome.is_acknowledged)
        losses = find_losses(outcomes, self._counts())
        self._check(
            not losses,
            f"{len(losses)} of {kinds['create']} acknowledged links and {kinds['click']} clicks "
            "are missing or counted twice",
        )
        for loss in losses:
            print(f"        {loss}")

    def an_app_is_stopped(self, app: str) -> None:
        title(f"{app} is stopped while {IN_FLIGHT} requests are in flight")
        container = containers(app)[0]
        seconds, statuses = stop_in_flight(container, app)
        code = int(run("docker", "inspect", "--format", "{{.State.ExitCode}}", container["Id"]))
        expected = Counter({IN_FLIGHT_REQUESTS[app][3]: IN_FLIGHT})
        self._check(statuses == expected, f"responses: {format_counts(statuses)}")
        self._check(
            seconds <= STOP_SECONDS, f"stopped after {seconds:.1f} s (at most {STOP_SECONDS:.0f})"
        )
        self._check(code == 0, f"exit code {code}")

    def _check(self, passed: bool, finding: str) -> None:
        print(f"  {'ok    ' if passed else 'FAILED'} {finding}", flush=True)
        if not passed:
            self.failed_checks.append(finding)

    def _check_outage(self, load: Load, interrupt: Callable[[], object]) -> None:
        """Interrupt the database, and check that no request fails after it is healthy again."""
        began = time.monotonic()
        interrupt()
        wait_until_healthy()
        healthy = time.monotonic()
        failed = self._failures_after(load, began)
        last = max((outcome.ended for outcome in failed), default=began)
        print(f"  the database was healthy again after {healthy - began:.1f} s")
        self._check(last <= healthy, f"failed: {len(failed)}, the last after {last - began:.1f} s")

    def _failures_after(self, load: Load, began: float) -> list[Outcome]:
        """Wait, then return the failures since `began`. Check that they have Retry-After."""
        time.sleep(RECOVERY_SECONDS)
        outcomes = load.since(began)
        failed = [outcome for outcome in outcomes if not outcome.is_acknowledged]
        slowest = max(outcome.ended - outcome.began for outcome in outcomes)
        print(f"  requests: {len(outcomes)}, the slowest took {slowest:.1f} s")
        if failed:
            responses = Counter(f"{each.status} Retry-After: {each.retry_after}" for each in failed)
            self._check(
                all(each.has_retry_after for each in failed),
                f"responses: {format_counts(responses)}",
            )
        return failed

    def _counts(self) -> dict[str, int]:
        """Return the clicks by alias in the database."""
        query = "SELECT alias, click_count FROM links"
        options = ("--username=erosion", "--no-align", "--tuples-only", "--command", query)
        rows = run("docker", "compose", "exec", "-T", "database", "psql", *options).splitlines()
        return {alias: int(count) for alias, _, count in (row.partition("|") for row in rows)}

    def _send(self, url: str, form: str | None) -> Received:
        path = urlsplit(url)._replace(scheme="", netloc="", fragment="").geturl()
        method, headers = ("POST", FORM) if form else ("GET", PAGE)
        return self._gateway.request(method, path, form, headers)


def stop_in_flight(container: dict[str, Any], app: str) -> tuple[float, Counter[str]]:
    """Stop a container while requests are in flight; return the seconds and their statuses."""
    method, path, body, _ = IN_FLIGHT_REQUESTS[app]
    ((network, settings),) = container["NetworkSettings"]["Networks"].items()
    script = (Path(__file__).parent / "inflight.py").read_text()
    command = ["docker", "run", "--rm", "--interactive", "--network", network, container["Image"]]
    command += ["python", "-c", script, settings["IPAddress"], method, path, body, str(IN_FLIGHT)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as client:
        if not client.stdout or client.stdout.readline() != "ready\n":
            raise Failure(f"Cannot send the requests to {app}.")
        began = time.time()
        with subprocess.Popen(
            ["docker", "stop", container["Id"]], stdout=subprocess.DEVNULL
        ) as stop:
            time.sleep(1)  # the app must be stopping when the requests end
            statuses, _ = client.communicate("\n", timeout=30)
            stop.wait(timeout=30)
    finished = run("docker", "inspect", "--format", "{{.State.FinishedAt}}", container["Id"])
    ended = datetime.fromisoformat(f"{finished[:19]}+00:00").timestamp()
    return ended + float(f"0{finished[19:-1]}") - began, Counter(statuses.split())


def kill(container: dict[str, Any]) -> None:
    """Kill a container's first process, so that the engine restarts it as after a crash."""
    try:
        os.kill(container["State"]["Pid"], signal.SIGKILL)
    except (PermissionError, ProcessLookupError):
        print("  (not root: killed and started through the engine instead)")
        run("docker", "kill", container["Id"])
        run("docker", "start", container["Id"])


def title(text: str) -> None:
    print(f"\n{text}:", flush=True)


def format_counts(counts: Counter[Any]) -> str:
    """Format counts like ``900 x 410, 100 x 302``."""
    return ", ".join(f"{count} x {what}" for what, count in counts.most_common())
