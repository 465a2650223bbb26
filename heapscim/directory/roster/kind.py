"""Describes the roster as a kind of directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapscim.directory.kind import DirectoryKind, SourceAttributes
from heapscim.directory.roster.rows import SOURCE_ATTRIBUTES
from heapscim.model.directory import FIRSTNAME, LASTNAME, ROLE, USERNAME

if TYPE_CHECKING:
    from heapscim.directory.connection import DirectoryContext
    from heapscim.directory.protocol import Directory


def _open(spec: str, _opening: DirectoryContext) -> Directory:
    from heapscim.directory.roster.roster import open_roster

    return open_roster(spec)


KIND = DirectoryKind(
    name="roster",
    title="a roster",
    form="a roster (.csv, .yaml, .json)",
    open=_open,
    attributes=SourceAttributes((USERNAME, FIRSTNAME, LASTNAME, ROLE, *SOURCE_ATTRIBUTES)),
    default_scope="all",
    suffixes=(".csv", ".yaml", ".yml", ".json"),
)
