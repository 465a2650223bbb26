"""The house runs asyncio in one place, where Ctrl-C is looked after (DESIGN.md section 4)."""

from pathlib import Path

import heapscim

ALLOWED = {"workflows/signals.py", "sandbox/server.py"}
"""The second one serves the rehearsal tenant in a thread of its own."""


def test_asyncio_is_run_in_one_place() -> None:
    root = Path(heapscim.__file__).parent
    running = {
        str(file.relative_to(root))
        for file in root.rglob("*.py")
        if "asyncio.run(" in file.read_text("utf-8") or "run_until_complete(" in file.read_text("utf-8")
    }
    assert "workflows/signals.py" in running
    assert running <= ALLOWED
