"""The scenarios of ``make chaos``, with their checks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from load import Client, Load, Outcome, find_losses
from prefix import check_prefix, send_to
from project import Project, name_of
from shell import Failure, read
from upgrade import APPS, upgrade

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
}


class Scenarios:
    """Run the scenarios with a running project, and print the failures that its users saw.

    :param address: the host and port of the gateway
    """

    def __init__(self, project: Project, address: str) -> None:
        self.failed_checks: list[str] = []
        self._project = project
        self._address = address

    def run(self) -> None:
        self.all_paths_are_below_the_prefix()
        self.replicas_share_a_limit()
        with Load(self._address, USERS) as load:
            time.sleep(RECOVERY_SECONDS)
            self.a_replica_is_killed(load)
            self.the_database_is_restarted(load)
            self.the_database_is_stopped(load)
            self.the_apps_are_upgraded(load)
        self.nothing_is_lost(load.outcomes)
        for app in APPS:
            self.an_app_is_stopped(app)

    def all_paths_are_below_the_prefix(self) -> None:
        title("Every app is served below its prefix")
        for app in APPS:
            count, problems = check_prefix(f"http://{self._address}/{app}/", send_to)
            self._check(not problems, f"{app}: {count} links, files, forms and redirects")
            for problem in problems:
                print(f"        {problem}")

    def replicas_share_a_limit(self) -> None:
        title(f"A link for {LIMIT} clicks is used {USES:,} times, {USES_AT_A_TIME} at a time")
        Client(self._address).create("limited", LIMIT)
        with ThreadPoolExecutor(USES_AT_A_TIME) as pool:
            uses = pool.map(lambda _: Client(self._address).click("limited").status, range(USES))
            statuses = Counter(uses)
        replicas = self._project.containers("erosion")
        shares = [read(["docker", "logs", each["Id"]]).count("GET /limited") for each in replicas]
        self._check(
            statuses == {302: LIMIT, 410: USES - LIMIT}, f"responses: {format_counts(statuses)}"
        )
        self._check(all(shares), f"responses of each replica: {shares}")

    def a_replica_is_killed(self, load: Load) -> None:
        title("A replica is killed")
        replica = self._project.containers("erosion")[0]
        began = time.monotonic()
        kill(replica)
        self._project.wait_until_restarted(replica)
        print(f"  {name_of(replica)} was healthy again after {time.monotonic() - began:.1f} s")
        failed = self._failures_after(load, began)
        self._check(
            len(failed) <= USERS and all(outcome.ended < began + 2 for outcome in failed),
            f"failed: {len(failed)}, all of them in the killed replica (at most {USERS})",
        )

    def the_database_is_restarted(self, load: Load) -> None:
        title("The database is restarted")
        (database,) = self._project.containers("database")
        self._check_outage(load, lambda: read(["docker", "restart", database["Id"]]))

    def the_database_is_stopped(self, load: Load) -> None:
        title(f"The database is stopped for {OUTAGE_SECONDS:.0f} seconds")
        (database,) = self._project.containers("database")

        def stop_and_start() -> None:
            read(["docker", "stop", database["Id"]])
            time.sleep(OUTAGE_SECONDS)
            read(["docker", "start", database["Id"]])

        self._check_outage(load, stop_and_start)

    def the_apps_are_upgraded(self, load: Load) -> None:
        title("Every container of the apps is replaced")
        began = time.monotonic()
        for app in APPS:
            upgrade(self._project, app)
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
        container = self._project.containers(app)[0]
        seconds, statuses = stop_in_flight(container, app, f"{self._project.name}_default")
        code = int(read(["docker", "inspect", "--format", "{{.State.ExitCode}}", container["Id"]]))
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
        self._project.wait_until_healthy()
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
        (database,) = self._project.containers("database")
        query = "SELECT alias, click_count FROM links"
        command = ["docker", "exec", database["Id"], "psql", "--username=erosion", "--no-align"]
        rows = read([*command, "--tuples-only", "--command", query]).splitlines()
        return {alias: int(count) for alias, _, count in (row.partition("|") for row in rows)}


def stop_in_flight(container: dict[str, Any], app: str, network: str) -> tuple[float, Counter[str]]:
    """Stop a container while requests are in flight; return the seconds and their statuses."""
    method, path, body, _ = IN_FLIGHT_REQUESTS[app]
    address = container["NetworkSettings"]["Networks"][network]["IPAddress"]
    script = (Path(__file__).parent / "inflight.py").read_text()
    command = ["docker", "run", "--rm", "--interactive", "--network", network, container["Image"]]
    command += ["python", "-c", script, address, method, path, body, str(IN_FLIGHT)]
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
    return seconds_to_stop(container, began), Counter(statuses.split())


def seconds_to_stop(container: dict[str, Any], since: float) -> float:
    """Return the seconds from the stop signal to the exit of a container, from engine events."""
    command = ["docker", "events", "--since", f"{since:.3f}", "--until", f"{time.time():.3f}"]
    command += ["--filter", f"container={container['Id']}", "--format", "{{json .}}"]
    events = [json.loads(line) for line in read(command).splitlines()]
    at = {event["status"]: event["timeNano"] for event in reversed(events)}  # the first of each
    return float(at["die"] - at["kill"]) / 1e9


def kill(container: dict[str, Any]) -> None:
    """Kill a container's first process, so that the engine restarts it as after a crash."""
    try:
        os.kill(container["State"]["Pid"], signal.SIGKILL)
    except (PermissionError, ProcessLookupError):
        print("  (not root: killed and started through the engine instead)")
        read(["docker", "kill", container["Id"]])
        read(["docker", "start", container["Id"]])


def title(text: str) -> None:
    print(f"\n{text}:", flush=True)


def format_counts(counts: Counter[Any]) -> str:
    """Format counts like ``900 x 410, 100 x 302``."""
    return ", ".join(f"{count} x {what}" for what, count in counts.most_common())
