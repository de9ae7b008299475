"""Who asks: the seam between a request's headers and the actor whose rights the engine looks at."""

import dataclasses
from collections.abc import Mapping
from typing import Protocol

import msgspec

from engine.engine import Actor

_encode = msgspec.json.Encoder().encode


@dataclasses.dataclass(frozen=True, slots=True)
class Asker:
    """A recognised sender: the actor, and the same as the bytes that travel to the engine."""

    actor: Actor
    encoded: bytes


def asker(actor: Actor) -> Asker:
    """The asker for an actor."""
    return Asker(actor, _encode(actor))


class Gate(Protocol):
    """Recognises senders; whoever it does not recognise gets a `Problem` (``auth.*``) raised."""

    def authenticate(self, headers: Mapping[bytes, bytes], address: str) -> Asker:
        """The sender of a request, from its headers (lower-case names; of a repeated one the last) and its address."""
