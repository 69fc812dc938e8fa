"""Run every scenario and print the answers as JSON, by module, scenario and request.

    python observe.py [--strict]

It runs with Clastic 26 and with this version. With --strict, a WiringWarning is an error.
"""

from __future__ import annotations

import inspect
import json
import logging
import sys
import warnings
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path

from asking import Answer, attempt

import clastic

SCENARIOS = Path(__file__).parent / "scenarios"


def observe() -> dict[str, Answer]:
    """Return the answers of all scenarios, each by its name and the request."""
    answers: dict[str, Answer] = {}
    for path in sorted(SCENARIOS.glob("*.py")):
        module = import_module(f"scenarios.{path.stem}")
        for name, scenario in inspect.getmembers(module, inspect.isgeneratorfunction):
            if scenario.__module__ != module.__name__:
                continue
            found = {}
            failure = attempt(lambda scenario=scenario, found=found: found.update(scenario()))
            for label, answer in found.items():
                answers[f"{path.stem}.{name}: {label}"] = answer
            if "raises" in failure:
                answers[f"{path.stem}.{name}"] = failure
    return answers


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if "--strict" in sys.argv:
        warnings.simplefilter("error", clastic.WiringWarning)
    logging.disable()
    sys.setrecursionlimit(2000)
    with redirect_stdout(sys.stderr):  # Applications may print, too.
        answers = observe()
    json.dump(answers, sys.stdout, default=repr)
