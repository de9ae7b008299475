"""Making an API key: a worker made its token and hands over what is kept of it."""

from typing import Any, cast

import msgspec

from engine.access.invite_till import Digest
from engine.access.kinds import API_KEYS, KeyRow
from engine.kernel.errors import Refusal
from engine.kernel.kinds import Secret
from engine.kernel.messages import Command, Record
from engine.kernel.rows import decide_put, put_type
from engine.kernel.world import World


class MakeKey(Command, frozen=True, kw_only=True, tag="access.make_key"):
    """A new row of ``api-keys`` whose token has the SHA-256 ``digest``; the worker shows the token itself, once."""

    row: KeyRow
    digest: Digest


def decide_make_key(command: MakeKey, world: World) -> tuple[Record, ...]:
    """A row under the next free id, by every rule of its kind."""
    if command.row.secret is not None:
        raise Refusal("kernel.bad_request", "`digest` says what is kept of the token", at="row.secret")
    secret = Secret(hash=command.digest, key=command.digest)
    row = msgspec.structs.replace(command.row, secret=secret)
    return decide_put(API_KEYS, cast(Any, put_type(API_KEYS))(row=row), world)
