"""How the debug page looks: of a family with the other pages, in light and dark, on any width."""

from markupsafe import Markup

STYLE = Markup("""\
:root {
  color-scheme: light dark;
  font: 1rem/1.5 system-ui, sans-serif;
  --paper: #fff; --panel: #f6f7f9; --line: #d9dde3; --ink: #1d2430; --soft: #566072;
  --accent: #a8233f; --glow: #fdf0d5; --link: #0b57b0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --panel: #1c2027; --line: #353c47; --ink: #e4e8ee; --soft: #a0aaba;
    --accent: #ff9aa8; --glow: #3b3122; --link: #8ec1ff;
  }
}
body { margin: 0; background: var(--paper); color: var(--ink); }
main { margin: 0 auto; max-width: 64rem; padding: 2rem 1rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: .25rem 0 .5rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.5rem 0 .5rem; }
p { margin: 0 0 .75rem; }
a { color: var(--link); }
code, dd, dt, .source, .methods, .place, textarea {
  font: .875rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
.exception { color: var(--accent); }
.message { font-size: 1.125rem; white-space: pre-wrap; }
.note { border-left: .25rem solid var(--line); padding-left: .75rem; white-space: pre-wrap; }
.soft { color: var(--soft); }
.hint { color: var(--soft); font-size: .875rem; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; }
summary {
  cursor: pointer; display: flex; flex-wrap: wrap; gap: 0 .75rem; align-items: baseline;
  border-radius: .5rem; list-style: none; padding: .5rem .75rem;
}
summary::-webkit-details-marker { display: none; }
summary::before { color: var(--soft); content: "\\25B8"; }
details[open] > summary::before { content: "\\25BE"; }
.function { font-weight: 600; }
.other { background: var(--panel); }
.other .function { color: var(--soft); font-weight: 400; }
.preview { color: var(--soft); }
details[open] > summary > .preview { display: none; }
.place { margin-left: auto; }
.source {
  background: var(--panel); border-block: 1px solid var(--line); margin: 0; padding: .5rem 0;
}
.line { display: grid; grid-template-columns: 5ch minmax(0, 1fr); padding-right: .75rem; }
.line > span { white-space: pre-wrap; }
.number { color: var(--soft); padding-right: 1.5ch; text-align: right; user-select: none; }
.running { background: var(--glow); box-shadow: inset .25rem 0 var(--accent); }
mark { background: none; border-bottom: 2px solid var(--accent); color: inherit; }
dl {
  display: grid; gap: .125rem 1.25rem; grid-template-columns: fit-content(16rem) minmax(0, 1fr);
  margin: 0; padding: .5rem .75rem .75rem;
}
dt { color: var(--soft); }
dd { margin: 0; white-space: pre-wrap; }
details > .hint { margin: 0; padding: 0 .75rem .5rem; }
.frames, .routes { list-style: none; margin: 0; padding: 0; }
.routes > li {
  border-top: 1px solid var(--line); display: grid; gap: 0 1.25rem; padding: .5rem;
  grid-template-columns: 2ch minmax(4rem, 9rem) minmax(0, 3fr) minmax(0, 3fr) minmax(0, 2fr);
}
.routes > li > .number { padding: 0; }
.tried { background: var(--glow); }
textarea {
  background: var(--panel); border: 0; border-top: 1px solid var(--line); box-sizing: border-box;
  color: inherit; display: block; padding: .75rem; resize: vertical; white-space: pre; width: 100%;
}
@media (max-width: 40rem) {
  main { padding-top: 1rem; }
  .place { margin-left: 0; }
  .line { grid-template-columns: 4ch minmax(0, 1fr); }
  .number { padding-right: 1ch; }
  dl { grid-template-columns: minmax(0, 1fr); }
  dd { padding: 0 0 .375rem 1rem; }
  .routes > li { grid-template-columns: 2ch minmax(0, 1fr); }
  .routes > li > :not(.number) { grid-column: 2; }
}
""")
