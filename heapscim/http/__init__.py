"""Sends requests: one HTTP session for each service, and one rate limit for all its requests. Knows no service."""
