"""What is done for the shop after a sale is committed."""
