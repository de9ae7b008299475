"""What the catalogue capability answers to."""

from engine.catalogue.find_barcode import FindBarcode, answer_find_barcode
from engine.catalogue.kinds import DEPARTMENT_GROUPS, DEPARTMENTS, OPTION_SETS, PRODUCTS, VAT_RATES
from engine.catalogue.kinds_prices import PRICES
from engine.catalogue.list_items import ListItems, answer_list_items
from engine.catalogue.list_rates import ListRates, answer_list_rates
from engine.catalogue.state import fold_price_put, fold_price_removed
from engine.kernel.capability import Capability, FoldRow, QueryRow
from engine.kernel.rows import RowPut, RowRemoved

TABLE = Capability(
    name="catalogue",
    kinds=(VAT_RATES, DEPARTMENT_GROUPS, DEPARTMENTS, OPTION_SETS, PRODUCTS, PRICES),
    queries=(
        QueryRow(
            type=ListItems,
            answer=answer_list_items,
            permission="catalogue.read",
            example={"department": 1, "limit": 100},
        ),
        QueryRow(
            type=FindBarcode, answer=answer_find_barcode, permission="catalogue.read", example={"code": "3017620422003"}
        ),
        QueryRow(
            type=ListRates, answer=answer_list_rates, permission="catalogue.read", example={"territory": "FR-COR"}
        ),
    ),
    folds=(
        FoldRow(record=RowPut, fold=fold_price_put),
        FoldRow(record=RowRemoved, fold=fold_price_removed),
    ),
    refusals={
        "catalogue.bad_barcode": "a barcode fails its check digit, is there twice, or is too short a prefix",
        "catalogue.bad_percent": "a VAT percentage is not between 0 and 100",
        "catalogue.blocks_untracked": "stock shall block a sale but is not tracked",
        "catalogue.dates_reversed": "a VAT rate would end before it begins",
        "catalogue.half_a_band": "a time band has a beginning without an end, or the reverse",
        "catalogue.no_choice_number": "an option set has no number left for a new choice",
        "catalogue.no_condition": "a price row asks for nothing: it would be the product's own price",
        "catalogue.no_margin": "the margin scheme needs a buying price, and goods",
        "catalogue.no_option": "the product has no such option",
        "catalogue.no_vat": "no VAT rate is found: not on the product, its department or the shop",
        "catalogue.no_rate_on": "no VAT rate of the territory and category is in force on the business day",
        "catalogue.no_vat_there": "the territory has no VAT, the rate has a percentage",
        "catalogue.no_weight_unit": "weighed goods are priced per kilogram or gram",
        "catalogue.option_off": "the option is unavailable",
        "catalogue.price_never": "a price row can never hold; the text says why",
        "catalogue.price_out_of_bounds": "a price is negative or over 1 000 000",
        "catalogue.rate_ended": "the VAT rate has ended",
        "catalogue.repeated_choice": "two choices of an option set have the same number",
        "catalogue.repeated_mode": "a sales mode has two prices",
        "catalogue.subtotal_discount": "a discount for subtotals cannot hang on a product or department",
        "catalogue.too_many_options": "an option set is answered more often than it is asked",
        "catalogue.too_many_prices": "the product is named by more rows than one product may be",
        "catalogue.two_weights": "weighed goods have no weight of a piece",
        "catalogue.value_discounted": "stored value takes no default discount",
    },
)
