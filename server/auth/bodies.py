"""What the endpoints of sign-in take and answer: one struct for each body, so that a wrong field is named."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Number = Annotated[int, Meta(ge=1, le=9_007_199_254_740_991)]
TillNumber = Annotated[int, Meta(ge=1, le=65_535)]
Typed = Annotated[str, Meta(min_length=1, max_length=200)]
"""What somebody types: bounded, because what is typed is hashed slowly."""

Short = Annotated[str, Meta(min_length=1, max_length=40)]
Name = Annotated[str, Meta(min_length=1, max_length=254)]
Hex = Annotated[str, Meta(pattern="^[0-9a-fA-F]{32}$|^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
SecretName = Literal["pin", "badge", "password", "totp"]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every body that is taken."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The base of every body that is answered."""


class Nothing(Body, frozen=True, kw_only=True):
    """An empty object: everything is in the credential."""


class EnrolBody(Body, frozen=True, kw_only=True):
    """The one-time code that a manager read to the device (``3-7QX2-M4KD``)."""

    code: Short


class Enrolled(Shown, frozen=True, kw_only=True):
    """The device is this till from now on; its ``token`` is shown this once: ``Authorization: Bearer TOKEN``."""

    till: int
    token: str


class InviteBody(Body, frozen=True, kw_only=True):
    """The till that a device shall become."""

    till: TillNumber


class Invited(Shown, frozen=True, kw_only=True):
    """The one-time ``code``, shown this once, good for ``valid_s`` seconds and five tries."""

    till: int
    code: str
    valid_s: int


class PinBody(Body, frozen=True, kw_only=True):
    """Who signs in, chosen from ``GET /api/v1/staff/choose``, and the PIN."""

    operator: Number
    pin: Typed


class BadgeBody(Body, frozen=True, kw_only=True):
    """What the badge says: an NFC id or a barcode."""

    badge: Typed


class SignedIn(Shown, frozen=True, kw_only=True):
    """Who stands at the till now, and what he may do.

    ``cookie`` is what was set as a cookie too: a device without a cookie jar sends it back itself, as
    ``Cookie: <cookie>``, and takes over the newer one from ``Set-Cookie`` when an answer carries one. After ``idle_s``
    seconds without a request, and at ``until`` in any case, the PIN is asked for again.
    """

    till: int
    operator: int
    alias: str
    role: str
    rights: tuple[str, ...]
    cookie: str
    idle_s: int
    until: str


class SignOutBody(Body, frozen=True, kw_only=True):
    """Who leaves this till; without a number whoever asks."""

    operator: Number | None = None


class SignedOut(Shown, frozen=True, kw_only=True):
    """He is not signed in there any more, whether he was before or not."""

    till: int
    operator: int


class ApproveBody(Body, frozen=True, kw_only=True):
    """The second operator and his PIN, and the ``command`` that he lends his rights to: its ``Idempotency-Key``."""

    operator: Number
    pin: Typed
    command: Hex


class Approved(Shown, frozen=True, kw_only=True):
    """Send the command within ``valid_s`` seconds with ``X-Override: <override>``; both names are sealed with it."""

    by: int
    alias: str
    override: str
    valid_s: int


class LogInBody(Body, frozen=True, kw_only=True):
    """Alias or e-mail address, password, and the code of the authenticator."""

    login: Name
    password: Typed
    code: Short


class LoggedIn(Shown, frozen=True, kw_only=True):
    """A session of the back office; its cookies are set, and its id is nowhere else."""

    operator: int
    alias: str
    role: str
    rights: tuple[str, ...]
    idle_s: int
    until: str
    proven_until: str


class StepUpBody(Body, frozen=True, kw_only=True):
    """Password and code once more; or ``passkey``, what ``navigator.credentials.get`` answered."""

    password: Typed = ""
    code: Short = ""
    passkey: dict[str, Any] | None = None


class LoggedOut(Shown, frozen=True, kw_only=True):
    """The session is over, whether there was one or not; ``everywhere``: all of them, and sign-ins at tills."""

    everywhere: bool


class PasskeyOptions(Shown, frozen=True, kw_only=True):
    """What the browser is given: ``publicKey`` of ``navigator.credentials.get`` or ``create``."""

    options: dict[str, Any]


class PasskeyBody(Body, frozen=True, kw_only=True):
    """What ``navigator.credentials.get`` answered, as JSON (``toJSON()``)."""

    passkey: dict[str, Any]


class NewPasskeyBody(Body, frozen=True, kw_only=True):
    """What ``navigator.credentials.create`` answered, as JSON (``toJSON()``), and what its owner calls it."""

    label: Annotated[str, Meta(min_length=1, max_length=60)]
    passkey: dict[str, Any]


class PasskeyAdded(Shown, frozen=True, kw_only=True):
    """The passkey is one of the session's operator."""

    id: int
    label: str


class SecretBody(Body, frozen=True, kw_only=True):
    """A secret to change: one's own, or that of ``operator``.

    ``new`` is the PIN, badge or password (null takes a PIN or badge away); at a till ``pin`` is one's own PIN as it
    was. One-time codes change in two
    steps: without ``code`` a new seed is answered, with its ``sealed`` form and a ``code`` made from it it counts.
    """

    what: SecretName
    operator: Number | None = None
    new: Typed | msgspec.UnsetType | None = msgspec.UNSET
    pin: Typed | None = None
    sealed: Annotated[str, Meta(max_length=200)] | None = None
    code: Short | None = None


class SecretChanged(Shown, frozen=True, kw_only=True):
    """Whether it counts from now on; then every sign-in and session of the operator is over.

    ``uri`` and ``secret`` are a new seed for the authenticator, shown this once; send ``sealed`` back with a code.
    """

    operator: int
    what: str
    changed: bool
    uri: str | None = None
    secret: str | None = None
    sealed: str | None = None


class Me(Shown, frozen=True, kw_only=True):
    """Who the credential stands for: ``kind`` is till, session or key.

    ``operator`` is 0 where nobody is signed in. ``since`` is when he signed in, ``idle_s`` how long he may rest,
    ``until`` when it ends in any case, ``proven_until`` until when rights over people and keys need no new proof.
    """

    kind: str
    till: int
    operator: int
    alias: str
    role: str
    rights: tuple[str, ...]
    since: str | None = None
    idle_s: int | None = None
    until: str | None = None
    proven_until: str | None = None


class ApiKeyBody(Body, frozen=True, kw_only=True):
    """A new key: its purpose, its rights, its till, its last day (a year ahead at most), where it may come from, and
    the ``operators`` for whom it may act besides for itself."""

    label: Annotated[str, Meta(min_length=1, max_length=60)]
    scopes: Annotated[tuple[str, ...], Meta(min_length=1, max_length=64)]
    till: TillNumber
    expires: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    addresses: Annotated[tuple[Annotated[str, Meta(max_length=50)], ...], Meta(max_length=20)] = ()
    operators: Annotated[tuple[Number, ...], Meta(max_length=50)] = ()


class ApiKeyMade(Shown, frozen=True, kw_only=True):
    """The key's row, and its ``token``, shown this once: ``Authorization: Bearer TOKEN``."""

    id: int
    key_id: str
    token: str
    expires: str
