"""Drivers of receipt printers, and what reads back and pictures what they send."""
