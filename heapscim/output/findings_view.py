"""Shows findings: the state of a part, the part, what was found, and the next step below it."""

from __future__ import annotations

from collections.abc import Sequence

from heapscim.output.console import Screen
from heapscim.output.text import visible, wrapped

_STYLES = {"pass": "green", "warn": "bold yellow", "fail": "bold red", "unchecked": "dim"}
_NARROWEST = 20


def show_findings(rows: Sequence[tuple[str, str, str, str]], summary: str, screen: Screen) -> None:
    """Prints each part (part, found, next step, state) and a summary; tab-separated in a pipe."""
    if not screen.is_pretty:
        for part, found, next_step, state in rows:
            cells = (state, part, "; ".join(found.split("\n")).replace(".; ", ". "), next_step)
            screen.write("\t".join(visible(cell) for cell in cells if cell) + "\n")
        return
    states, parts = max(len(row[3]) for row in rows), max(len(row[0]) for row in rows)
    room = max(screen.width - states - parts - 5, _NARROWEST)
    margin = " " * (states + parts + 4)
    for part, found, next_step, state in rows:
        first, *others = [line for text in found.split("\n") for line in wrapped(visible(text), room)] or [""]
        style = None if state == "pass" else _STYLES[state]
        screen.print_lines([((f"{state:<{states}}", _STYLES[state]), (f"  {part:<{parts}}  ", None), (first, style))])
        steps = wrapped(f"→ {visible(next_step)}", room) if next_step else []
        screen.print_lines([((f"{margin}{line}", style),) for line in others])
        screen.print_lines([((f"{margin}{line}", "bold"),) for line in steps])
    screen.print()
    screen.print_lines([((line, "bold"),) for line in wrapped(summary, screen.width)])
