"""What ``make chaos`` does to the apps behind the gateway, and what must hold then."""

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
from prefix import ask_directly, find_strays
from project import Project, name_of
from shell import Failure, read
from upgrade import APPS, upgrade

USES, LIMIT, USES_AT_A_TIME = 1000, 100, 250
USERS = 8
CALM_SECONDS = 5.0
AWAY_SECONDS = 5.0
STOP_SECONDS = 3.0
IN_FLIGHT = 8

# A request that an app is reading while it is asked to end, and the status that it has to get.
IN_FLIGHT_REQUESTS = {
    "hello": ("POST", "/fancy", "name=Ann", "200"),
    "tzconvert": ("POST", "/show", "dt=2024-01-01T12:00&src=Europe/Paris&dst=Asia/Tokyo", "200"),
    "erosion": ("POST", "/submit", "target_url=http://example.com/&max_count=1", "303"),
}


class Scenes:
    """Breaks a project that is up, scene after scene, and prints what that did to its users.

    address: host and port of its gateway.
    """

    def __init__(self, project: Project, address: str) -> None:
        self.faults: list[str] = []
        self._project = project
        self._address = address

    def play(self) -> None:
        self.paths_stay_below_the_prefix()
        self.replicas_share_a_limit()
        with Load(self._address, USERS) as load:
            time.sleep(CALM_SECONDS)
            self.a_replica_is_killed(load)
            self.the_database_restarts(load)
            self.the_database_is_away(load)
            self.the_apps_are_upgraded(load)
        self.nothing_is_lost(load.outcomes)
        for app in APPS:
            self.an_app_is_stopped(app)

    def paths_stay_below_the_prefix(self) -> None:
        title("Every app behind the gateway, below its prefix")
        for app in APPS:
            asked, strays = find_strays(f"http://{self._address}/{app}/", ask_directly)
            self._check(not strays, f"{app}: {asked} links, files, forms and redirects")
            for stray in strays:
                print(f"        {stray}")

    def replicas_share_a_limit(self) -> None:
        title(f"{USES:,} uses, {USES_AT_A_TIME} at a time, of a link for {LIMIT} clicks")
        Client(self._address).create("limited", LIMIT)
        with ThreadPoolExecutor(USES_AT_A_TIME) as pool:
            uses = pool.map(lambda _: Client(self._address).click("limited").status, range(USES))
            statuses = Counter(uses)
        replicas = self._project.containers("erosion")
        shares = [read(["docker", "logs", each["Id"]]).count("GET /limited") for each in replicas]
        self._check(statuses == {302: LIMIT, 410: USES - LIMIT}, f"answers: {tell(statuses)}")
        self._check(all(shares), f"each replica answered some: {shares}")

    def a_replica_is_killed(self, load: Load) -> None:
        title("A replica is killed")
        victim = self._project.containers("erosion")[0]
        began = time.monotonic()
        kill(victim)
        self._project.wait_until_restarted(victim)
        print(f"  {name_of(victim)} was healthy again after {time.monotonic() - began:.1f} s")
        failed = self._failures_after(load, began)
        self._check(
            len(failed) <= USERS and all(outcome.ended < began + 2 for outcome in failed),
            f"failed: {len(failed)}, the ones inside it then (at most {USERS})",
        )

    def the_database_restarts(self, load: Load) -> None:
        title("The database restarts")
        (database,) = self._project.containers("database")
        self._check_absence(load, lambda: read(["docker", "restart", database["Id"]]))

    def the_database_is_away(self, load: Load) -> None:
        title(f"The database is away for {AWAY_SECONDS:.0f} seconds")
        (database,) = self._project.containers("database")

        def leave() -> None:
            read(["docker", "stop", database["Id"]])
            time.sleep(AWAY_SECONDS)
            read(["docker", "start", database["Id"]])

        self._check_absence(load, leave)

    def the_apps_are_upgraded(self, load: Load) -> None:
        title("Every container of the apps is replaced by a new one")
        began = time.monotonic()
        for app in APPS:
            upgrade(self._project, app)
        print(f"  that took {time.monotonic() - began:.1f} s")
        failed = self._failures_after(load, began)
        self._check(not failed, f"failed: {len(failed)}")

    def nothing_is_lost(self, outcomes: Sequence[Outcome]) -> None:
        title("After all this")
        kinds = Counter(outcome.kind for outcome in outcomes if outcome.is_acknowledged)
        losses = find_losses(outcomes, self._counts())
        self._check(
            not losses,
            f"of {kinds['create']} acknowledged links and {kinds['click']} clicks, lost or counted "
            f"twice: {len(losses)}",
        )
        for loss in losses:
            print(f"        {loss}")

    def an_app_is_stopped(self, app: str) -> None:
        title(f"{app} is stopped while it reads {IN_FLIGHT} requests")
        victim = self._project.containers(app)[0]
        seconds, answers = stop_in_flight(victim, app, f"{self._project.name}_default")
        code = int(read(["docker", "inspect", "--format", "{{.State.ExitCode}}", victim["Id"]]))
        wanted = Counter({IN_FLIGHT_REQUESTS[app][3]: IN_FLIGHT})
        self._check(answers == wanted, f"answers: {tell(answers)}")
        self._check(
            seconds <= STOP_SECONDS, f"ended after {seconds:.1f} s (at most {STOP_SECONDS:.0f})"
        )
        self._check(code == 0, f"exit code {code}")

    def _check(self, holds: bool, finding: str) -> None:
        print(f"  {'ok   ' if holds else 'FAULT'} {finding}", flush=True)
        if not holds:
            self.faults.append(finding)

    def _check_absence(self, load: Load, leave: Callable[[], object]) -> None:
        """Take the database away: nothing may fail any more when it is back."""
        began = time.monotonic()
        leave()
        self._project.wait_until_healthy()
        back = time.monotonic()
        failed = self._failures_after(load, began)
        last = max((outcome.ended for outcome in failed), default=began)
        print(f"  the database was healthy again after {back - began:.1f} s")
        self._check(last <= back, f"failed: {len(failed)}, the last after {last - began:.1f} s")

    def _failures_after(self, load: Load, began: float) -> list[Outcome]:
        """Let things calm down; gives what failed since, which must have asked to try again."""
        time.sleep(CALM_SECONDS)
        outcomes = load.since(began)
        failed = [outcome for outcome in outcomes if not outcome.is_acknowledged]
        slowest = max(outcome.ended - outcome.began for outcome in outcomes)
        print(f"  requests: {len(outcomes)}, the slowest took {slowest:.1f} s")
        if failed:
            answers = Counter(f"{each.status} Retry-After: {each.retry_after}" for each in failed)
            self._check(all(each.asks_to_try_again for each in failed), f"answers: {tell(answers)}")
        return failed

    def _counts(self) -> dict[str, int]:
        """The clicks by alias, as the database has them."""
        (database,) = self._project.containers("database")
        query = "SELECT alias, click_count FROM links"
        command = ["docker", "exec", database["Id"], "psql", "--username=erosion", "--no-align"]
        rows = read([*command, "--tuples-only", "--command", query]).splitlines()
        return {alias: int(count) for alias, _, count in (row.partition("|") for row in rows)}


