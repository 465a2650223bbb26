"""A kind of directory is known by name in its own package alone, and in the rehearsal that plays its service."""

from pathlib import Path

import heapscim
from heapscim.directory.registry import installed_kinds

ROOT = Path(heapscim.__file__).parent
NAMES = [kind.name for kind in installed_kinds().values() if not kind.suffixes]
"""A kind of files is left out: a roster is what any file of people is called."""
AT_HOME = ("directory/", "sandbox/", "workflows/serve_sandbox.py", "cli/commands/sandbox.py", "cli/tables/")
"""The tables aren't written by hand: they are made from what the kinds that are installed say."""


def test_no_other_room_names_a_kind_of_directory() -> None:
    named = [
        f"{path}: {line.strip()}"
        for path in sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py"))
        if not path.startswith(AT_HOME)
        for line in (ROOT / path).read_text("utf-8").splitlines()
        if any(name in line.casefold() for name in NAMES)
    ]
    # This is JumpCloud as a SCIM client of others, whose form of a request administrators know.
    assert [line for line in named if "JumpCloud and Entra do" not in line] == []
    assert len(named) == 1
    assert "jumpcloud" in NAMES
