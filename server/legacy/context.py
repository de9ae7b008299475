"""What a webservice may use of the server, and how it says that it cannot do what was asked."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from engine.engine import Refusal

OK = 200
FORBIDDEN = 403
NOT_FOUND = 404
CONFLICT = 409
TOO_MANY = 429
FAILED = 500
NOT_YET = 501
UNAVAILABLE = 503
RETRY_AFTER_S = 2
POSITION_SHIFT = 48  # an order's internal id is its entry's position: generation above, sequence below this bit

Reply = tuple[int, dict[str, str], bytes]
"""HTTP status, headers, body."""


class Context(Protocol):
    """One request's way to the shop. All of it may block: the routes call webservices in a thread of their own."""

    public_url: str
    """The shop's public address without a slash at its end, or empty: never taken from the request."""

    def authenticate(self, shop: str, key: str) -> bool:
        """Whether the key opens this shop; from then on the others act with it. Raises `Problem` where this address
        showed too many that do not."""

    def act_as(self, till: int | None, operator: int | None) -> bool:
        """Whether the key may act at this till and for this operator (None: its own); if so, the others do."""

    def submit(self, name: str, body: Mapping[str, Any], id: bytes | None) -> Any:
        """The engine's answer to a command; without an id it gets a new one."""

    def ask(self, name: str, body: Mapping[str, Any]) -> Any:
        """The engine's answer to a query; raises `Refusal`."""

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC."""


class Problem(Exception):
    """Why something is not done: ``text`` is French and for people, ``code`` stable, ``status`` that of HTTP.

    What the shop declines is a 200, as the reference has it: its software reads the body and not the status.
    ``wait_s`` is when to come again, in seconds (0: nothing is said about it).
    """

    def __init__(self, text: str, code: str, status: int = OK, *, wait_s: int = 0) -> None:
        super().__init__(text)
        self.text = text
        self.code = code
        self.status = status
        self.wait_s = wait_s or (RETRY_AFTER_S if status == UNAVAILABLE else 0)


def not_yet(what: str) -> Problem:
    """For what stands on something that the engine does not have yet."""
    return Problem(f"{what} : cette caisse ne le propose pas encore", "legacy.not_yet", NOT_YET)


def ask(context: Context, name: str, body: Mapping[str, Any]) -> Any:
    """A query's answer as plain values; a refusal is a `Problem`."""
    try:
        return msgspec.to_builtins(context.ask(name, body))
    except Refusal as refusal:
        raise _problem(refusal.code, refusal.text, refusal.at) from refusal


def find(context: Context, name: str, body: Mapping[str, Any]) -> Any:
    """A query's answer as plain values, or None where there is no such thing."""
    try:
        return msgspec.to_builtins(context.ask(name, body))
    except Refusal:
        return None


class Done(NamedTuple):
    """What a command led to: where its entry stands, its leaf, and its first record as plain values."""

    order: int
    leaf: str
    record: dict[str, Any]


def submit(context: Context, name: str, body: Mapping[str, Any], id: bytes | None) -> Done:
    """Sends a command; what is not done is a `Problem`."""
    answer = context.submit(name, body, id)
    if answer.status == "refused":
        raise _problem(answer.code, answer.text, answer.at)
    if answer.status != "done":
        status = UNAVAILABLE if answer.retry else FAILED
        raise Problem(f"La caisse n'a rien enregistré : {answer.text}", answer.code, status)
    record = msgspec.to_builtins(answer.records[0])
    return Done(answer.gen << POSITION_SHIFT | answer.seq, answer.leaf, record)


IN_FRENCH: Mapping[str, str] = {
    "cash.till_closed": "La caisse de cette clé est fermée : ouvrez-y une session, puis recommencez",
    "kernel.not_allowed": "La clé (ou l'utilisateur pour qui elle agit) n'a pas ce droit",
    "kernel.unknown_till": "La caisse de cette clé n'existe plus ou n'est pas active",
}
"""What whoever sets such software up meets first, said in the language of these pages; the rest says the engine."""


def _problem(code: str, text: str, at: str | None) -> Problem:
    text = IN_FRENCH.get(code, text)
    status = CONFLICT if code == "kernel.id_reused" else FORBIDDEN if code == "kernel.not_allowed" else OK
    return Problem(f"{text} ({code}{f', {at}' if at else ''})", code, status)


def place_of(order: int) -> dict[str, int]:
    """How the engine names an order by its internal id."""
    return {"gen": order >> POSITION_SHIFT, "seq": order & ((1 << POSITION_SHIFT) - 1)}


def pages(context: Context, name: str, body: Mapping[str, Any], *, rows: str, cursor: str, most: int) -> list[Any]:
    """All rows of a paged query, at most ``most``; one that has more is a `Problem`."""
    found: list[Any] = []
    asked = dict(body)
    while True:
        page = ask(context, name, asked)
        found += page[rows]
        if len(found) > most:
            raise Problem(f"Plus de {most} lignes : demandez une période ou une page plus petite", "legacy.too_many")
        if page["next"] is None:
            return found
        asked[cursor] = page["next"]
