"""What people configure about customers: groups, and of each customer what prices and VAT depend on."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from engine.discounts.kinds import DISCOUNTS, PERCENT_MAX, PERCENT_MIN
from engine.kernel.errors import Refusal
from engine.kernel.kinds import Kind, Row
from engine.kernel.messages import Decimal, Id, Label
from engine.kernel.money import QUANTITY_PLACES, format_decimal, parse_decimal
from engine.kernel.world import World
from engine.shop.kinds import SETTINGS, SETTINGS_ID, SettingsRow, check_vat_number

TaxProfile = Literal["default", "exempt", "intra-eu", "regional"]
"""Which VAT a customer pays (features.md, section 18; docs/pricing.md, phase 4)."""

EU_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "AT": r"U\d{8}",
        "BE": r"[01]\d{9}",
        "BG": r"\d{9,10}",
        "CY": r"\d{8}[A-Z]",
        "CZ": r"\d{8,10}",
        "DE": r"\d{9}",
        "DK": r"\d{8}",
        "EE": r"\d{9}",
        "ES": r"[0-9A-Z]\d{7}[0-9A-Z]",
        "FI": r"\d{8}",
        "FR": r"[0-9A-HJ-NP-Z]{2}\d{9}",
        "GR": r"\d{9}",
        "HR": r"\d{11}",
        "HU": r"\d{8}",
        "IE": r"\d[0-9A-Z]\d{5}[A-Z]{1,2}",
        "IT": r"\d{11}",
        "LT": r"\d{9}(\d{3})?",
        "LU": r"\d{8}",
        "LV": r"\d{11}",
        "MT": r"\d{8}",
        "NL": r"\d{9}B\d{2}",
        "PL": r"\d{10}",
        "PT": r"\d{9}",
        "RO": r"\d{2,10}",
        "SE": r"\d{12}",
        "SI": r"\d{8}",
        "SK": r"\d{10}",
    }
)
"""Member state -> what follows the prefix of its VAT numbers (directive 2006/112/EC art. 215; VIES, questions 11)."""

PREFIXES: Mapping[str, str] = MappingProxyType({"GR": "EL"})
"""Countries whose VAT numbers begin with something else than their own letters."""

ANY_FORM = r"[0-9A-Z]{2,12}"


class CustomerGroupRow(Row, frozen=True, kw_only=True):
    """A group of customers: prices and rules can be for all who belong to it."""

    title: Label


class CustomerRow(Row, frozen=True, kw_only=True):
    """A customer as far as prices and VAT go; nothing personal: ``title`` is an alias ("Mairie", "Client 12").

    ``tax_profile`` "exempt" needs the number that proves it (``proof``), "intra-eu" another member state's ``country``
    and a ``vat_number``, "regional" the ``territory`` whose rates hold. The customer's own discount on every ticket is
    a configured one (``discount``) or a ``percent`` ("-5"). One who is not ``active`` is not sold to by name.
    """

    title: Label
    group: Id | None = None
    tax_profile: TaxProfile = "default"
    proof: Annotated[str, Meta(pattern=r"^[!-~]( ?[!-~])*$", max_length=40)] | None = None
    territory: Annotated[str, Meta(pattern=r"^[A-Z]{2}(-[0-9A-Z]{1,3})?$")] | None = None
    discount: Id | None = None
    percent: Annotated[Decimal, Meta(extra={"places": QUANTITY_PLACES})] | None = None
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")] = "FR"
    vat_number: Annotated[str, Meta(pattern=r"^[A-Z]{2}[0-9A-Z]{2,12}$")] | None = None
    active: bool = True


def country_of(settings: SettingsRow | None) -> str:
    """The country that the shop sells from."""
    return "FR" if settings is None else settings.country


def _check_number(row: CustomerRow) -> None:
    """The VAT number belongs to the customer's country and has the form that this country gives."""
    number = row.vat_number
    if number is None:
        return
    prefix = PREFIXES.get(row.country, row.country)
    form = EU_FORMS.get(row.country, ANY_FORM)
    if not number.startswith(prefix) or re.fullmatch(form, number[2:]) is None:
        text = f"{number} is no VAT number of {row.country}: {prefix} and {form}"
        raise Refusal("customers.bad_vat_number", text, at="row.vat_number")
    check_vat_number(number, "row.vat_number")


def _check_profile(row: CustomerRow, world: World) -> None:
    """A profile has what it rests on, and nothing that belongs to another."""
    if (row.tax_profile == "exempt") != (row.proof is not None):
        text = "an exempt customer has the number that proves it, and no other customer has one"
        raise Refusal("customers.proof", text, at="row.proof")
    if (row.tax_profile == "regional") != (row.territory is not None):
        text = "a customer of another territory says which, and no other customer does"
        raise Refusal("customers.territory", text, at="row.territory")
    if row.tax_profile == "intra-eu":
        here = country_of(world.row(SETTINGS, SETTINGS_ID))
        if row.country not in EU_FORMS or row.country == here or row.vat_number is None:
            text = f"an intra-EU customer has the VAT number of a member state other than {here}"
            raise Refusal("customers.not_intra_eu", text, at="row.tax_profile")


def _percent(row: CustomerRow, world: World) -> str | None:
    """The customer's percentage in its shortest form; a configured discount stands alone and can hold for a ticket."""
    if row.discount is not None:
        found = world.row(DISCOUNTS, row.discount)
        if row.percent is not None:
            raise Refusal("customers.two_discounts", "a configured discount brings its own figures", at="row.percent")
        if found is not None and (found.scope == "line" or found.fixed is not None):
            text = f"discount {row.discount} is no percentage or amount off a whole ticket"
            raise Refusal("customers.wrong_discount", text, at="row.discount")
    if row.percent is None:
        return None
    percent = parse_decimal(row.percent, QUANTITY_PLACES, "row.percent")
    if not PERCENT_MIN <= percent <= PERCENT_MAX or percent == 0:
        text = f"{row.percent} % is not between -100 and +1000, or changes nothing"
        raise Refusal("customers.bad_percent", text, at="row.percent")
    return format_decimal(percent, QUANTITY_PLACES)


def check_customer(row: CustomerRow, world: World) -> CustomerRow:
    """A tax profile that holds together, a VAT number of the customer's country, one discount at most."""
    _check_number(row)
    _check_profile(row, world)
    return msgspec.structs.replace(row, percent=_percent(row, world))


CUSTOMER_GROUPS = Kind(
    name="customer-groups",
    code=50,
    row=CustomerGroupRow,
    permission="customers.write",
    unique=("title",),
    rows_max=10_000,
    example={"title": "Comités d'entreprise"},
)

CUSTOMERS = Kind(
    name="customers",
    code=51,
    row=CustomerRow,
    permission="customers.write",
    references={"group": "customer-groups", "discount": "discounts"},
    check=check_customer,
    example={"title": "Mairie de Brest", "percent": "-5"},
)
