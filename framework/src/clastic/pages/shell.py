"""Wrap content in the HTML document that every page of the framework uses."""

from __future__ import annotations

from markupsafe import Markup

from clastic.pages.elements import element, join

# The look of every page: colours for light and dark, type, links, focus. Kept short, because an
# error page of a production application carries it, too.
BASE_STYLE = Markup("""\
:root {
  color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif;
  --accent: #0a58ae; --problem: #b3261e; --soft: #566072; --line: #d3d7dd; --fill: #f3f5f8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --accent: #85baff; --problem: #ff9d92; --soft: #a4aab5; --line: #3d434d; --fill: #1e2229;
  }
}
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; }
main { margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem 3rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.125rem; line-height: 1.3; margin: 2rem 0 .5rem; }
p { margin: 0 0 1rem; white-space: pre-line; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
""")

_DOCUMENT = Markup("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
%s</head>
<body>
%s</body>
</html>
""")


def html_page(
    title: str, *content: object, style: Markup | None = BASE_STYLE, head: Markup | None = None
) -> str:
    """Return an HTML document.

    :param title: the title of the document; the page's own heading is part of ``content``
    :param content: what the body holds, put into a ``main`` element unless it brings one.
        ``Markup`` is used as it is, anything else is escaped
    :param style: the stylesheet; pages for developers use
        :data:`clastic.pages.styles.DEVELOPER_STYLE`. ``None`` if ``head`` links to one
    :param head: more elements for the head
    """
    body = join(*content)
    if "<main" not in body:
        body = element("main", body)
    sheet = None if style is None else element("style", "\n", style)
    return str(_DOCUMENT % (title, join(sheet, head), body))


def paragraphs(text: str) -> Markup:
    """Return a text as paragraphs; an empty line separates two of them."""
    return join(*[element("p", part) for part in text.split("\n\n") if part.strip()])


def scrollable(content: object, label: str) -> Markup:
    """Return content in a region that scrolls sideways, and that the keyboard can reach.

    :param label: the name of the region for assistive technology
    """
    return element(
        "div", content, class_="scrollable", role="region", aria_label=label, tabindex="0"
    )
