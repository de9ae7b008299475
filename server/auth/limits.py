"""How often something may be asked: token buckets in the worker's memory, exact and bounded.

Each worker keeps its own and gets its share of the limit, so that all of them together keep it.
"""

import ipaddress
import threading
from collections.abc import Hashable

NS = 1_000_000_000
MINUTE_NS = 60 * NS
GUESTS_PER_MINUTE = 60  # requests of one address that show no credential known here
SIGN_INS_PER_MINUTE = 10  # requests of one address to sign in, by those whom nobody knows yet
SEARCHES_PER_MINUTE = 120  # searches for customers by one operator
BUCKETS_MAX = 65_536
NETWORK_BITS = 64  # whoever has one IPv6 address has its whole /64


class Buckets:
    """A token bucket for each key, in whole nanoseconds: a bucket is the time at which it would be full again.

    ``per_minute`` tokens come in a minute, at most ``burst`` lie ready; with ``shares`` workers each gives its part of
    both, at least one. Where the table is full, half of it goes: the buckets that miss the least. Threads may share it.
    """

    def __init__(self, per_minute: int, burst: int, *, shares: int = 1, buckets_max: int = BUCKETS_MAX) -> None:
        self._each_ns = MINUTE_NS * shares // per_minute
        self._depth_ns = self._each_ns * max(1, burst // shares)
        self._buckets_max = buckets_max
        self._full_at: dict[Hashable, int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._full_at)

    def wait_ns(self, key: Hashable, now_ns: int) -> int:
        """How many nanoseconds to wait for a token; 0 where one lies ready. Takes none."""
        return max(0, max(self._full_at.get(key, 0), now_ns) + self._each_ns - now_ns - self._depth_ns)

    def take(self, key: Hashable, now_ns: int) -> int:
        """Takes one token; returns 0, or how many nanoseconds to wait for one (and takes none)."""
        with self._lock:
            wait = self.wait_ns(key, now_ns)
            if wait:
                return wait
            if len(self._full_at) >= self._buckets_max and key not in self._full_at:
                self._make_room()
            self._full_at[key] = max(self._full_at.get(key, 0), now_ns) + self._each_ns
            return 0

    def give_back(self, key: Hashable) -> None:
        """Puts a token back that was taken for nothing; a bucket is never more than full."""
        with self._lock:
            if key in self._full_at:
                self._full_at[key] -= self._each_ns

    def _make_room(self) -> None:
        """Those who took the most are remembered: nobody empties his own bucket by filling the table."""
        kept = sorted(self._full_at.items(), key=lambda pair: pair[1])[len(self._full_at) // 2 + 1 :]
        self._full_at = dict(kept)


class Limits:
    """The limits of one worker out of ``shares``."""

    def __init__(
        self,
        guests_per_minute: int = GUESTS_PER_MINUTE,
        sign_ins_per_minute: int = SIGN_INS_PER_MINUTE,
        *,
        shares: int = 1,
    ) -> None:
        self.guests = Buckets(guests_per_minute, max(1, guests_per_minute // 2), shares=shares)
        self.sign_ins = Buckets(sign_ins_per_minute, sign_ins_per_minute, shares=shares)
        self.searches = Buckets(SEARCHES_PER_MINUTE, SEARCHES_PER_MINUTE, shares=shares)


def network_of(address: str) -> str:
    """What stands for an address in a table: an IPv4 address itself, an IPv6 address's /64, any other text as it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(found) >> NETWORK_BITS << NETWORK_BITS))