def stop_in_flight(container: dict[str, Any], app: str, network: str) -> tuple[float, Counter[str]]:
    """Stop a container while it reads requests; gives the seconds it took, and their statuses."""
    method, path, body, _ = IN_FLIGHT_REQUESTS[app]
    address = container["NetworkSettings"]["Networks"][network]["IPAddress"]
    script = (Path(__file__).parent / "inflight.py").read_text()
    command = ["docker", "run", "--rm", "--interactive", "--network", network, container["Image"]]
    command += ["python", "-c", script, address, method, path, body, str(IN_FLIGHT)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as client:
        if not client.stdout or client.stdout.readline() != "ready\n":
            raise Failure(f"The requests to {app} could not be begun.")
        began = time.time()
        with subprocess.Popen(
            ["docker", "stop", container["Id"]], stdout=subprocess.DEVNULL
        ) as stop:
            time.sleep(1)  # well into the time that it has to end
            answers, _ = client.communicate("\n", timeout=30)
            stop.wait(timeout=30)
    return seconds_to_end(container, began), Counter(answers.split())


def seconds_to_end(container: dict[str, Any], since: float) -> float:
    """How long a container took to end after it was asked to, as the engine has recorded it."""
    command = ["docker", "events", "--since", f"{since:.3f}", "--until", f"{time.time():.3f}"]
    command += ["--filter", f"container={container['Id']}", "--format", "{{json .}}"]
    events = [json.loads(line) for line in read(command).splitlines()]
    at = {event["status"]: event["timeNano"] for event in reversed(events)}  # the first of each
    return float(at["die"] - at["kill"]) / 1e9


def kill(container: dict[str, Any]) -> None:
    """End a container's first process as a crash does: unasked, as far as the engine knows."""
    try:
        os.kill(container["State"]["Pid"], signal.SIGKILL)
    except (PermissionError, ProcessLookupError):
        print("  (through the engine, which has to be asked to start it then: we are not root)")
        read(["docker", "kill", container["Id"]])
        read(["docker", "start", container["Id"]])


def title(text: str) -> None:
    print(f"\n{text}:", flush=True)


def tell(counts: Counter[Any]) -> str:
    """Counts in words, such as ``900 x 410, 100 x 302``."""
    return ", ".join(f"{count} x {what}" for what, count in counts.most_common())
