"""Where goods are handed over: tables and delivery zones."""
