"""Check the packages of the images' lock files for known vulnerabilities.

Exits with 1 if a package has any. If the list of vulnerabilities is not reachable, it prints this
and exits with 0.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

from shell import ROOT

SECONDS = 120


def audit(lock: str) -> list[dict[str, Any]]:
    """Return the result of pip-audit for each package of a lock file."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
    command += ["--progress-spinner", "off", "--format", "json", "--requirement", lock]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)
    try:
        packages: list[dict[str, Any]] = json.loads(process.stdout)["dependencies"]
    except ValueError:
        print(process.stderr, file=sys.stderr)
        return []
    return packages


def report(lock: str, packages: list[dict[str, Any]]) -> bool:
    """Print the result of a lock file; return False if it has a vulnerable package."""
    known = [package for package in packages if "skip_reason" not in package]
    if not known:
        print(f"{lock}: not audited, because the list of vulnerabilities is not reachable.")
        return True
    vulnerable = [package for package in known if package["vulns"]]
    print(f"{lock}: {len(known)} of {len(packages)} audited, {len(vulnerable)} vulnerable.")
    for package in vulnerable:
        names = ", ".join(vulnerability["id"] for vulnerability in package["vulns"])
        print(f"  {package['name']} {package['version']}: {names}")
    return not vulnerable


def main() -> int:
    if not find_spec("pip_audit"):
        print("Not audited: pip-audit is not installed (python -m pip install pip-audit).")
        return 0
    locks = sorted(str(lock.relative_to(ROOT)) for lock in (ROOT / "docker").glob("*.lock"))
    results = [report(lock, audit(lock)) for lock in locks]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
