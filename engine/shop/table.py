"""What the shop capability answers to."""

from engine.kernel.capability import Capability, QueryRow
from engine.shop.kinds import SETTINGS, TILLS
from engine.shop.show_status import AskStatus, answer_status

TABLE = Capability(
    name="shop",
    kinds=(SETTINGS, TILLS),
    queries=(QueryRow(type=AskStatus, answer=answer_status, permission="shop.read", example={}),),
    refusals={
        "shop.bad_day": "a day is written that no calendar has",
        "shop.bad_siret": "the SIRET fails its check digit",
        "shop.bad_vat_number": "the French VAT number is malformed or fails its key",
        "shop.dates_unordered": "dated limits do not stand in the order of their days",
        "shop.identity_differs": "SIRET and VAT number do not name the same company",
        "shop.mode_off": "the sales mode is not one that the shop offers",
        "shop.mode_required": "the shop wants the sales mode to be chosen for every sale",
        "shop.prices_exist": "currency, decimals and basis cannot change while there are rows with amounts",
        "shop.unknown_currency": "the currency is not one that the engine knows",
        "shop.unknown_zone": "the time zone does not exist",
        "shop.wrong_decimals": "the currency has another number of decimals",
    },
)
