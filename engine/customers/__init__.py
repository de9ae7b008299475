"""Who buys, as far as prices and VAT need to know it."""
