"""Carries a plan out, exactly once, and says what really happened. What it needs of the world are protocols."""
