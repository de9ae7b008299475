"""What the access capability answers to: enrolment, sessions, API keys."""

from engine.access.add_passkey import AddPasskey, decide_add
from engine.access.change_secret import ChangeSecret, decide_change
from engine.access.end_sessions import EndSessions, decide_end
from engine.access.enrol_till import EnrolTill, decide_enrol
from engine.access.invite_till import InviteTill, decide_invite
from engine.access.kinds import API_KEYS, PASSKEYS
from engine.access.log_in import LogIn, decide_log_in
from engine.access.log_out import LogOut, decide_log_out
from engine.access.make_key import MakeKey, decide_make_key
from engine.access.records import TillEnrolled, TillRevoked
from engine.access.revoke_till import RevokeTill, decide_revoke
from engine.access.state import fold_enrolled, fold_revoked, fold_till_removed
from engine.access.step_up import StepUp, decide_step_up
from engine.access.try_log_in import TryLogIn, decide_try_log_in
from engine.access.views import AskTills, answer_tills
from engine.kernel.capability import Capability, CommandRow, FoldRow, QueryRow
from engine.kernel.rows import RowRemoved

TILLS = "access.tills"
HEX = "0123456789abcdef" * 4

TABLE = Capability(
    name="access",
    kinds=(API_KEYS, PASSKEYS),
    commands=(
        CommandRow(
            type=InviteTill, decide=decide_invite, permission=TILLS, example={"till": 1, "code": HEX}, route=False
        ),
        CommandRow(
            type=EnrolTill,
            decide=decide_enrol,
            permission="access.enrol",
            example={"till": 1, "code": HEX, "credential": HEX},
            route=False,
        ),
        CommandRow(type=RevokeTill, decide=decide_revoke, permission=TILLS, example={"till": 1}),
        CommandRow(
            type=TryLogIn,
            decide=decide_try_log_in,
            permission="access.log_in",
            example={"operator": 1},
            route=False,
            operational=True,
        ),
        CommandRow(
            type=LogIn,
            decide=decide_log_in,
            permission="access.log_in",
            example={"operator": 1, "session": HEX, "way": "password", "code_step": 59_841_960},
            route=False,
        ),
        CommandRow(
            type=StepUp,
            decide=decide_step_up,
            permission="access.own",
            example={"session": HEX, "way": "password", "code_step": 59_841_961},
            route=False,
        ),
        CommandRow(
            type=AddPasskey,
            decide=decide_add,
            permission="access.passkeys",
            example={"label": "Téléphone", "credential": HEX, "key": {"hash": "pQECAyYgASFYIA", "key": HEX}},
            route=False,
        ),
        CommandRow(
            type=ChangeSecret,
            decide=decide_change,
            permission="access.secrets",
            example={"field": "password", "secret": {"hash": "$argon2id$", "key": HEX}},
            route=False,
        ),
        CommandRow(
            type=MakeKey,
            decide=decide_make_key,
            permission="access.keys",
            example={"row": {k: v for k, v in API_KEYS.example.items() if k != "secret"}, "digest": HEX},
            route=False,
        ),
        CommandRow(type=LogOut, decide=decide_log_out, permission="access.own", example={"everywhere": True}),
        CommandRow(type=EndSessions, decide=decide_end, permission="access.sessions", example={"operator": 3}),
    ),
    queries=(QueryRow(type=AskTills, answer=answer_tills, permission=TILLS, example={}),),
    folds=(
        FoldRow(record=TillEnrolled, fold=fold_enrolled),
        FoldRow(record=TillRevoked, fold=fold_revoked),
        FoldRow(record=RowRemoved, fold=fold_till_removed),
    ),
    refusals={
        "access.bad_address": "a network that a key may come from is none",
        "access.bad_day": "the day is none of the calendar",
        "access.bad_expiry": "a key works from today on, for a year at most",
        "access.challenge_used": "the passkey's challenge was answered before",
        "access.code_used": "the one-time code, or a later one, was used before",
        "access.expired": "the API key has expired",
        "access.foreign_till": "the credential belongs to another till",
        "access.more_than_own": "an operator gives a key rights that he does not hold",
        "access.no_code": "a password without a one-time code",
        "access.no_invitation": "no device is invited to become this till, or not any more",
        "access.no_secret": "a new key without a secret, or a passkey without its public key",
        "access.no_session": "asked for outside a session of the back office",
        "access.no_try": "no log-in was tried within the last minute",
        "access.not_enrolled": "the till has no credential and no invitation",
        "access.not_own": "an operator adds a passkey to somebody else",
        "access.other_operator": "an operator logs in for another",
        "access.passkey_copied": "the passkey counts backwards: there may be a copy of it",
        "access.revoked": "the credential was revoked",
        "access.session_over": "the session is over: logged out, ended, or too old",
        "access.session_reused": "a session's id is used once",
        "access.two_keys": "two keys with this label work already",
        "access.unknown_operator": "there is no such operator in use",
        "access.unknown_passkey": "this is no passkey of the operator",
        "access.unknown_scope": "a key cannot have the right",
        "access.unknown_till": "there is no such till in use",
        "access.wait": "too many wrong log-ins; `wait_ms` says how long the account waits",
        "access.wrong_code": "the one-time code is wrong; five tries in all",
    },
)
