"""Find the routes, in declared order, that can match a path.

The segments of all patterns form a trie. A segment of a path can lead to several of its nodes: to
that of an equal literal, and to those of bindings. So the router turns sets of nodes into the
states of a deterministic automaton when it is constructed (the subset construction), and a look-up
takes one dictionary access per segment, however many routes there are. Overlapping patterns can
have far more sets than nodes; beyond a limit, a look-up walks the trie instead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Final

from clastic.pattern import S_STRICT, Literal, Segment, split_path

if TYPE_CHECKING:
    from clastic.routing.bound import BoundRoute

# The limit of transitions from states of several nodes, for time and memory.
MIN_TRANSITIONS: Final = 4096
TRANSITIONS_PER_SEGMENT: Final = 1

Routes = tuple["BoundRoute", ...]
Candidates = tuple[Routes, Sequence[str], bool, bool]
"""Routes, segments of the path, whether it has a trailing slash, whether it repeats slashes."""


class Router:
    """An immutable index of routes by the segments of their patterns.

    :param routes: the routes in declared order
    :ivar literal_candidates: returns the result of :meth:`find_candidates` for a path that is equal
        to a pattern without bindings, and ``None`` for other paths. It knows ASCII paths only, so
        that it can be called before a path is decoded
    """

    __slots__ = ("_root", "_routes", "_start", "literal_candidates")

    def __init__(self, routes: Sequence[BoundRoute]) -> None:
        self._routes = tuple(routes)
        self._root = _Node()
        for number, route in enumerate(self._routes):
            self._root.insert(route.path_pattern.segments, number)
        self._start = _StateBuilder(self._root, self._routes).start
        literal = [r.path_pattern.text for r in self._routes if not r.path_pattern.names]
        found = {path: self.find_candidates(path) for path in literal if path.isascii()}
        self.literal_candidates = found.get

    def find_candidates(self, path: str) -> Candidates:
        """Return the routes that can match a path, and the split path.

        They include all routes that match the path in their slash mode. Whether a candidate does
        match, its compiled reader decides, see :func:`~clastic.routing.matching.compile_reader`.

        :param path: a whole decoded path
        :return: the routes in declared order, but if the path has a trailing slash, a leaf comes
            after the branches of its shape; the non-empty segments; whether the path has a
            trailing slash; whether it has repeated slashes
        """
        segments = path.split("/")
        if segments.pop(0) or not segments:
            return self._walk(path)
        state = self._start
        for segment in segments:
            if not segment:
                break
            follow = state.follow  # CPython calls a local variable faster than an attribute.
            state = state.default if follow is None else follow(segment, state.default)
        else:
            if state.without_slash is not None:
                return state.without_slash, segments, False, False
        if segments[-1] or "//" in path or state.with_slash is None:
            return self._walk(path)
        del segments[-1]
        return state.with_slash, segments, True, False

    def _walk(self, path: str) -> Candidates:
        """Return the candidates for any path, found by walking the trie without states."""
        segments, has_trailing_slash, has_repeated_slashes = split_path(path)
        nodes = _with_rests((self._root,))
        for segment in segments:
            nodes = _successors(nodes, segment)
        routes = _routes_at(nodes, self._routes, not segments)[has_trailing_slash]
        if has_repeated_slashes:
            routes = tuple(route for route in routes if route.slash_mode != S_STRICT)
        return routes, tuple(segments), has_trailing_slash, has_repeated_slashes


class _State:
    """A state of the automaton: the set of nodes that the segments so far lead to.

    A new state is a dead end without routes, where the look-up has to walk the trie.

    :ivar follow: the ``get`` of a mapping from literals to the next state, if there are any
    :ivar default: the next state for any other segment
    :ivar without_slash: the candidates for a path that ends here, ``None`` in a dead end
    :ivar with_slash: the same for a path that ends here with a trailing slash
    """

    __slots__ = ("default", "follow", "with_slash", "without_slash")

    def __init__(self) -> None:
        self.follow: Callable[[str, _State], _State] | None = None
        self.default = self
        self.without_slash: Routes | None = None
        self.with_slash: Routes | None = None


class _Node(_State):
    """A node of the trie, and also the state for the set of this node alone, to save memory.

    A variadic binding, with the bindings that follow it, is a ``rest`` node: it is entered without
    a segment and loops on every segment. It accepts too many or too few segments for the pattern;
    the compiled reader checks their number.

    :ivar literals: the nodes after each literal
    :ivar binding: the node after a binding of one segment
    :ivar numbers: the routes whose patterns end here, as indexes in declared order
    """

    __slots__ = ("binding", "literals", "numbers", "rest")

    def __init__(self) -> None:
        super().__init__()
        self.literals: dict[str, _Node] | None = None
        self.binding: _Node | None = None
        self.rest: _Node | None = None
        self.numbers: list[int] | None = None

    def insert(self, segments: Iterable[Segment], number: int) -> None:
        """Add a route below this node, by the segments of its pattern."""
        node = self
        for segment in segments:
            node = node._child(segment)
        if node.numbers is None:
            node.numbers = [number]
        else:
            node.numbers.append(number)

    def _child(self, segment: Segment) -> _Node:
        if isinstance(segment, Literal):
            if self.literals is None:
                self.literals = {}
            child = self.literals.get(segment.text)
            if child is None:
                child = self.literals[segment.text] = _Node()
            return child
        if segment.is_variadic:
            if self.rest is None:
                self.rest = rest = _Node()
                rest.binding = rest.rest = rest
            return self.rest
        if self.binding is None:
            self.binding = _Node()
        return self.binding


def _with_rests(nodes: Iterable[_Node]) -> tuple[_Node, ...]:
    """Return the nodes, without duplicates, and those they reach without a segment."""
    reached = []
    for node in nodes:
        reached.append(node)
        if node.rest is not None:
            reached.append(node.rest)
    return tuple(reached) if len(reached) < 2 else tuple(dict.fromkeys(reached))


def _successors(nodes: Iterable[_Node], segment: str) -> tuple[_Node, ...]:
    """Return the nodes that a segment leads to; ``""`` is a segment equal to no literal."""
    following = []
    for node in nodes:
        if node.literals is not None and segment in node.literals:
            following.append(node.literals[segment])
        if node.binding is not None:
            following.append(node.binding)
    return _with_rests(following)


def _routes_at(nodes: Iterable[_Node], routes: Routes, is_root: bool) -> tuple[Routes, Routes]:
    """Return the candidates at the nodes, for a path without and with a trailing slash.

    :param is_root: whether no segment leads to the nodes: the trailing slash is the whole path
    """
    numbers = [number for node in nodes if node.numbers for number in node.numbers]
    if not numbers:
        return (), ()
    if len(numbers) == 1 and routes[numbers[0]].slash_mode != S_STRICT:
        only = (routes[numbers[0]],)
        return only, only
    found = [routes[number] for number in sorted(numbers)]
    without_slash = [r for r in found if r.slash_mode != S_STRICT or not r.path_pattern.is_branch]
    with_slash = [
        r for r in found if is_root or r.slash_mode != S_STRICT or r.path_pattern.is_branch
    ]
    shapes = {r.path_pattern.shape for r in with_slash if r.path_pattern.is_branch}
    if shapes:  # Their leaves come last.
        with_slash.sort(
            key=lambda r: not r.path_pattern.is_branch and r.path_pattern.shape in shapes
        )
    return tuple(without_slash), tuple(with_slash)


class _StateBuilder:
    """Builds the states, as long as their number is in proportion to the size of the trie.

    :param root: the root of the trie
    :param routes: the routes in declared order
    :ivar start: the state in which a look-up begins
    """

    def __init__(self, root: _Node, routes: Routes) -> None:
        self._routes = routes
        self._dead_end = _State()
        self._states: dict[tuple[_Node, ...], _State] = {}
        self._unconnected: deque[tuple[tuple[_Node, ...], _State]] = deque()
        size = sum([len(route.path_pattern.segments) + 1 for route in routes])
        self._allowance = MIN_TRANSITIONS + TRANSITIONS_PER_SEGMENT * size
        self.start = self._state(_with_rests((root,)), is_root=True)
        while self._unconnected:
            self._connect(*self._unconnected.popleft())

    def _state(self, nodes: tuple[_Node, ...], is_root: bool = False) -> _State:
        """Return the state of a set of nodes, and queue it if it is new."""
        state = nodes[0] if len(nodes) == 1 else self._states.get(nodes)
        if state is None:
            state = self._states[nodes] = _State()
        if state.without_slash is None:
            state.without_slash, state.with_slash = _routes_at(nodes, self._routes, is_root)
            self._unconnected.append((nodes, state))
        return state

    def _connect(self, nodes: tuple[_Node, ...], state: _State) -> None:
        """Set the transitions of a state, or make them lead to a dead end if there are too many."""
        branching = [node.literals for node in nodes if node.literals]
        if len(nodes) > 1:
            count = sum(map(len, branching)) + len(nodes)
            if count > self._allowance:
                state.default = self._dead_end
                return
            self._allowance -= count
        state.default = self._state(_successors(nodes, ""))
        if branching:
            literals = dict.fromkeys(chain.from_iterable(branching))
            states = {literal: self._state(_successors(nodes, literal)) for literal in literals}
            # A state of one node usually has the same transitions as the node: keep one mapping.
            state.follow = (branching[0] if states == branching[0] else states).get
