"""Update the documentation's page on performance, and its plot, with results."""

from __future__ import annotations

import re
from html import escape
from math import ceil, floor, isnan, log10
from pathlib import Path

from cases import ROUTE_NUMBERS
from report import OURS, Results, best, heading, markdown, tables

DOCS = Path(__file__).resolve().parents[1] / "docs"
PART = re.compile(
    r"^<!-- (?P<name>[a-z-]+) -->\n.*?^<!-- /(?P=name) -->$", re.DOTALL | re.MULTILINE
)
"""A generated part of the page."""

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 80, 550, 14, 352
LABEL_GAP = 15.0
COLOURS = ("#808080", "#2f81f7", "#d1782b", "#2e9e5b", "#d6455d", "#9a6ddc", "#1793a6", "#a4782e")
"""The colours of the lines. Each has a contrast of 3 to 1 or more with white and with black."""

SVG = """\
<svg class="speed" viewBox="0 0 {width} {height}" role="img" \
aria-labelledby="speed-title speed-text" xmlns="http://www.w3.org/2000/svg">
<title id="speed-title">Time of a request by the number of routes</title>
<desc id="speed-text">Microseconds of a request for the last route: {description}.</desc>
<style>
.speed {{ display: block; font: 13px system-ui, sans-serif; margin: 1.5rem 0; max-width: 100%; }}
.speed text {{ fill: currentColor; }}
.speed .grid {{ stroke: currentColor; stroke-opacity: .18; }}
.speed polyline {{ fill: none; stroke-linejoin: round; stroke-width: 2; }}
.speed .clastic {{ stroke-width: 3.5; }}
</style>
{shapes}
</svg>
"""


def update(results: Results) -> None:
    """Write the generated parts of the page, and the plot."""
    page = DOCS / "performance.md"
    text = page.read_text(encoding="utf-8")
    parts = {name: markdown(rows) for name, (_, rows) in tables(results).items()}
    parts["heading"] = " ".join(heading(results))
    parts["left-out"] = "\n\n".join(results["left_out"])

    def part(match: re.Match[str]) -> str:
        name = match["name"]
        content = parts.get(name, "Not measured.")
        return "\n\n".join(filter(None, [f"<!-- {name} -->", content, f"<!-- /{name} -->"]))

    page.write_text(PART.sub(part, text), encoding="utf-8")
    (DOCS / "_static" / "speed.svg").write_text(plot(results), encoding="utf-8")


def plot(results: Results) -> str:
    """Return an SVG of the time of a request for the last route, on logarithmic scales."""
    lines = {}
    for name in results["frameworks"]:
        times = {n: best(results, f"routes/routes-{n}-last", name) for n in ROUTE_NUMBERS}
        points = [(n, time * 1e6) for n, time in times.items() if not isnan(time)]
        if points:
            lines[name] = points
    values = [time for points in lines.values() for _, time in points] or [1.0]
    powers = range(floor(log10(min(values))), ceil(log10(max(values))) + 1)
    few, most = log10(ROUTE_NUMBERS[0]), log10(ROUTE_NUMBERS[-1])

    def x(routes: float) -> float:
        return round(LEFT + (log10(routes) - few) / (most - few) * (RIGHT - LEFT), 1)

    def y(time: float) -> float:
        share = (log10(time) - powers[0]) / max(1, powers[-1] - powers[0])
        return round(BOTTOM - share * (BOTTOM - TOP), 1)

    shapes = []
    for n in ROUTE_NUMBERS:
        shapes.append(f'<path class="grid" d="M{x(n)} {TOP}V{BOTTOM}"/>')
        shapes.append(f'<text x="{x(n)}" y="{BOTTOM + 20}" text-anchor="middle">{n:,}</text>')
    for power in powers:
        at = y(10.0**power)
        shapes.append(f'<path class="grid" d="M{LEFT} {at}H{RIGHT}"/>')
        shapes.append(
            f'<text x="{LEFT - 8}" y="{at + 4}" text-anchor="end">{10.0**power:,g} µs</text>'
        )
    middle = (LEFT + RIGHT) / 2
    shapes.append(f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">routes</text>')
    for (name, points), colour in zip(lines.items(), COLOURS, strict=False):
        places = " ".join(f"{x(routes)},{y(time)}" for routes, time in points)
        kind = OURS if name == OURS else "other"
        shapes.append(f'<polyline class="{kind}" stroke="{colour}" points="{places}"/>')
    label = float("-inf")
    for end, name in sorted((y(points[-1][1]), name) for name, points in lines.items()):
        label = max(end, label + LABEL_GAP)
        at = x(lines[name][-1][0]) + 8
        shapes.append(f'<text x="{at}" y="{label + 4:.1f}">{escape(name)}</text>')
    description = "; ".join(
        f"{name} from {points[0][1]:.1f} at {points[0][0]:,} routes to {points[-1][1]:.1f} at "
        f"{points[-1][0]:,}"
        for name, points in lines.items()
    )
    return SVG.format(width=WIDTH, height=HEIGHT, description=description, shapes="\n".join(shapes))
