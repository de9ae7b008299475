"""Who asks: from the headers of a request to an actor."""
