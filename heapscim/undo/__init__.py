"""Plans the undo of a run from values alone. No clock, no network, no terminal."""
