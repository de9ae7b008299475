"""The people who work at the tills, and what they may do."""
