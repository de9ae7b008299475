"""What is done after a commit: paper, and whatever else leaves the house."""
