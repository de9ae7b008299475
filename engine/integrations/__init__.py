"""Other people's software: which events it hears of, and how far each endpoint has heard."""
