"""Who asks: a request's sender once recognised, as the actor whose rights the engine looks at."""

import dataclasses

import msgspec

from engine.engine import Actor
from server.auth.cookies import Header
from server.auth.recognise import NOBODY

_encode = msgspec.json.Encoder().encode
_SESSION = "session:"


@dataclasses.dataclass(frozen=True, slots=True)
class Asker:
    """A recognised sender: the actor, and the same as the bytes that travel to the engine.

    ``cookies`` go back with the response, whatever it is; ``rests_ms`` is when what he showed counts no more
    (milliseconds since 1970, 0: never), so that what lasts does not outlast it.
    """

    actor: Actor
    encoded: bytes
    cookies: tuple[Header, ...] = ()
    rests_ms: int = 0

    @property
    def is_nobody(self) -> bool:
        """Whether he showed nothing that is known here."""
        return self.actor.credential == NOBODY.credential

    @property
    def in_session(self) -> bool:
        """Whether a cookie alone says who he is: a browser sends it along, whoever asks it to."""
        return self.actor.credential.startswith(_SESSION)


def asker(actor: Actor, cookies: tuple[Header, ...] = (), rests_ms: int = 0) -> Asker:
    """The asker for an actor."""
    return Asker(actor, _encode(actor), cookies, rests_ms)
