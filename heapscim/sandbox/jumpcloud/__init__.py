"""A rehearsal organisation of JumpCloud."""
