"""What the customers capability answers to."""

from engine.customers.kinds import CUSTOMER_GROUPS, CUSTOMERS
from engine.kernel.capability import Capability

TABLE = Capability(
    name="customers",
    kinds=(CUSTOMER_GROUPS, CUSTOMERS),
    refusals={
        "customers.bad_percent": "a customer's percentage is not between -100 and +1000, or changes nothing",
        "customers.bad_vat_number": "the VAT number is not of the customer's country or has another form",
        "customers.not_intra_eu": "an intra-EU customer needs the VAT number of another member state",
        "customers.proof": "an exempt customer needs the number that proves it; no other customer has one",
        "customers.territory": "a regional customer needs the territory whose rates hold; no other customer has one",
        "customers.two_discounts": "a customer has a configured discount or a percentage, not both",
        "customers.wrong_discount": "the discount cannot hold for a whole ticket: it is for lines, or a fixed price",
    },
)
