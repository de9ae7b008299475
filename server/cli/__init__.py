"""The command line: everything that a shop's owner does outside the till, through names and JSON bodies."""
