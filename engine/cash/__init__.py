"""The drawer and the till session: float, counts, running totals, closing."""
