"""Which delivery goes when: order per subject, five in flight and ten a second per endpoint, retries over two days.

A plan is a plain object that is told the time and asked what to do; it waits for nothing and sends nothing.
"""

import heapq
import itertools
from collections import deque
from typing import NamedTuple

import msgspec

IN_FLIGHT_MAX = 5  # deliveries to one endpoint at a time
RATE_PER_S_MAX = 10  # deliveries to one endpoint that begin in any one second
WAITING_MAX = 200  # deliveries that one endpoint may have here; the rest waits in the store
RETRY_AFTER_S_MAX = 3_600  # what a receiver may ask us to wait beyond our own delays

TWO_DAYS_S = 172_800
SOON_S, MINUTES_S, HALF_HOUR_S = 5, 300, 1_800
TWO_HOURS_S, FIVE_HOURS_S, TEN_HOURS_S, TWELVE_HOURS_S = 7_200, 18_000, 36_000, 43_200
_FIRST = (SOON_S, MINUTES_S, HALF_HOUR_S, TWO_HOURS_S, FIVE_HOURS_S, TEN_HOURS_S, TWELVE_HOURS_S)
RETRY_DELAYS_S = (*_FIRST, TWO_DAYS_S - sum(_FIRST))
"""Eight retries; the last is due two days after the first try (the tries themselves not counted)."""

GONE = 410


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one endpoint, as ``integrations.jobs`` hands it out, with the endpoint's id and turn."""

    hook: int
    turn: int
    id: str
    position: int
    number: int
    subject: str
    body: str


class Reply(NamedTuple):
    """What came of one try: the HTTP status (0: none came), our word for what went wrong, and Retry-After if given."""

    status: int
    reason: str = ""
    retry_after_s: int = 0

    @property
    def taken(self) -> bool:
        """Whether the endpoint has the event now."""
        return 200 <= self.status < 300 and not self.reason


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a delivery: taken, or given up after all its tries."""

    hook: int
    turn: int
    position: int
    number: int
    taken: bool
    reason: str
    status: int
    attempts: int


class _Endpoint:
    """The deliveries of one endpoint: queues by subject, the subjects whose first may go, when, and what is out."""

    def __init__(self, turn: int) -> None:
        self.turn = turn
        self.subjects: dict[str, deque[Delivery]] = {}
        self.due: list[tuple[float, int, str]] = []
        self.attempts: dict[str, int] = {}
        self.begun: deque[float] = deque(maxlen=RATE_PER_S_MAX)
        self.out: set[str] = set()
        self.waiting = 0

    def ready_at(self) -> float | None:
        """When the next try may begin: None while nothing waits or enough is in flight."""
        if not self.due or len(self.out) >= IN_FLIGHT_MAX:
            return None
        full = len(self.begun) == RATE_PER_S_MAX
        return max(self.due[0][0], self.begun[0] + 1 if full else self.due[0][0])


class Plan:
    """All endpoints' deliveries. Times are seconds of one clock that never goes back."""

    def __init__(self, delays_s: tuple[int, ...] = RETRY_DELAYS_S) -> None:
        self._delays_s = delays_s
        self._endpoints: dict[int, _Endpoint] = {}
        self._order = itertools.count()

    def room(self, hook: int) -> int:
        """How many more deliveries this endpoint may be given."""
        endpoint = self._endpoints.get(hook)
        return WAITING_MAX - (0 if endpoint is None else endpoint.waiting)

    def add(self, delivery: Delivery, now: float) -> None:
        """Takes a delivery; one of an endpoint whose turn is another is an error of the caller (`drop` comes first)."""
        endpoint = self._endpoints.setdefault(delivery.hook, _Endpoint(delivery.turn))
        if endpoint.turn != delivery.turn:
            raise ValueError(f"endpoint {delivery.hook} is at turn {endpoint.turn}, not {delivery.turn}")
        if endpoint.waiting >= WAITING_MAX:
            raise ValueError(f"endpoint {delivery.hook} has {WAITING_MAX} deliveries waiting")
        queue = endpoint.subjects.get(delivery.subject)
        if queue is None:
            queue = endpoint.subjects[delivery.subject] = deque()
            heapq.heappush(endpoint.due, (now, next(self._order), delivery.subject))
        queue.append(delivery)
        endpoint.waiting += 1

    def drop(self, hook: int) -> None:
        """Forgets an endpoint: it was switched off, removed or taken back; replies still out are not waited for."""
        self._endpoints.pop(hook, None)

    def start(self, now: float) -> list[Delivery]:
        """The deliveries that begin now; each is answered with `finish`."""
        begun = []
        for endpoint in self._endpoints.values():
            while (at := endpoint.ready_at()) is not None and at <= now:
                _, _, subject = heapq.heappop(endpoint.due)
                endpoint.begun.append(now)
                endpoint.out.add(subject)
                begun.append(endpoint.subjects[subject][0])
        return begun

    def next_at(self) -> float | None:
        """When `start` will have something to begin if nothing else happens."""
        times = [at for endpoint in self._endpoints.values() if (at := endpoint.ready_at()) is not None]
        return min(times, default=None)

    def finish(self, delivery: Delivery, reply: Reply, now: float) -> Outcome | None:
        """Takes the reply to a try: the outcome if this was the last one, else None and a later try is planned.

        An endpoint that says 410 is gone for good; one that was dropped meanwhile has no outcome.
        """
        endpoint = self._endpoints.get(delivery.hook)
        if endpoint is None or endpoint.turn != delivery.turn:
            return None
        subject = delivery.subject
        queue = endpoint.subjects.get(subject)
        if queue is None or queue[0] is not delivery:
            return None  # out since before the endpoint was dropped and came back
        endpoint.out.discard(subject)
        attempts = endpoint.attempts.pop(subject, 0) + 1
        if not reply.taken and reply.status != GONE and attempts <= len(self._delays_s):
            delay = max(self._delays_s[attempts - 1], min(reply.retry_after_s, RETRY_AFTER_S_MAX))
            endpoint.attempts[subject] = attempts
            heapq.heappush(endpoint.due, (now + delay, next(self._order), subject))
            return None
        queue.popleft()
        endpoint.waiting -= 1
        if queue:
            heapq.heappush(endpoint.due, (now, next(self._order), subject))
        else:
            del endpoint.subjects[subject]
        if not reply.taken:
            self.drop(delivery.hook)  # whoever gave up one event is switched off: the others wait in the store
        return Outcome(
            hook=delivery.hook,
            turn=delivery.turn,
            position=delivery.position,
            number=delivery.number,
            taken=reply.taken,
            reason="" if reply.taken else _reason(reply),
            status=reply.status,
            attempts=attempts,
        )


def _reason(reply: Reply) -> str:
    if reply.status == GONE:
        return "gone"
    if reply.reason:
        return reply.reason
    return "redirected" if 300 <= reply.status < 400 else "status"
