"""Directories: where people and groups come from."""
