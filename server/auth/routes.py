"""The endpoints of sign-in as a table: where each stands, who may use it, what it takes, shows and declines."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from server.api.routes import ANYONE, PREFIX, Rate, Route
from server.auth import at_till, back_office, bodies, change_secrets, show_me
from server.auth.reception import Run

RATE: Rate = "sign-in"
_HEX = "0193b5c8-7d1e-7a43-9c02-5f1d3a6b8e01"
_CREDENTIAL = {"id": "q83vEjRWeJA", "rawId": "q83vEjRWeJA", "type": "public-key", "response": {}}
_TRIES = ("auth.wrong", "auth.busy", "auth.too_many", "staff.wait", "staff.locked", "staff.device_locked")
_PASSKEY = ("auth.no_name", "auth.no_passkeys", "auth.passkey")
_LOG_IN = ("auth.wrong", "auth.busy", "auth.too_many", "access.wait")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Ceremony:
    """One endpoint: its path below ``/api/v1/auth/``, policy, body, answer, example, and the codes it may decline with.

    ``policy`` is a right, as of any route: ``access.enrol`` and ``access.log_in`` are those of people who show nothing.
    """

    path: str
    policy: str
    takes: type[bodies.Body] | None
    shows: type[bodies.Shown]
    run: Run
    example: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    codes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``auth.passkey.add.begin``."""
        return "auth." + self.path.replace("/", ".").replace("-", "_")

    @property
    def method(self) -> str:
        """POST, but for what only looks."""
        return "POST" if self.takes is not None else "GET"


TABLE: tuple[Ceremony, ...] = (
    Ceremony(
        path="enrol",
        policy="access.enrol",
        takes=bodies.EnrolBody,
        shows=bodies.Enrolled,
        run=at_till.enrol,
        example={"code": "3-7QX2-M4KD"},
        codes=("access.wrong_code", "auth.too_many"),
    ),
    Ceremony(
        path="invite",
        policy="access.tills",
        takes=bodies.InviteBody,
        shows=bodies.Invited,
        run=at_till.invite,
        example={"till": 3},
        codes=("access.unknown_till", "kernel.not_allowed"),
    ),
    Ceremony(
        path="pin",
        policy="staff.sign_in",
        takes=bodies.PinBody,
        shows=bodies.SignedIn,
        run=at_till.pin,
        example={"operator": 3, "pin": "482913"},
        codes=("access.revoked", *_TRIES),
    ),
    Ceremony(
        path="badge",
        policy="staff.sign_in",
        takes=bodies.BadgeBody,
        shows=bodies.SignedIn,
        run=at_till.badge,
        example={"badge": "04A2B3C4D5"},
        codes=("access.revoked", "auth.wrong", "auth.badge_form", "staff.device_locked"),
    ),
    Ceremony(
        path="sign-out",
        policy="staff.sign_in",
        takes=bodies.SignOutBody,
        shows=bodies.SignedOut,
        run=at_till.sign_out,
        example={},
        codes=("access.revoked",),
    ),
    Ceremony(
        path="approve",
        policy=ANYONE,
        takes=bodies.ApproveBody,
        shows=bodies.Approved,
        run=at_till.approve,
        example={"operator": 2, "pin": "482913", "command": _HEX},
        codes=("staff.no_override", "staff.no_till", *_TRIES),
    ),
    Ceremony(
        path="log-in",
        policy="access.log_in",
        takes=bodies.LogInBody,
        shows=bodies.LoggedIn,
        run=back_office.log_in,
        example={"login": "Léa", "password": "un mot de passe bien long", "code": "492039"},
        codes=_LOG_IN,
    ),
    Ceremony(
        path="log-out",
        policy="access.own",
        takes=bodies.Nothing,
        shows=bodies.LoggedOut,
        run=back_office.log_out,
    ),
    Ceremony(
        path="log-out-everywhere",
        policy="access.own",
        takes=bodies.Nothing,
        shows=bodies.LoggedOut,
        run=back_office.log_out_everywhere,
    ),
    Ceremony(
        path="step-up",
        policy="access.own",
        takes=bodies.StepUpBody,
        shows=bodies.LoggedIn,
        run=back_office.step_up,
        example={"password": "un mot de passe bien long", "code": "492039"},
        codes=("access.code_used", "access.session_over", *_LOG_IN, *_PASSKEY),
    ),
    Ceremony(
        path="passkey/begin",
        policy="access.log_in",
        takes=bodies.Nothing,
        shows=bodies.PasskeyOptions,
        run=back_office.begin_passkey,
        codes=(*_PASSKEY, "auth.too_many"),
    ),
    Ceremony(
        path="passkey/finish",
        policy="access.log_in",
        takes=bodies.PasskeyBody,
        shows=bodies.LoggedIn,
        run=back_office.finish_passkey,
        example={"passkey": _CREDENTIAL},
        codes=(*_PASSKEY, "access.challenge_used", "access.passkey_copied", "auth.too_many"),
    ),
    Ceremony(
        path="passkey/add/begin",
        policy="access.passkeys",
        takes=bodies.Nothing,
        shows=bodies.PasskeyOptions,
        run=back_office.begin_new_passkey,
        codes=_PASSKEY,
    ),
    Ceremony(
        path="passkey/add/finish",
        policy="access.passkeys",
        takes=bodies.NewPasskeyBody,
        shows=bodies.PasskeyAdded,
        run=back_office.finish_new_passkey,
        example={"label": "Téléphone de Léa", "passkey": _CREDENTIAL},
        codes=("auth.bad_passkey", "kernel.step_up", *_PASSKEY),
    ),
    Ceremony(
        path="secrets",
        policy=ANYONE,
        takes=bodies.SecretBody,
        shows=bodies.SecretChanged,
        run=change_secrets.change,
        example={"what": "pin", "new": "593817", "pin": "482913"},
        codes=(
            "auth.bad_code",
            "auth.badge_form",
            "auth.no_secret",
            "auth.old_pin",
            "auth.password_short",
            "auth.password_weak",
            "auth.pin_form",
            "auth.pin_weak",
            "kernel.step_up",
            "staff.badge_taken",
            "staff.more_than_own",
            "staff.unknown_operator",
            *_TRIES,
        ),
    ),
    Ceremony(path="me", policy=ANYONE, takes=None, shows=bodies.Me, run=show_me.me, codes=("staff.not_signed_in",)),
    Ceremony(
        path="api-keys",
        policy="access.keys",
        takes=bodies.ApiKeyBody,
        shows=bodies.ApiKeyMade,
        run=change_secrets.make_key,
        example={"label": "Boutique en ligne", "scopes": ["sales.post"], "till": 1, "expires": "2027-06-30"},
        codes=("access.bad_expiry", "access.two_keys", "access.unknown_scope", "kernel.step_up"),
    ),
)
"""Every endpoint of sign-in (docs/access.md); each stands below ``/api/v1/auth/``."""

BY_NAME: Mapping[str, Ceremony] = {each.name: each for each in TABLE}

CEREMONIES: tuple[Route, ...] = tuple(
    Route(
        method=each.method,
        path=f"{PREFIX}/auth/{each.path}",
        does="ceremony",
        name=each.name,
        policy=each.policy,
        rate=RATE if each.takes is not None else "read",
    )
    for each in TABLE
)
"""The same as routes of the server's table."""
