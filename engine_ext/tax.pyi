"""Types of the compiled VAT arithmetic."""

from typing import Final

RATE_MAX: Final[int]
SOURCE_SHA256: Final[str]

def margin_vat(sale: int, cost: int, rate: int) -> int: ...
def vat_of_gross(gross: int, rate: int) -> int: ...
def vat_of_net(net: int, rate: int) -> int: ...
