"""What is sold: VAT rates, department groups, departments, options and products."""
