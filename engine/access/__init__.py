"""Who is let in: tills by their credentials, people by sessions, software by API keys."""
