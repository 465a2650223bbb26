"""Asks before something is changed: the one question of every command that changes anything."""

from __future__ import annotations

from heapscim.errors import UsageError
from heapscim.output.console import Screen


def confirmed(screen: Screen, question: str, *, hint: str, typing: str | None = None) -> bool:
    """Asks at the terminal, and returns whether the answer is yes, or exactly ``typing`` where a word is asked for.

    Ctrl-C at the question ends the command at once. Raises UsageError with the hint where nobody can be asked.
    """
    if not screen.is_interactive:
        raise UsageError("Without a terminal to ask at, --yes is needed.", hint=hint)
    return screen.confirm(question) if typing is None else screen.typed(question, typing)
