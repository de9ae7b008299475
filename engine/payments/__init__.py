"""How a ticket is paid: payment modes, legs, change, rounding."""
