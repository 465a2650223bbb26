"""Makes JumpCloud a directory: users, user groups, and what is bound to one application."""
