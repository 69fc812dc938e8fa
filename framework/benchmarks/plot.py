"""Plot the time against the number of routes as an SVG for a page.

Both scales are logarithmic. The text has the colour of the page, so the plot works in light and
dark mode.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import ceil, floor, log10

from cases import ROUTE_NUMBERS
from results import OURS, Results, best

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 80, 90, 14, 48
LABEL_GAP = 15.0
"""The minimum distance between the names at the ends of the lines."""

COLOURS = {
    "bare": "#808080",
    "clastic": "#2f81f7",
    "falcon": "#d1782b",
    "bottle": "#2e9e5b",
    "pyramid": "#d6455d",
    "flask": "#9a6ddc",
}
"""Each colour has a contrast of at least 3:1 with white and with black."""

STYLE = """\
.speed { display: block; font: 13px system-ui, sans-serif; margin: 1.5rem 0; max-width: 100%; }
.speed text { fill: currentColor; }
.speed .grid { stroke: currentColor; stroke-opacity: .18; }
.speed polyline { fill: none; stroke-linejoin: round; stroke-width: 2; }
.speed .clastic { stroke-width: 3.5; }"""

Point = tuple[float, float]


def plot(results: Results) -> str:
    """Return the SVG: the time of a request for the last of n routes, by n and framework."""
    lines = {name: points_of(results, name) for name in results["frameworks"]}
    known = {name: points for name, points in lines.items() if points}
    times = [time for points in known.values() for _, time in points]
    scale = Scale(ROUTE_NUMBERS[0], ROUTE_NUMBERS[-1], min(times), max(times))
    parts = [
        f'<svg class="speed" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-labelledby="speed-title speed-text" xmlns="http://www.w3.org/2000/svg">',
        '<title id="speed-title">Time of a request by the number of routes</title>',
        f'<desc id="speed-text">{escape(described(known))}</desc>',
        f"<style>\n{STYLE}\n</style>",
        *axes(scale),
        *(polyline(name, points, scale) for name, points in known.items()),
        *names_of(known, scale),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class Scale:
    """Convert numbers of routes and microseconds to coordinates of the SVG."""

    def __init__(self, fewest: float, most: float, shortest: float, longest: float) -> None:
        self.routes = range(round(log10(fewest)), round(log10(most)) + 1)
        self.times = range(floor(log10(shortest)), ceil(log10(longest)) + 1)

    def x(self, routes: float) -> float:
        """Return the x coordinate."""
        share = (log10(routes) - self.routes[0]) / (self.routes[-1] - self.routes[0])
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, time: float) -> float:
        """Return the y coordinate."""
        share = (log10(time) - self.times[0]) / (self.times[-1] - self.times[0])
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def points_of(results: Results, framework: str) -> list[Point]:
    """Return the measured points of a framework: number of routes and microseconds."""
    times = {n: best(results, f"routes-{n}-last", framework) for n in ROUTE_NUMBERS}
    return [(n, time * 1e6) for n, time in times.items() if time]


def described(lines: Mapping[str, Sequence[Point]]) -> str:
    """Describe the plot in words."""
    parts = []
    for name, points in lines.items():
        (fewest, first), (most, last) = points[0], points[-1]
        parts.append(f"{name} from {first:.1f} at {fewest:,} routes to {last:.1f} at {most:,}")
    return f"Microseconds of a request for the last route: {'; '.join(parts)}."


def axes(scale: Scale) -> Iterator[str]:
    """Yield the lines of the grid with their labels."""
    for power in scale.routes:
        x = scale.x(10**power)
        yield f'<path class="grid" d="M{x} {TOP}V{HEIGHT - BOTTOM}"/>'
        yield f'<text x="{x}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{10**power:,}</text>'
    for power in scale.times:
        y = scale.y(10.0**power)
        label = f"{10.0**power:,g} µs"
        yield f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{label}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">routes</text>'


def polyline(name: str, points: Sequence[Point], scale: Scale) -> str:
    """Return the line of a framework."""
    places = " ".join(f"{scale.x(routes)},{scale.y(time)}" for routes, time in points)
    kind = "clastic" if name == OURS else "other"
    return f'<polyline class="{kind}" stroke="{COLOURS[name]}" points="{places}"/>'


def names_of(lines: Mapping[str, Sequence[Point]], scale: Scale) -> Iterator[str]:
    """Yield the names of the frameworks at the ends of their lines, without overlaps."""
    ends = sorted((scale.y(points[-1][1]), name) for name, points in lines.items())
    place = float("-inf")
    for y, name in ends:
        place = max(y, place + LABEL_GAP)
        x = scale.x(lines[name][-1][0])
        yield f'<text x="{x + 8}" y="{place + 4:.1f}">{escape(name)}</text>'
