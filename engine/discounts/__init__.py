"""What lowers, raises or fixes a price."""
