"""The public page of a ticket's proof, checked by the customer's own browser."""
