"""Make the package ``harness`` of the browser tests importable."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3] / "e2e"))
