"""How a worker recognises who asks: tokens, PINs, passwords, one-time codes, sessions."""
