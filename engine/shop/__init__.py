"""The shop itself: its settings and its tills."""
