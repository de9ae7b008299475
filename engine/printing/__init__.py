"""What is shown and printed of sealed facts: receipts as documents, and documents as text."""
