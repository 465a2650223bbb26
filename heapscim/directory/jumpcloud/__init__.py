"""JumpCloud: a directory that is a service."""
