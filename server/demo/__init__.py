"""A shop to try things on: a bar with a ticket window, and a crowd that buys there."""
