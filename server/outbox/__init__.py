"""What is done after a commit: paper, webhooks, and whatever else leaves the house."""
