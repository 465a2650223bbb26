"""Keeps what this machine remembers of a connection: profile, secrets, private files. Knows no directory."""
