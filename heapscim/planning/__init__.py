"""Plans a sync from values alone, and judges the plan by guards. No clock, no network, no terminal."""
