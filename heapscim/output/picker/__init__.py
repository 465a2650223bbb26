"""The list on a terminal in which people are ticked. The only home of prompt_toolkit."""
