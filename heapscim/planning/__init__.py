"""Pure: from both sides to a plan, judged by guards. No clock, no network, no terminal."""
