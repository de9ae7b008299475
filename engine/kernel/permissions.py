"""Who may do what: the roles of the reference as a written table of rights, extended per operator."""

from types import MappingProxyType

SELL = frozenset(
    {
        "sales.post",
        "sales.pay",
        "sales.copy",
        "sales.read",
        "cash.open",
        "cash.read",
        "catalogue.read",
        "customers.read",
        "delivery.read",
        "shop.read",
        "staff.read",
        "discounts.apply",
        "discounts.read",
        "payments.read",
        "printing.read",
    }
)
"""An employee: sells, opens the till; refunds, closing and typed prices only by an extra right."""

MANAGE = SELL | {
    "sales.refund",
    "sales.typed_price",
    "sales.free_discount",
    "sales.remove_automatic",
    "sales.unpaid",
    "cash.close",
    "cash.training",
    "fiscal.read",
    "fiscal.verify",
    "fiscal.export",
    "kernel.clock",
    "staff.unlock",
    "staff.secrets",
    "access.tills",
    "customers.write",
}
"""A manager: everything at the till, but no configuration."""

ADMIN = MANAGE | {
    "catalogue.write",
    "delivery.write",
    "discounts.write",
    "payments.write",
    "shop.write",
    "staff.write",
    "fiscal.archive",
    "integrations.read",
    "integrations.write",
    "kernel.maintain",
    "access.read",
    "access.keys",
    "access.sessions",
}
"""An admin: everything."""

READ = frozenset(
    {
        "sales.read",
        "cash.read",
        "catalogue.read",
        "customers.read",
        "delivery.read",
        "shop.read",
        "discounts.read",
        "payments.read",
        "fiscal.read",
        "fiscal.export",
        "printing.read",
    }
)
"""An accountant: history, reports and exports."""

ROLES = MappingProxyType(
    {
        "admin": frozenset(ADMIN),
        "manager": frozenset(MANAGE),
        "employee": SELL,
        "accountant": READ,
        "preparer": frozenset({"catalogue.read", "delivery.read", "sales.read"}),
        "courier": frozenset({"catalogue.read", "delivery.read", "sales.read"}),
    }
)
"""Role -> rights (features.md, ``configUtilisateurs``)."""

GRANTABLE = frozenset(ADMIN | READ)
"""Every right that an operator or an API key can be given."""

DEVICE = frozenset({"staff.sign_in"})
"""What a till's credential carries with nobody at it: to let somebody sign in."""

PUBLIC = frozenset({"access.enrol", "access.log_in"})
"""What goes without a credential, behind a one-time code or a password that the worker has checked."""

SESSION = frozenset({"access.own", "access.passkeys", "access.secrets"})
"""What every session of the back office carries, whoever's it is: to prove itself again, to change one's own secrets,
to add a passkey, and to end."""

MACHINE = frozenset({"printing.report"})
"""What only the engine's own processes do: nobody can be given it."""

STEP_UP = frozenset(
    {"staff.write", "staff.secrets", "access.keys", "access.sessions", "access.passkeys", "access.secrets"}
)
"""Rights over people and keys: only in a session whose identity was proven in the last minutes, never at a till and
never with a key (reliability 3.4)."""

LENT = frozenset(MANAGE - STEP_UP)
"""Rights that a second operator can lend to one command at a till with his PIN."""

PERMISSIONS = GRANTABLE | DEVICE | PUBLIC | SESSION | MACHINE
"""Every right there is; a row of THE TABLE that names another is an error at start."""


def allows(role: str, extra: frozenset[str], permission: str) -> bool:
    """Whether a role, with an operator's extra rights, holds the permission; an unknown role holds none."""
    return permission in extra or permission in ROLES.get(role, frozenset())
