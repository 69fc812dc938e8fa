"""Compare the table of servers in the documentation with the adapters."""

from __future__ import annotations

from pathlib import Path

from clastic.adapters import Adapter, adapters

PAGE = Path(__file__).parents[2] / "docs/deployment.md"


def row_of(adapter: Adapter) -> str:
    options = ", ".join(f"`--{name}`" for name in adapter.options) or "none"
    at_sigterm = "complete" if adapter.drains else "are cut off"
    install = adapter.install or "part of Python"
    if install.startswith("pip install") and "," not in install:
        install = f"`{install}`"
    return f"| `{adapter.name}` | {adapter.model} | {options} | {at_sigterm} | {install} |"


def test_the_page_has_the_row_of_each_adapter_in_their_order():
    rows = [row_of(adapter) for adapter in adapters().values() if adapter.name != "console"]
    head = "| server | concurrency | options | requests in progress at SIGTERM | to install |\n"
    table = PAGE.read_text("utf-8").partition(f"{head}|---|---|---|---|---|\n")[2]
    assert table.partition("\n\n")[0] == "\n".join(rows)
