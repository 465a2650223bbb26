"""Carries out a plan exactly once and reports what really happened. Reaches the world only through protocols."""
