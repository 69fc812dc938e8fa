"""Which routes, in declared order, can match a path.

The segments of all patterns make one tree. A walk through it follows every node that the path can
have led to. Where it costs little, the walks are prepared: each set of nodes that a walk can be at
becomes one state with one successor for any segment, so that a look-up is one dictionary access a
segment, however many routes there are.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Final, Generic, Protocol, TypeVar

from clastic.pattern import S_STRICT, Literal, Pattern, Segment, split_path

# Bounds of the work spent on states of several nodes: successors in all, and how often the
# literals of one node that has many of them are gone through again.
SUCCESSORS_AT_LEAST: Final = 4096
SUCCESSORS_PER_SEGMENT: Final = 4
WIDE: Final = 64
USES_OF_WIDE: Final = 4


class Routed(Protocol):
    """What the router needs to know of a route."""

    @property
    def path_pattern(self) -> Pattern: ...

    @property
    def slash_mode(self) -> str: ...


R = TypeVar("R", bound=Routed)
Found = tuple[tuple[R, ...], Sequence[str], bool, bool]


class Router(Generic[R]):
    """An index of routes by the segments of their patterns. It does not change.

    :param routes: the routes in declared order
    :ivar known: gives what :meth:`find` does for a path that is a pattern without bindings, and
        ``None`` for any other; of ASCII paths only, so that it can be asked before decoding
    """

    __slots__ = ("_root", "_routes", "_start", "known")

    def __init__(self, routes: Sequence[R]) -> None:
        self._routes = tuple(routes)
        self._root = _Node[R]()
        for rank, route in enumerate(self._routes):
            self._root.insert(route.path_pattern.segments, rank)
        self._start = _Preparation(self._root, self._routes).start
        literal = [r.path_pattern.text for r in self._routes if not r.path_pattern.names]
        self.known = {path: self.find(path) for path in literal if path.isascii()}.get

    def find(self, path: str) -> Found[R]:
        """Give the routes that can match a path, and the path taken apart.

        No route is left out that matches the path in its slash mode. What is found of a route
        without flexible bindings fits but for the values of the bindings: ``path_pattern.read``
        looks at these. Of the others ``read`` looks at everything.

        :param path: a whole decoded path
        :return: the routes in declared order, the non-empty segments, whether the path has a
            trailing slash, whether it has repeated slashes
        """
        segments = path.split("/")
        if segments.pop(0) or not segments:
            return self._find_by_walking(path)
        state = self._start
        for segment in segments:
            if not segment:
                break
            step = state.step  # CPython calls what is in a slot faster from a local variable.
            state = state.default if step is None else step(segment, state.default)
        else:
            if state.without_slash is not None:
                return state.without_slash, segments, False, False
        if segments[-1] or "//" in path or state.with_slash is None:
            return self._find_by_walking(path)
        del segments[-1]
        return state.with_slash, segments, True, False

    def _find_by_walking(self, path: str) -> Found[R]:
        """Do the same for any path, prepared or not, and whatever its slashes."""
        segments, has_trailing_slash, has_repeated_slashes = split_path(path)
        nodes = _reached((self._root,))
        for segment in segments:
            nodes = _successors(nodes, segment)
        routes = _routes_at(nodes, self._routes)[has_trailing_slash]
        if has_repeated_slashes:
            routes = tuple(route for route in routes if route.slash_mode != S_STRICT)
        return routes, tuple(segments), has_trailing_slash, has_repeated_slashes


class _State(Generic[R]):
    """Where a walk can be, seen from there.

    ``step`` gives the state that follows with a literal, or else its second argument, which is to
    be ``default``; it is ``None`` where no literal follows. ``without_slash`` and ``with_slash``
    are the routes for a path that ends here, by how it ends. As it is made, it is the state of a
    walk that is not prepared: it has no routes to tell and never leaves.
    """

    __slots__ = ("default", "step", "with_slash", "without_slash")

    def __init__(self) -> None:
        self.step: Callable[[str, _State[R]], _State[R]] | None = None
        self.default = self
        self.without_slash: tuple[R, ...] | None = None
        self.with_slash: tuple[R, ...] | None = None


class _Node(_State[R]):
    """What patterns that begin alike have in common; the state of a walk that is only here.

    A flexible segment is a ``rest``: a node that is reached with no segment, and stays reached
    with any. Single bindings right behind it are part of it. That it may so take more or fewer
    segments than the pattern says is for the pattern to find out.
    """

    __slots__ = ("binding", "literals", "ranks", "rest")

    def __init__(self) -> None:
        super().__init__()
        self.literals: dict[str, _Node[R]] | None = None
        self.binding: _Node[R] | None = None
        self.rest: _Node[R] | None = None
        self.ranks: list[int] | None = None

    def insert(self, segments: Iterable[Segment], rank: int) -> None:
        """Add a route below this node, by the segments of its pattern and its declared place."""
        node = self
        for segment in segments:
            node = node._child(segment)
        if node.ranks is None:
            node.ranks = [rank]
        else:
            node.ranks.append(rank)

    def _child(self, segment: Segment) -> _Node[R]:
        if isinstance(segment, Literal):
            if self.literals is None:
                self.literals = {}
            child = self.literals.get(segment.text)
            if child is None:
                child = self.literals[segment.text] = _Node()
            return child
        if segment.is_variadic:
            if self.rest is None:
                rest: _Node[R] = _Node()
                self.rest = rest
                rest.binding = rest.rest = rest
            return self.rest
        if self.binding is None:
            self.binding = _Node()
        return self.binding


def _reached(nodes: Iterable[_Node[R]]) -> tuple[_Node[R], ...]:
    """Give the nodes, each once, with those that are reached with no further segment."""
    reached = []
    for node in nodes:
        reached.append(node)
        if node.rest is not None:
            reached.append(node.rest)
    return tuple(reached) if len(reached) < 2 else tuple(dict.fromkeys(reached))


def _successors(nodes: Iterable[_Node[R]], segment: str) -> tuple[_Node[R], ...]:
    """Give the nodes to which a segment leads; ``""`` stands for one that is no literal there."""
    following = []
    for node in nodes:
        if node.literals is not None and segment in node.literals:
            following.append(node.literals[segment])
        if node.binding is not None:
            following.append(node.binding)
    return _reached(following)


def _routes_at(
    nodes: Iterable[_Node[R]], routes: Sequence[R]
) -> tuple[tuple[R, ...], tuple[R, ...]]:
    """Give the routes at the nodes: for a path without trailing slash, and for one with it."""
    ranks = [rank for node in nodes if node.ranks for rank in node.ranks]
    if not ranks:
        return (), ()
    found = [routes[rank] for rank in sorted(ranks)]
    return (
        tuple([r for r in found if r.slash_mode != S_STRICT or not r.path_pattern.is_branch]),
        tuple([r for r in found if r.path_pattern.accepts_trailing_slash]),
    )


class _Preparation(Generic[R]):
    """Connects the states, as far as the work stays in proportion to the size of the tree.

    A walk that is at one node has that for its state. The sets of several nodes can be many more
    than the nodes; where it gets too much, a state leads to one that is not prepared.

    :param root: the root of the tree
    :param routes: the routes in declared order
    """

    def __init__(self, root: _Node[R], routes: Sequence[R]) -> None:
        self._routes = routes
        self._unprepared = _State[R]()
        self._states: dict[tuple[_Node[R], ...], _State[R]] = {}
        self._pending: deque[tuple[tuple[_Node[R], ...], _State[R]]] = deque()
        self._uses = Counter[_Node[R]]()
        size = sum([len(route.path_pattern.segments) + 1 for route in routes])
        self._allowance = SUCCESSORS_AT_LEAST + SUCCESSORS_PER_SEGMENT * size
        self.start = self._state(_reached((root,)))
        while self._pending:
            self._connect(*self._pending.popleft())

    def _state(self, nodes: tuple[_Node[R], ...]) -> _State[R]:
        """Give the state of a set of nodes, to be connected if it has not been."""
        state = nodes[0] if len(nodes) == 1 else self._states.get(nodes)
        if state is None:
            state = self._states[nodes] = _State()
        if state.without_slash is None:
            state.without_slash, state.with_slash = _routes_at(nodes, self._routes)
            self._pending.append((nodes, state))
        return state

    def _connect(self, nodes: tuple[_Node[R], ...], state: _State[R]) -> None:
        if len(nodes) > 1 and not self._is_affordable(nodes):
            state.default = self._unprepared
            return
        state.default = self._state(_successors(nodes, ""))
        branching = [node.literals for node in nodes if node.literals]
        if branching:
            texts = dict.fromkeys(chain.from_iterable(branching))
            steps = {text: self._state(_successors(nodes, text)) for text in texts}
            state.step = (branching[0] if steps == branching[0] else steps).get

    def _is_affordable(self, nodes: tuple[_Node[R], ...]) -> bool:
        """Tell whether there is enough left to connect several nodes, and if so take it off."""
        cost = sum([len(node.literals or ()) + 1 for node in nodes])
        wide = [node for node in nodes if node.literals and len(node.literals) > WIDE]
        if cost > self._allowance or any(self._uses[node] >= USES_OF_WIDE for node in wide):
            return False
        self._allowance -= cost
        self._uses.update(wide)
        return True
