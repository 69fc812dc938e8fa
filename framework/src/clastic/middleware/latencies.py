"""How long things took: their number and quantiles, in memory that does not grow."""

from __future__ import annotations

import math

# Each bucket is this much wider than the one before, so that a quantile, given as the middle of its
# bucket, is wrong by 5% at most.
_GROWTH = 1.1
_LOG_GROWTH = math.log(_GROWTH)

# The upper end of the first bucket and the lower end of the last, in seconds. What is shorter or
# longer is counted in those two.
_SHORTEST = 1e-6
_LONGEST = 3600.0

_BUCKETS = 2 + math.ceil(math.log(_LONGEST / _SHORTEST) / _LOG_GROWTH)


class Latencies:
    """A histogram of durations between a microsecond and an hour, by their logarithm.

    It is not safe to use in several threads at once; the caller has the lock.

    :ivar count: how many there are
    :ivar longest: the longest one, in seconds
    """

    __slots__ = ("_buckets", "_shortest", "count", "longest")

    def __init__(self) -> None:
        self._buckets = [0] * _BUCKETS
        self._shortest = math.inf
        self.count = 0
        self.longest = 0.0

    def add(self, seconds: float) -> None:
        """Add a duration."""
        bucket = 0
        if seconds > _SHORTEST:
            bucket = min(1 + int(math.log(seconds / _SHORTEST) / _LOG_GROWTH), _BUCKETS - 1)
        self._buckets[bucket] += 1
        self.count += 1
        if seconds > self.longest:
            self.longest = seconds
        if seconds < self._shortest:
            self._shortest = seconds

    def copy(self) -> Latencies:
        """Give another one with the same durations."""
        duplicate = Latencies()
        duplicate.add_all(self)
        return duplicate

    def add_all(self, others: Latencies) -> None:
        """Add the durations of another histogram."""
        self._buckets = [
            own + other for own, other in zip(self._buckets, others._buckets, strict=True)
        ]
        self.count += others.count
        self.longest = max(self.longest, others.longest)
        self._shortest = min(self._shortest, others._shortest)

    def quantile(self, share: float) -> float:
        """Give the duration in seconds that a share of them does not exceed, within 5%.

        There has to be one at least.

        :param share: above 0 and up to 1; 0.5 for the median
        """
        rank = math.ceil(share * self.count)
        bucket = 0
        while rank > self._buckets[bucket]:
            rank -= self._buckets[bucket]
            bucket += 1
        middle: float = _SHORTEST * _GROWTH ** (bucket - 0.5)
        return min(max(middle, self._shortest), self.longest)
