"""Random patterns, and random paths, of which many match."""

import re

from hypothesis import strategies as st

from clastic.pattern import S_REDIRECT, S_REWRITE, S_STRICT

SLASH_MODES = (S_REDIRECT, S_REWRITE, S_STRICT)

_BINDINGS = "<{}> <{}:int> <{}:float> <{}?> <{}*> <{}+> <{}?int> <{}?float> <{}*int> <{}+float>"
_PARTS = ["a", "b", "1", "é", *_BINDINGS.split(), "a<{}>", "<{}:int>b", "a<{}>b", "1<{}:int>"]
_WORDS = ["a", "b", "1", "-2", "1.5", "é", "\u0661", "ab", "a1b", "11", "1b"]


def _text_of(parts: list[str], is_branch: bool) -> str:
    stem = "".join(f"/{part.format(f'x{place}')}" for place, part in enumerate(parts))
    return f"{stem}/" if is_branch or not parts else stem


TEXTS = st.builds(_text_of, st.lists(st.sampled_from(_PARTS), max_size=5), st.booleans())
"""Patterns."""

PATHS = st.builds(
    lambda start, words, end: start + "/".join(words) + end,
    st.sampled_from(["/", "/", "/", ""]),
    st.lists(st.sampled_from([*_WORDS, ""]), max_size=6),
    st.sampled_from(["", "", "/", "//"]),
)


@st.composite
def texts_and_matching_paths(draw: st.DrawFn) -> tuple[str, str]:
    """Return a pattern, and a path made from it that matches it except for types and slashes."""
    parts = draw(st.lists(st.sampled_from(_PARTS), max_size=5))
    path = ""
    for part in parts:
        least, most = (0 if re.search("[?*]", part) else 1), (3 if re.search("[*+]", part) else 1)
        words = draw(st.lists(st.sampled_from(_WORDS[:5]), min_size=least, max_size=most))
        path += "".join("/" + re.sub("<.*>", word, part) for word in words)
    return _text_of(parts, draw(st.booleans())), path + draw(st.sampled_from(["", "/", "//"]))
