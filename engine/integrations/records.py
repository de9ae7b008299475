"""What happens to endpoints: how far each has heard, what was given up, secrets changed, events sent again."""

import msgspec

from engine.kernel.messages import Record


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """How far one endpoint has heard: every event up to (``position``, ``number``) was delivered, and those ``beyond``.

    ``position`` is that of the entry, ``number`` the job's number in it; ``beyond`` holds later ones, in order, that
    were delivered while an earlier one still waits for its retry.
    """

    id: int
    position: int
    number: int
    beyond: tuple[tuple[int, int], ...]


class Delivered(Record, frozen=True, kw_only=True, tag="integrations.delivered"):
    """Endpoints took events: one record for what many deliveries came to, so that a busy shop's journal stays small."""

    heard: tuple[Heard, ...]


class Failed(Record, frozen=True, kw_only=True, tag="integrations.failed"):
    """An event could not be delivered to endpoint ``id`` after all retries: ``reason`` is our own stable word,
    ``status`` the last HTTP status (0: none), ``attempts`` how often it was tried."""

    id: int
    position: int
    number: int
    reason: str
    status: int
    attempts: int


class SecretRotated(Record, frozen=True, kw_only=True, tag="integrations.secret_rotated"):
    """An endpoint got a new secret; until ``until_ms`` (milliseconds since 1970 UTC) the one before signs as well."""

    id: int
    until_ms: int


class Replayed(Record, frozen=True, kw_only=True, tag="integrations.replayed"):
    """Everything that endpoint ``id`` was to hear of after ``position`` will be sent again, under the same ids."""

    id: int
    position: int
