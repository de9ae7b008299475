"""Tables and folds of credentials, and what lies beside the journal: hashes of tokens, sessions, one-time codes."""

import msgspec

from engine.access.records import TillEnrolled, TillRevoked
from engine.kernel.errors import Refusal
from engine.kernel.events import Event
from engine.kernel.rows import RowRemoved
from engine.kernel.tables import Table
from engine.kernel.world import Folding, World
from engine.shop.kinds import TILLS as TILL_KIND

LOG_INS_SOFT_MAX = 5  # wrong log-ins of one account within the short window
LOG_INS_HARD_MAX = 20  # wrong log-ins of one account within a day
SOFT_WINDOW_MS = 15 * 60_000
DAY_MS = 24 * 3_600_000
CHALLENGE_MS = 10 * 60_000  # twice as long as a challenge may be answered
LOG_IN_VALID_MS = 60_000  # how long after its try a log-in may come


class TillCredential(msgspec.Struct, array_like=True):
    """A till's last credential: its number, whether it is live, and where that was sealed."""

    serial: int
    live: bool
    position: int


class TillSecret(msgspec.Struct, array_like=True):
    """The SHA-256 of the token that belongs to a till's credential of this number."""

    serial: int
    digest: bytes


class Invitation(msgspec.Struct, array_like=True):
    """A one-time code for a till, as a keyed hash; until when it works, how often it was tried, who gave it."""

    code: bytes
    expires_ms: int
    tries: int
    by: int


class Session(msgspec.Struct, array_like=True):
    """A session of the back office: whose, since when, when his identity was last proven and how, and the position of
    the entry that says so."""

    operator: int
    began_ms: int
    level_ms: int
    position: int
    way: str


class Challenge(msgspec.Struct, array_like=True, frozen=True):
    """A challenge that was answered: its SHA-256, and when."""

    digest: bytes
    at_ms: int


CREDENTIALS = Table("access.credentials", b"at", ">H", TillCredential)
"""till -> its last credential."""

TILL_SECRETS = Table("access.till_secrets", b"ax", ">H", TillSecret, db="secrets")
"""till -> the hash of its token."""

INVITATIONS = Table("access.invitations", b"ai", ">H", Invitation, db="secrets")
"""till -> its open invitation."""

SESSIONS = Table("access.sessions", b"as", ">32s", Session, db="secrets")
"""SHA-256 of a session's id -> the session."""

LOG_INS = Table("access.log_ins", b"al", ">Q", list[int], db="marks")
"""operator -> when his log-ins of the last day were tried that nobody has called right."""

CODE_STEPS = Table("access.code_steps", b"ao", ">Q", int, db="marks")
"""operator -> the time step of the last one-time code that was used: no code works twice (RFC 6238, 5.2)."""


PASSKEY_COUNTS = Table("access.passkey_counts", b"ap", ">Q", int, db="marks")
"""passkey -> what its authenticator last said of how often it was used."""

CHALLENGES = Table("access.challenges", b"ac", ">B", list[Challenge], db="marks")
"""0 -> the challenges that were answered within the last minutes, oldest first: each works once."""


def fold_enrolled(record: TillEnrolled, folding: Folding) -> None:
    """The till has a live credential; the one before is replaced."""
    folding.put(CREDENTIALS, TillCredential(record.serial, True, folding.position), record.till)


def fold_revoked(record: TillRevoked, folding: Folding) -> None:
    """The till has none."""
    folding.put(CREDENTIALS, TillCredential(record.serial, False, folding.position), record.till)


def fold_till_removed(record: RowRemoved, folding: Folding) -> None:
    """A till that is removed takes its credential along: whichever till gets the number next has to be enrolled."""
    if record.kind != TILL_KIND.name:
        return
    row = folding.get(CREDENTIALS, record.id)
    if row is not None:
        folding.put(CREDENTIALS, TillCredential(row.serial, False, folding.position), record.id)


def tries_of(world: World, operator: int) -> list[int]:
    """When the account's wrong log-ins of the last day were tried."""
    return [at for at in world.get(LOG_INS, operator) or () if 0 <= world.at_ms - at < DAY_MS]


def give_back_log_in(world: World, operator: int) -> None:
    """Takes back the account's last try, which was right; refuses where nobody tried within the last minute."""
    tries = tries_of(world, operator)
    if not tries or world.at_ms - tries[-1] >= LOG_IN_VALID_MS:
        text = f"nobody tried to log operator {operator} in within the last minute"
        raise Refusal("access.no_try", text, data={"operator": operator})
    world.stage(LOG_INS, tries[:-1] or None, operator)


def use_code(world: World, operator: int, step: int | None) -> None:
    """Uses up the time step of a one-time code; refuses one that was used, and a password without any."""
    if step is None:
        raise Refusal("access.no_code", "a password alone proves nobody: a one-time code belongs to it", at="code_step")
    used = world.get(CODE_STEPS, operator)
    if used is not None and step <= used:
        raise Refusal("access.code_used", "this one-time code, or a later one, was used before", at="code_step")
    world.stage(CODE_STEPS, step, operator)


def use_passkey(world: World, id: int, count: int, challenge: bytes) -> None:
    """Uses up a challenge, and refuses a passkey that counts backwards: somebody has a copy (WebAuthn 6.1.1)."""
    now = world.at_ms
    recent = [one for one in world.get(CHALLENGES, 0) or () if 0 <= now - one.at_ms < CHALLENGE_MS]
    if any(one.digest == challenge for one in recent):
        raise Refusal("access.challenge_used", "this challenge was answered before", at="passkey.challenge")
    last = world.get(PASSKEY_COUNTS, id) or 0
    if (count or last) and count <= last:
        event = Event(code=0, what="refused.passkey_copied", detail={"passkey": id})
        text = "the passkey counts backwards: there may be a copy of it"
        raise Refusal("access.passkey_copied", text, at="passkey.count", records=(event,))
    world.stage(CHALLENGES, [*recent, Challenge(challenge, now)], 0)
    world.stage(PASSKEY_COUNTS, count, id)
