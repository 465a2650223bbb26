"""Everything about the Tab key. Loads next to nothing, since each Tab pays for it."""
