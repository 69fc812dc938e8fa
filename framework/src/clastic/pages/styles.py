"""Define the two stylesheets: of every page, and of the pages for developers."""

from markupsafe import Markup

# The look of every page: colours for light and dark, type, links, focus. Kept short, because an
# error page of a production application carries it, too.
BASE_COLORS = Markup("""\
:root {
  color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif;
  --accent: #0a58ae; --problem: #b3261e; --soft: #566072; --line: #d3d7dd; --fill: #f3f5f8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --accent: #85baff; --problem: #ff9d92; --soft: #a4aab5; --line: #3d434d; --fill: #1e2229;
  }
}
""")

BASE_STYLE = BASE_COLORS + Markup("""\
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; }
main { margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem 3rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.125rem; line-height: 1.3; margin: 2rem 0 .5rem; }
p { margin: 0 0 1rem; white-space: pre-line; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
""")

DEVELOPER_COLORS = Markup("""\
:root { --current: #fdf0d5; --endpoint: #18704a; --render: #8a4f00; }
@media (prefers-color-scheme: dark) {
  :root { --current: #3b3122; --endpoint: #74d6a8; --render: #f0b666; }
}
""")

# Debug, Flaw, meta, statistics, tables.
DEVELOPER_STYLE = (
    BASE_STYLE
    + DEVELOPER_COLORS
    + Markup("""\
main { max-width: 80rem; }
code, pre, textarea { font: .875rem/1.6 ui-monospace, SFMono-Regular, Menlo, monospace; }
dl, dd, ol, ul, figure { margin: 0; padding: 0; }
ol, ul { list-style: none; }
.soft { color: var(--soft); }
.hint { color: var(--soft); font-size: .875rem; }
.problem { color: var(--problem); }
.message { font-size: 1.125rem; white-space: pre-wrap; }
.note { border-inline-start: .25rem solid var(--line); padding-inline-start: .75rem; }
.number { color: var(--soft); font-variant-numeric: tabular-nums; }

/* tables */
.scrollable { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { color: var(--soft); padding: 0 0 .5rem; text-align: start; }
th, td {
  border: 1px solid var(--line); padding: .375rem .75rem; text-align: start; vertical-align: top;
  max-width: 36rem; min-width: 3rem; overflow-wrap: break-word; white-space: pre-wrap;
}
td:has(> table) { max-width: none; }
th { background: var(--fill); font-weight: 600; }
td > .number { color: inherit; display: block; text-align: end; }

/* what opens and closes */
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; }
summary {
  align-items: baseline; border-radius: .5rem; cursor: pointer; display: flex; flex-wrap: wrap;
  gap: 0 .75rem; list-style: none; padding: .5rem .75rem;
}
summary::-webkit-details-marker { display: none; }
summary::before { color: var(--soft); content: "\\25b8" / ""; }
details[open] > summary::before { content: "\\25be" / ""; }
details > :is(dl, ul, figure) { padding: .5rem .75rem; }
details > .hint { margin: 0; padding: .25rem .75rem; }
details details { margin: .25rem .75rem .75rem; }
.other { background: var(--fill); }
.function { font-weight: 600; }
.other .function { color: var(--soft); font-weight: inherit; }
.place { margin-inline-start: auto; }
details[open] > summary > .preview { display: none; }
details > textarea {
  background: var(--fill); border: 0; border-top: 1px solid var(--line); color: inherit;
  display: block; padding: .75rem; resize: vertical; white-space: pre; width: 100%;
}

/* source code: one span a line */
.source {
  background: var(--fill); border-block: 1px solid var(--line); margin: 0; padding: .5rem 0;
}
.source > span {
  display: grid; grid-template-columns: 5ch minmax(0, 1fr); padding-inline-end: .75rem;
}
.source > span > span { white-space: pre-wrap; }
.source .number { padding-inline-end: 1.5ch; text-align: end; user-select: none; }
.current { background: var(--current); box-shadow: inset .25rem 0 var(--problem); }
mark { background: none; border-bottom: 2px solid var(--problem); color: inherit; }

/* names and values */
.values {
  display: grid; gap: .125rem 1.25rem; grid-template-columns: fit-content(16rem) minmax(0, 1fr);
}
.values dt { color: var(--soft); }
.values dd { white-space: pre-wrap; }

/* the meta page: sections beside their navigation */
.skip:not(:focus) { clip-path: inset(50%); position: absolute; }
.meta { margin: 0 auto; max-width: 88rem; overflow-wrap: anywhere; padding: 1.5rem 1rem 3rem; }
.meta main { margin: 0; max-width: none; min-width: 0; padding: 0; }
.meta main:focus { outline: none; }
.meta :is(dd, td, th) { white-space: normal; }
.meta nav ul, form, .methods, .arguments { display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
.meta nav { margin: 2rem 0 1rem; }
form { align-items: center; margin-bottom: 1rem; }
input, button {
  background: var(--fill); border: 1px solid var(--soft); border-radius: .375rem; color: inherit;
  font: inherit; min-width: 0; padding: .25rem .75rem;
}
input { flex: 0 1 28rem; }
::placeholder { color: var(--soft); }
.routes > li > details { border-radius: 0; margin: 0 0 -1px; }
.pattern, .role { font-weight: 600; }
.methods { gap: .25rem; }
.arguments { gap: 0 1rem; }
.methods span {
  border: 1px solid var(--line); border-radius: .25rem; font-size: .75rem; padding: 0 .375rem;
}

/* functions that run inside each other */
figure { overflow-x: auto; }
figcaption { color: var(--soft); }
figure p { margin: 0; }
figure ol { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .5rem; }
figure li[class] {
  border: 1px solid var(--line); border-inline-start: .25rem solid var(--side);
  border-radius: .375rem; flex: 1 1 12rem; min-width: 9rem; padding: .25rem .5rem .5rem;
}
figure .request { --side: var(--accent); }
figure .endpoint { --side: var(--endpoint); }
figure .render { --side: var(--render); }
.role { color: var(--side); font-size: .8125rem; }

@media (min-width: 64rem) {
  .meta { display: grid; gap: 0 2.5rem; grid-template-columns: 10rem minmax(0, 1fr); }
  .meta > header { grid-column: 1 / -1; }
  .meta > nav { align-self: start; position: sticky; top: 1.5rem; }
  .meta > nav ul { display: block; }
  .routes > li > details > summary {
    display: grid; grid-template-columns: .5rem 2.5rem minmax(0, 5fr) minmax(0, 3fr) minmax(0, 4fr);
  }
}
@media (max-width: 40rem) {
  main { padding-top: 1rem; }
  th, td { padding: .25rem .375rem; }
  .place { margin-inline-start: 0; }
  .source > span { grid-template-columns: 4ch minmax(0, 1fr); }
  .values { grid-template-columns: minmax(0, 1fr); }
  .values dd { padding: 0 0 .375rem 1rem; }
}
""")
)
