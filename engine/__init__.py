"""What a till knows and decides."""
