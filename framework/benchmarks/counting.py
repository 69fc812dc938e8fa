"""Count the steps of Clastic for each case, and print them as JSON.

A step is a bytecode instruction, or a call of a function that is not written in Python. The number
of steps is the same on every machine, and does not depend on its load. `counts.py` runs this script
in a new process with a fixed hash seed.
"""

from __future__ import annotations

import gc
import json
import sys
from collections import Counter
from collections.abc import Iterable
from importlib import metadata
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from cases import PLAIN_CASES, environ_of, routing_cases
from client import check, environ_for
from frameworks import clastic as framework
from frameworks.interface import Probe, distinct_handlers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LIBRARIES = ("itsdangerous", "jinja2", "markupsafe", "werkzeug")
"""The libraries that take some of the steps."""

ROUTES = 1_000
WARMING = 10
"""The number of requests before the counted one, which fill all caches."""


def main() -> None:
    """Print the counts by case, and the versions of the libraries."""
    versions = {name: metadata.version(name) for name in LIBRARIES}
    print(json.dumps({"libraries": versions, "cases": count_cases()}))


def count_cases() -> dict[str, int]:
    """Check the response of each case, then count its steps."""
    counts = {}
    for case in PLAIN_CASES:
        application = framework.build(case.name, Probe())
        environ = environ_for(application, case)
        check(application, case, environ)
        counts[case.name] = steps_of(application, environ)
    application = framework.routes(distinct_handlers(framework, ROUTES))
    for case in routing_cases(ROUTES):
        check(application, case, environ_of(case))
        counts[case.name] = steps_of(application, environ_of(case))
    return counts


def steps_of(application: WSGIApplication, environ: WSGIEnvironment) -> int:
    """Return the steps of the application for a request, without those of the loop."""
    return counted(application, environ).total() - counted(nothing, environ).total()


def counted(application: WSGIApplication, environ: WSGIEnvironment) -> Counter[CodeType]:
    """Count the steps of a request by code object."""
    for _ in range(WARMING):
        send(application, environ)
    gc.collect()
    gc.disable()
    steps = Steps()
    steps.start()
    try:
        send(application, environ)
    finally:
        steps.stop()
        gc.enable()
    return steps.taken


def nothing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Return an empty body."""
    return ()


def send(application: WSGIApplication, template: WSGIEnvironment) -> None:
    """Send one request as a server would."""
    template["wsgi.input"].seek(0)
    body = application(template.copy(), start_response)
    for _chunk in body:
        pass
    close = getattr(body, "close", None)
    if close is not None:
        close()


def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
    """Accept the status and headers."""


class Steps:
    """Count the steps between `start` and `stop` by code object."""

    def __init__(self) -> None:
        self.taken = Counter[CodeType]()

    def start(self) -> None:
        """Start tracing: through `sys.monitoring` on Python 3.12 and newer."""
        sys.setprofile(self._profile)
        if sys.version_info >= (3, 12):
            tool, instruction = sys.monitoring.PROFILER_ID, sys.monitoring.events.INSTRUCTION
            sys.monitoring.use_tool_id(tool, "steps")
            sys.monitoring.register_callback(tool, instruction, self._instruct)
            sys.monitoring.set_events(tool, instruction)
        else:
            sys.settrace(self._trace)

    def stop(self) -> None:
        """Stop tracing."""
        if sys.version_info >= (3, 12):
            sys.monitoring.set_events(sys.monitoring.PROFILER_ID, 0)
            sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)
        else:
            sys.settrace(None)
        sys.setprofile(None)

    def _instruct(self, code: CodeType, offset: int) -> None:
        self.taken[code] += 1

    def _trace(self, frame: FrameType, event: str, argument: object) -> Any:
        if event == "opcode":
            self.taken[frame.f_code] += 1
        else:
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
        return self._trace

    def _profile(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "c_call":
            self.taken[frame.f_code] += 1


if __name__ == "__main__":
    main()
