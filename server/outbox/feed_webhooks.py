"""The other end of the process that delivers: takes deliveries from the store, and outcomes back to the engine.

A feed is a plain object without a socket: `step` says what to send to the process, `take` hears an outcome, `reports`
says which commands are due. What it keeps in mind may be lost at any time: it is then read from the store again, and
what was delivered since the last report is delivered once more, under the same ids.
"""

import dataclasses
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from engine.engine import Refusal
from server.outbox.plan_deliveries import WAITING_MAX, Delivery, Outcome
from server.outbox.webhooks import Deliver, Drop, Endpoint, Message, SigningSecret

PAGE_MAX = 200  # deliveries asked for at once
PAGES_MAX = 5  # pages asked for in one step, for one endpoint
REPORT_EVERY_S = 30  # between two reports of deliveries, where there were any
REPORT_COUNT_MAX = 500  # deliveries after which a report is due at once
BEYOND_MAX = 500  # later events named in a report; others are sent again after a crash
BEYOND_KEPT_MAX = 50_000  # later events kept in mind, so that one that nobody takes does not hold up the rest

Ask = Callable[[str, Mapping[str, Any]], Any]
"""Answers a query of the engine by name, asked as the engine itself (till 0, operator 0)."""

Place = tuple[int, int]
Report = tuple[str, dict[str, Any]]
"""A command by name and its body."""


@dataclasses.dataclass(slots=True)
class _Window:
    """What is under way for one endpoint: from the first event it has not heard to the last that was handed out."""

    turn: int
    endpoint: Endpoint
    heard: Place
    cursor: Place
    beyond: set[Place]
    out: deque[Place]
    fresh: int = 0

    def room(self) -> int:
        """How many more may be handed out."""
        return min(WAITING_MAX - len(self.out) + len(self.beyond), BEYOND_KEPT_MAX - len(self.beyond))

    def take(self, place: Place) -> None:
        """One more was delivered."""
        self.beyond.add(place)
        self.fresh += 1
        # Beyond the cursor there may be events that were never asked for, between those that were heard before a crash.
        while self.out and self.out[0] in self.beyond and self.out[0] <= self.cursor:
            self.heard = self.out.popleft()
            self.beyond.discard(self.heard)
        if not self.out:
            self.heard = self.cursor


class Feed:
    """The deliveries of all endpoints of one shop.

    ``public_url`` is the shop's own public address, for links in what is sent; empty where it has none.
    """

    def __init__(self, ask: Ask, *, public_url: str = "") -> None:
        self._ask = ask
        self._public_url = public_url
        self._windows: dict[int, _Window] = {}
        self._failed: list[Outcome] = []
        self._reported_s = 0

    def step(self) -> list[Message]:
        """What the delivering process is to be told now: endpoints that changed, and as much new work as it takes."""
        messages: list[Message] = []
        live: set[int] = set()
        for hook in self._ask("integrations.hooks", {}):
            if hook.active and not any(outcome.hook == hook.id for outcome in self._failed):
                live.add(hook.id)
                messages += self._follow(hook)
        for id in self._windows.keys() - live:
            del self._windows[id]
            messages.append(Drop(hook=id))
        return messages

    def _follow(self, hook: Any) -> list[Message]:
        messages: list[Message] = []
        secrets = tuple(SigningSecret(text=one.text, until_ms=one.until_ms) for one in hook.secrets)
        endpoint = Endpoint(hook=hook.id, url=hook.url, secrets=secrets)
        window = self._windows.get(hook.id)
        if window is not None and window.turn != hook.turn:
            messages.append(Drop(hook=hook.id))
            window = None
        if window is None:
            place = (hook.position, hook.number)
            beyond = {(position, number) for position, number in hook.beyond}
            window = _Window(hook.turn, endpoint, place, place, beyond, deque(sorted(beyond)))
            self._windows[hook.id] = window
            messages.append(endpoint)
        elif window.endpoint != endpoint:
            window.endpoint = endpoint
            messages.append(endpoint)
        return messages + self._pull(hook.id, window)

    def _pull(self, id: int, window: _Window) -> list[Message]:
        found: list[Message] = []
        for _ in range(PAGES_MAX):
            room = window.room()
            if room <= 0:
                break
            position, number = window.cursor
            asked = {"hook": id, "position": position, "number": number, "limit": min(room, PAGE_MAX)}
            try:
                page = self._ask("integrations.jobs", asked | {"public_url": self._public_url})
            except Refusal:
                break  # the endpoint was removed a moment ago; the next step drops it
            for job in page.deliveries:
                place = (job.position, job.number)
                window.out.append(place)
                delivery = Delivery(
                    hook=id,
                    turn=window.turn,
                    id=job.id,
                    position=job.position,
                    number=job.number,
                    subject=job.subject,
                    body=job.body,
                )
                found.append(Deliver(delivery=delivery))
            if window.beyond:
                window.out = deque(sorted(window.out))
            window.cursor = (page.position, page.number)
            if not page.more:
                break
        return found

    def take(self, outcome: Outcome) -> None:
        """Hears of an outcome; one about a former state of its endpoint says nothing any more."""
        window = self._windows.get(outcome.hook)
        if window is None or window.turn != outcome.turn:
            return
        if outcome.taken:
            window.take((outcome.position, outcome.number))
        else:
            self._failed.append(outcome)

    def reports(self, now_s: int, *, force: bool = False) -> list[Report]:
        """The commands that are due now, in their order; `reported` says what became of each.

        Deliveries are said now and then, or before a failure, or with ``force`` (at the end).
        """
        fresh = {id: window for id, window in self._windows.items() if window.fresh}
        count = sum(window.fresh for window in fresh.values())
        due = force or self._failed or count >= REPORT_COUNT_MAX or now_s - self._reported_s >= REPORT_EVERY_S
        found: list[Report] = []
        if fresh and due:
            self._reported_s = now_s
            found.append(("integrations.report_delivered", {"heard": [_heard(*item) for item in fresh.items()]}))
        return found + [("integrations.report_failed", _given_up(outcome)) for outcome in self._failed]

    def reported(self, report: Report, status: str) -> None:
        """What the engine answered to a report: what it took or refused is over, a fault is tried again."""
        if status == "fault":
            return
        name, body = report
        if name == "integrations.report_failed":
            self._failed = [one for one in self._failed if (one.hook, one.turn) != (body["id"], body["turn"])]
            return
        for heard in body["heard"]:
            window = self._windows.get(heard["id"])
            if window is not None and window.turn == heard["turn"]:
                window.fresh = 0


def _given_up(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.hook,
        "turn": outcome.turn,
        "position": outcome.position,
        "number": outcome.number,
        "reason": outcome.reason,
        "status": outcome.status,
        "attempts": outcome.attempts,
    }


def _heard(id: int, window: _Window) -> dict[str, Any]:
    position, number = window.heard
    beyond = [list(place) for place in sorted(window.beyond)[:BEYOND_MAX]]
    return {"id": id, "turn": window.turn, "position": position, "number": number, "beyond": beyond}
