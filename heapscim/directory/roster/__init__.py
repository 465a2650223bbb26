"""Makes a file a directory: the roster of people and groups."""
