"""Which paths a pattern matches, and to what values.

Paths are decoded text, and nothing here knows of HTTP. A path is cut into its non-empty segments
once; a pattern then looks at these and at whether the path ends in a slash. How it looks at them
is chosen when the pattern is made, so that a request pays only for what its pattern has in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, NoReturn

from clastic.grammar import Binding, InvalidPattern, Literal, Segment, parse
from clastic.matching import Matcher, fits, reader

__all__ = [
    "S_REDIRECT",
    "S_REWRITE",
    "S_STRICT",
    "Binding",
    "InvalidPattern",
    "Literal",
    "Pattern",
    "Segment",
    "SplitPath",
    "normal_path",
    "split_path",
]

S_REDIRECT: Final = "redirect"
S_REWRITE: Final = "rewrite"
S_STRICT: Final = "strict"


class SplitPath(NamedTuple):
    """A path taken apart.

    :param segments: its segments without the empty ones, decoded
    :param has_trailing_slash: whether it ends in a slash, or is empty
    :param has_repeated_slashes: whether two slashes follow each other anywhere in it
    """

    segments: list[str]
    has_trailing_slash: bool
    has_repeated_slashes: bool


def split_path(path: str) -> SplitPath:
    """Take a decoded path apart; a missing first slash is taken as there."""
    segments = [segment for segment in path.split("/") if segment]
    return SplitPath(segments, path.endswith("/"), "//" in path)


def normal_path(segments: Sequence[str], is_branch: bool) -> str:
    """Write the normal form of a path, decoded.

    :param segments: its non-empty segments, decoded
    :param is_branch: whether it ends in a slash
    """
    path = "/" + "/".join(segments)
    return path + "/" if is_branch and segments else path


class Pattern:
    """A set of paths, and the names of the values that are read from them. It does not change.

    Patterns are equal when their texts are.

    :param text: the pattern, in the language of :mod:`clastic.grammar`
    :raises InvalidPattern: when it is not in the language
    """

    __slots__ = ("is_branch", "names", "segments", "takes_trailing_slash", "text")

    text: str
    is_branch: bool
    """Whether it ends in a slash, and the normal form of its paths does."""
    takes_trailing_slash: bool
    """Whether any path that ends in a slash matches: of a branch, or where the last may be none."""
    segments: tuple[Segment, ...]
    """What stands between its slashes."""
    names: tuple[str, ...]
    """The names of its bindings, in order."""

    def __init__(self, text: str) -> None:
        segments = parse(text)
        is_branch = text.endswith("/")
        last = segments[-1] if segments else None
        may_end_early = isinstance(last, Binding) and last.is_skippable
        put = super().__setattr__
        put("text", text)
        put("is_branch", is_branch)
        put("takes_trailing_slash", is_branch or may_end_early)
        put("segments", segments)
        put("names", tuple([part.name for part in segments if isinstance(part, Binding)]))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"A pattern does not change: {name} of {self!r} cannot be set.")

    def __eq__(self, other: object) -> bool:
        return self.text == other.text if isinstance(other, Pattern) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(text={self.text!r})"

    def __reduce__(self) -> tuple[type[Pattern], tuple[str]]:
        return type(self), (self.text,)

    def places(self) -> dict[str, int] | None:
        """Give the positions of the segments that are the values themselves, by name.

        ``None`` where the values are not so had: with flexible, converted or affixed bindings.
        """
        places = {}
        for position, part in enumerate(self.segments):
            if isinstance(part, Binding):
                if part.is_flexible or part.type_name != "str" or part.prefix or part.suffix:
                    return None
                places[part.name] = position
        return places

    @property
    def read(self) -> Matcher:
        """A function that does what :meth:`match_segments` does, made to do it many times.

        It is for segments with which :class:`Router` has found this pattern: where
        that has no flexible binding only the bindings are looked at, as the rest is known.
        """
        return reader(self.segments, self.is_branch)

    def match_segments(
        self, segments: Sequence[str], has_trailing_slash: bool
    ) -> dict[str, Any] | None:
        """Give the values by name, or ``None`` where the segments do not match.

        A branch also matches without its slash: what that means is for the slash mode to say.

        :param segments: the non-empty, decoded parts of a path
        """
        if not fits(self.segments, self.is_branch, segments, has_trailing_slash):
            return None
        return self.read(segments, has_trailing_slash)

    def match(self, path: str, slash_mode: str = S_REDIRECT) -> dict[str, Any] | None:
        """Give the values by name, or ``None`` where the path does not match.

        :param path: a whole decoded path
        :param slash_mode: with ``S_STRICT`` only normal paths match; with the others also those
            that lack the slash of a branch or repeat slashes, to be redirected or served
        """
        segments, has_trailing_slash, has_repeated_slashes = split_path(path)
        is_normal = not has_repeated_slashes and (has_trailing_slash or not self.is_branch)
        if slash_mode == S_STRICT and not is_normal:
            return None
        return self.match_segments(segments, has_trailing_slash)

    def mounted(self, prefix: str) -> Pattern:
        """Give this pattern below a prefix.

        :param prefix: a pattern; whether it ends in a slash makes no difference
        :raises InvalidPattern: when the prefix is no pattern, or has a name of this one
        """
        stem = Pattern(prefix).text.rstrip("/")
        return Pattern(stem + self.text)
