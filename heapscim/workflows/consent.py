"""Asks for confirmation: the one question of every command that changes something, and what follows from a no."""

from __future__ import annotations

from heapscim.errors import UsageError
from heapscim.output.console import Screen
from heapscim.output.envelope import Result
from heapscim.workflows import exit_codes


def confirmed(screen: Screen, question: str, *, hint: str, typing: str | None = None) -> bool:
    """Asks at the terminal; returns whether the user said yes, or typed exactly ``typing`` if that is given.

    Ctrl-C at the question ends the command at once. Raises UsageError with the hint if there is no terminal.
    """
    if not screen.is_interactive:
        raise UsageError("There is no terminal to ask at, so --yes is needed.", hint=hint)
    return screen.confirm(question) if typing is None else screen.typed(question, typing)


def declined(data: object, why: str = "") -> Result:
    """Returns the result of a command whose question was answered with no; ``why`` is a sentence to put first."""
    words = f"{why} Nothing was changed.".lstrip()
    return Result(data, show=lambda screen: screen.tell(words), exit_code=exit_codes.DECLINED, pages=False)
