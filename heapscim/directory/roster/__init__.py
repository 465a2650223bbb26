"""The roster: a directory that is one file."""
