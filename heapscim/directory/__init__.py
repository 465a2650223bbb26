"""Holds the directories: where people and groups come from."""
