"""Draw an explanation as an SVG picture that is narrow enough for a small screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from textwrap import wrap

from markupsafe import Markup

from clastic.explanation.attempts import REDIRECTS, RESPONDS
from clastic.explanation.report import Explanation
from clastic.explanation.routes import LayerData
from clastic.explanation.text import attempt_lines, heading_lines, layer_lines, route_heading
from clastic.pages import element
from clastic.pages.styles import BASE_COLORS, DEVELOPER_COLORS

# All lengths are in pixels.
_WIDTH = 352
_MARGIN = 8
_LINE = 19
_FONT = 13
_CHARACTER = 0.605 * _FONT
_PADDING = 8
_BAR = 4
_NARROWEST_BOX = 160

_STYLE = (
    BASE_COLORS
    + DEVELOPER_COLORS
    + Markup(f"""\
:root {{ --page: #fff; --text: #1b1e23; }}
@media (prefers-color-scheme: dark) {{ :root {{ --page: #121212; --text: #e6e8eb; }} }}
text {{
  fill: var(--text); white-space: pre;
  font: {_FONT}px ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace;
}}
.page {{ fill: var(--page); }}
.strong {{ font-weight: 700; }}
.soft {{ fill: var(--soft); }}
.box {{ fill: none; stroke: var(--line); }}
.request {{ fill: var(--accent); }}
.endpoint {{ fill: var(--endpoint); }}
.render {{ fill: var(--render); }}
""")
)


def draw(explanation: Explanation) -> str:
    """Return the picture: the routes that were compared, then the functions of those that run."""
    depths = [depth for route in explanation.routes for depth, _ in route.iter_layers()]
    nested = max(depths, default=0) * (2 * _PADDING + _BAR)
    width = max(_WIDTH, 2 * _MARGIN + nested + _NARROWEST_BOX)
    canvas = _Canvas(width - 2 * _MARGIN)
    title, *others = heading_lines(explanation)
    canvas.write(title, "strong")
    for line in others:
        canvas.write(line)
    canvas.y += _LINE / 2
    for number, line in enumerate(attempt_lines(explanation)):
        attempt = explanation.attempts[number : number + 1]
        runs = attempt and attempt[0].result in (RESPONDS, REDIRECTS)
        canvas.write(line, "strong" if runs else "soft")
    for route in explanation.routes:
        canvas.y += _LINE / 2
        canvas.write(route_heading(route))
        canvas.draw_layers(route.layers)
    height = canvas.y + _MARGIN
    content = (
        element("title", " ".join((title, *others))),
        element("style", "\n", _STYLE),
        element("rect", width=width, height=height, class_="page"),
        *canvas.shapes,
    )
    size = {"width": width, "height": height, "viewBox": f"0 0 {width} {height}"}
    return str(element("svg", *content, xmlns="http://www.w3.org/2000/svg", role="img", **size))


class _Canvas:
    """Draws lines of text and boxes below each other.

    :param width: the width of the text
    :ivar x: the left edge
    :ivar y: the lower edge of what is drawn
    """

    def __init__(self, width: float) -> None:
        self.x: float = _MARGIN
        self.y: float = _MARGIN
        self.width = width
        self.shapes: list[Markup] = []

    def write(self, text: str, class_: str | None = None) -> None:
        """Draw a text, with a hanging indent if it takes several lines."""
        characters = int(self.width / _CHARACTER)
        for line in wrap(text, characters, subsequent_indent="  "):
            baseline = self.y + 0.75 * _LINE
            self.shapes.append(
                element("text", line, x=f"{self.x:g}", y=f"{baseline:g}", class_=class_)
            )
            self.y += _LINE

    def draw_layers(self, layers: Iterable[LayerData]) -> None:
        """Draw functions in boxes, and those that run inside them in boxes inside."""
        for layer in layers:
            with self.box(layer.side):
                role, *others = layer_lines(layer)
                self.write(role, f"strong {layer.side}")
                for line in others:
                    self.write(line)
                self.draw_layers(layer.inner)

    @contextmanager
    def box(self, side: str) -> Iterator[None]:
        """Draw a box, with a bar in the color of a side, around what the block draws."""
        self.y += _PADDING / 2
        top, place = self.y, len(self.shapes)
        inset = _BAR + _PADDING
        self.x += inset
        self.width -= inset + _PADDING
        self.y += _PADDING / 2
        yield
        self.y += _PADDING / 2
        self.x -= inset
        self.width += inset + _PADDING
        edges = {"x": f"{self.x:g}", "y": f"{top:g}", "height": f"{self.y - top:g}"}
        self.shapes[place:place] = (
            element("rect", width=f"{self.width:g}", rx=_BAR, class_="box", **edges),
            element("rect", width=_BAR, class_=side, **edges),
        )
        self.y += _PADDING / 2
