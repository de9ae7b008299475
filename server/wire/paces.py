"""How fast one till may sell: a bucket of tokens per till, in memory, filled by the machine's steady clock."""

SALES_PER_SECOND = 20
SALES_BURST = 200
NS = 1_000_000_000
TILLS_KEPT_MAX = 4096  # buckets that are full again are forgotten when there are more


class Paces:
    """Token buckets in whole nanoseconds: a till's bucket says when it would be full again."""

    def __init__(self, per_second: int = SALES_PER_SECOND, burst: int = SALES_BURST) -> None:
        self._each_ns = NS // per_second
        self._depth_ns = self._each_ns * burst
        self._full_at: dict[int, int] = {}

    def take(self, till: int, now_ns: int) -> int:
        """Takes one token; returns 0, or how many nanoseconds to wait for one (and takes none)."""
        full_at = max(self._full_at.get(till, 0), now_ns) + self._each_ns
        wait = full_at - now_ns - self._depth_ns
        if wait > 0:
            return wait
        if len(self._full_at) >= TILLS_KEPT_MAX:
            self._full_at = {till: at for till, at in self._full_at.items() if at > now_ns}
        self._full_at[till] = full_at
        return 0
