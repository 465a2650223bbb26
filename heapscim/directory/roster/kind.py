"""Describes the roster as a kind of directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapscim.directory.kind import DirectoryKind, SourceAttributes
from heapscim.directory.roster.headers import SOURCE_ATTRIBUTES
from heapscim.model.directory import FIRSTNAME, LASTNAME, ROLE, USERNAME

if TYPE_CHECKING:
    from pydantic import BaseModel

    from heapscim.directory.connection import DirectoryContext
    from heapscim.directory.protocol import Directory


def _open(spec: str, opening: DirectoryContext) -> Directory:
    from heapscim.directory.roster.roster import open_roster

    return open_roster(spec, opening)


def _settings() -> type[BaseModel]:
    from heapscim.directory.roster.settings import RosterSettings

    return RosterSettings


KIND = DirectoryKind(
    name="roster",
    title="a roster",
    form="a roster (.csv, .tsv, .yaml, .json)",
    open=_open,
    attributes=SourceAttributes((USERNAME, FIRSTNAME, LASTNAME, ROLE, *SOURCE_ATTRIBUTES)),
    default_scope="all",
    settings=_settings,
    settings_may_be_none=True,
    suffixes=(".csv", ".tsv", ".tab", ".txt", ".yaml", ".yml", ".json"),
    reads_pipes=True,
)
