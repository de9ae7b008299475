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
        "shop.read",
        "staff.read",
        "discounts.apply",
        "discounts.read",
        "payments.read",
    }
)
"""An employee: sells, opens the till; refunds, closing and typed prices only by an extra right."""

MANAGE = SELL | {
    "sales.refund",
    "sales.typed_price",
    "sales.free_discount",
    "sales.unpaid",
    "cash.close",
    "cash.training",
    "fiscal.read",
    "fiscal.verify",
    "fiscal.export",
    "kernel.clock",
}
"""A manager: everything at the till, but no configuration."""

ADMIN = MANAGE | {
    "catalogue.write",
    "discounts.write",
    "payments.write",
    "shop.write",
    "staff.write",
    "fiscal.archive",
    "integrations.read",
    "integrations.write",
    "kernel.maintain",
}
"""An admin: everything."""

READ = frozenset(
    {
        "sales.read",
        "cash.read",
        "catalogue.read",
        "shop.read",
        "discounts.read",
        "payments.read",
        "fiscal.read",
        "fiscal.export",
    }
)
"""An accountant: history, reports and exports."""

ROLES = MappingProxyType(
    {
        "admin": frozenset(ADMIN),
        "manager": frozenset(MANAGE),
        "employee": SELL,
        "accountant": READ,
        "preparer": frozenset({"catalogue.read", "sales.read"}),
        "courier": frozenset({"catalogue.read", "sales.read"}),
    }
)
"""Role -> rights (features.md, ``configUtilisateurs``)."""

PERMISSIONS = frozenset(ADMIN | READ)
"""Every right there is; a row of THE TABLE that names another is an error at start."""


def allows(role: str, extra: frozenset[str], permission: str) -> bool:
    """Whether a role, with an operator's extra rights, holds the permission; an unknown role holds none."""
    return permission in extra or permission in ROLES.get(role, frozenset())
