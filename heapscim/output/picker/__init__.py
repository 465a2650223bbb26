"""Lets a person tick people in a list on the terminal; the only home of prompt_toolkit."""
