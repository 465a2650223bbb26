"""Provides a rehearsal tenant of Heap. Shares only SCIM's words with the program that it rehearses."""
