"""How many refusals of one till are sealed as events: a device that keeps trying must not fill the journal."""

REFUSALS_SEALED_PER_MINUTE_MAX = 30
UNKNOWN_TILL = -1  # stands for every till that nobody set up, so that made-up numbers share one limit


class Refusals:
    """Counts per till and minute; only the present minute is kept, and an aborted group's counts are taken back."""

    def __init__(self) -> None:
        self._minute = -1
        self._counts: dict[int, int] = {}
        self._before: dict[int, int] = {}

    def begin(self) -> None:
        """A group begins."""
        if self._counts or self._before:
            self._before = dict(self._counts)

    def take_back(self) -> None:
        """The group was aborted: none of its events was sealed."""
        self._counts = dict(self._before)

    def may_seal(self, till: int, at_ms: int) -> bool:
        """Whether one more refusal of the till is sealed in the minute of ``at_ms``; counts it if so."""
        minute = at_ms // 60_000
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
            self._before.clear()
        count = self._counts.get(till, 0)
        if count >= REFUSALS_SEALED_PER_MINUTE_MAX:
            return False
        self._counts[till] = count + 1
        return True
