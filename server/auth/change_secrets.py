"""Endpoints for secrets: one's own PIN, badge, password and one-time codes, those of others, and new API keys."""

import base64
from typing import Any

import msgspec

from engine.engine import Actor
from engine.features import Identity, identity
from server.api.exchange import Headers
from server.auth import ceremonies, cookies, tokens, totp
from server.auth.back_office import FORGET
from server.auth.bodies import ApiKeyBody, ApiKeyMade, SecretBody, SecretChanged
from server.auth.ceremonies import DeclinedError
from server.auth.reception import Answered, Asked, Reception
from server.auth.secrets import require_password, require_pin

SHOP_NUMBERS = ("siret", "vat_number", "zip", "phone")
"""Numbers of the shop's own that everybody can read: no part of them is a PIN."""

_AT_TILLS = frozenset({"pin", "badge"})


async def change(reception: Reception, asked: Asked) -> Answered:
    """Changes one's own secret, or gives another operator one; whoever may what, the engine decides."""
    body: SecretBody = asked.body
    me: Identity = reception.desk.look(lambda world: identity(world, asked.actor))
    if not me.operator:
        raise DeclinedError("staff.not_signed_in", "nobody is signed in whose secret it could be")
    operator = body.operator or me.operator
    if body.what == "totp" and body.code is None:
        return _new_seed(reception, operator)
    stored: dict[str, str] | None
    if body.what == "totp":
        stored = _proven_seed(reception, operator, body)
    elif body.new is None:
        stored = None
    else:
        _require_good(reception, body, operator)
        # A badge is read and a PIN typed; each is a text here, hashed before anything leaves this process.
        stored = await ceremonies.stored_form(reception.secrets, body.what, operator, str(body.new))
    headers = await _send(reception, asked, me, stored)
    return Answered(SecretChanged(operator=operator, what=body.what, changed=True), headers)


async def _send(reception: Reception, asked: Asked, me: Identity, stored: dict[str, str] | None) -> Headers:
    """The command that changes it; returns the cookies that are worth nothing from then on."""
    body: SecretBody = asked.body
    actor, operator = asked.actor, body.operator or me.operator
    change: dict[str, Any] = {"field": body.what, "secret": stored}
    if operator != me.operator:
        await ceremonies.tell(reception.desk, "staff.set_secret", {"operator": operator, **change}, actor)
        return ()
    if me.kind == "session":
        await ceremonies.tell(reception.desk, "access.change_secret", change, actor)
        return FORGET
    if me.kind != "till" or body.what not in _AT_TILLS:
        raise DeclinedError("access.no_session", "this is changed in a session of the back office")
    if body.pin is None:
        raise DeclinedError("auth.old_pin", "at a till the PIN as it was belongs to it", {"field": "pin"})
    await ceremonies.change_at_till(reception.desk, reception.secrets, actor, body.pin, change)
    return (cookies.clear_cookie(cookies.SHIFT),)


def _require_good(reception: Reception, body: SecretBody, operator: int) -> None:
    if not isinstance(body.new, str):
        raise DeclinedError("auth.no_secret", "`new` is the PIN, badge or password from now on", {"field": "new"})
    settings = reception.settings()
    if body.what == "pin":
        require_pin(body.new, shop_codes=tuple(str(settings.get(name) or "") for name in SHOP_NUMBERS))
    elif body.what == "password":
        named: Identity = reception.desk.look(lambda world: identity(world, Actor(till=0, operator=operator)))
        require_password(body.new, names=(named.alias, str(settings.get("name", ""))))


def _new_seed(reception: Reception, operator: int) -> Answered:
    """The first step: nothing has changed until a code made from the seed comes back with its sealed form."""
    named: Identity = reception.desk.look(lambda world: identity(world, Actor(till=0, operator=operator)))
    if not named.alias:
        raise DeclinedError("staff.unknown_operator", f"there is no operator {operator} in use")
    seed = totp.new_seed()
    shown = SecretChanged(
        operator=operator,
        what="totp",
        changed=False,
        uri=totp.uri(seed, named.alias, str(reception.settings().get("name", "Guichet"))),
        secret=base64.b32encode(seed).decode(),
        sealed=totp.seal(reception.pepper, operator, seed),
    )
    return Answered(shown)


def _proven_seed(reception: Reception, operator: int, body: SecretBody) -> dict[str, str]:
    """The second step: the seed in its stored form, if the authenticator makes its codes."""
    seed = totp.unseal(reception.pepper, operator, body.sealed or "")
    if seed is None or totp.matching_step(seed, body.code or "", reception.now_ms()) is None:
        raise DeclinedError("auth.bad_code", "the authenticator's code is not one of this seed now")
    return {"hash": totp.seal(reception.pepper, operator, seed), "key": totp.seed_key(reception.pepper, seed)}


async def make_key(reception: Reception, asked: Asked) -> Answered:
    """Makes an API key; its token is shown this once and kept as its SHA-256."""
    body: ApiKeyBody = asked.body
    token = tokens.api_token()
    parts = tokens.parse(token)
    assert isinstance(parts, tokens.KeyToken), "made a line above"
    row = {
        "label": body.label,
        "scopes": body.scopes,
        "till": body.till,
        "expires": body.expires,
        "addresses": body.addresses,
        "operators": body.operators,
        "key_id": parts.key_id,
    }
    made = {"row": row, "digest": parts.digest.hex()}
    answer = await ceremonies.tell(reception.desk, "access.make_key", made, asked.actor)
    id = msgspec.to_builtins(answer.records[0])["id"]
    return Answered(ApiKeyMade(id=id, key_id=parts.key_id, token=token, expires=body.expires))
