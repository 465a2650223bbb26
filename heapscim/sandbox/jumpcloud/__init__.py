"""Provides a rehearsal organisation of JumpCloud."""
