"""Does what a command does, without Typer: from options to a session, a plan, a run and a result."""
