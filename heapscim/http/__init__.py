"""Holds one HTTP session for each service, with one rate limit for all its requests. Knows no service by name."""
