"""Tickets: sales, refunds, later payments and copies."""
