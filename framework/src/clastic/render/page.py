"""The HTML document around a table."""

from __future__ import annotations

import inspect
from functools import partial

from markupsafe import Markup

from clastic.describe import callable_name

STYLE = Markup("""\
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { margin: 0 auto; max-width: 80rem; padding: 1.5rem 1rem 3rem; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
p { margin: 0 0 1rem; max-width: 45rem; white-space: pre-line; }
.table { overflow-x: auto; }
.table:focus-visible, a:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { padding: 0 0 .5rem; text-align: start; }
th, td {
  border: 1px solid #8886; padding: .375rem .75rem; text-align: start; vertical-align: top;
  max-width: 36rem; min-width: 3rem; overflow-wrap: break-word; white-space: pre-wrap;
}
th { background: #8882; font-weight: 600; }
td.number { text-align: end; }
td > table { margin: -.125rem 0; }
@media (max-width: 30rem) { th, td { padding: .25rem .375rem; } }
""")

DOCUMENT = Markup("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%(heading)s</title>
<style>%(style)s</style>
</head>
<body>
<main>
<h1 id="heading">%(heading)s</h1>
%(paragraphs)s
<div class="table" role="region" aria-labelledby="heading" tabindex="0">
%(table)s
</div>
</main>
</body>
</html>
""")

PARAGRAPH = Markup("<p>%s</p>\n")
JSON_LINK = Markup('<a rel="alternate" type="application/json" href="%s">The same as JSON</a>')


def table_page(table: Markup, endpoint: object = None, json_url: str | None = None) -> str:
    """Give the document that shows a table.

    :param table: the ``table`` element
    :param endpoint: the callable whose name is the heading and whose docstring is put above the
        table; the heading is plain ``Table`` without one
    :param json_url: where the same data is as JSON
    """
    paragraphs = [] if endpoint is None else _docstring(endpoint).split("\n\n")
    blocks = [PARAGRAPH % paragraph for paragraph in paragraphs if paragraph]
    if json_url is not None:
        blocks.append(PARAGRAPH % (JSON_LINK % json_url))
    return str(
        DOCUMENT
        % {
            "heading": "Table" if endpoint is None else callable_name(endpoint),
            "paragraphs": Markup().join(blocks),
            "style": STYLE,
            "table": table,
        }
    )


def _docstring(endpoint: object) -> str:
    while isinstance(endpoint, partial):
        endpoint = endpoint.func
    return inspect.getdoc(endpoint) or ""
