"""Imports accounts of Heap into the directory: reads both sides, lists or chooses, and writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from heapscim.output.envelope import Result
from heapscim.planning.importing import SortKey
from heapscim.workflows.importing.choose import Selection, choose_accounts
from heapscim.workflows.importing.listing import accounts_result, read_accounts
from heapscim.workflows.importing.write import ImportOptions, carry_out
from heapscim.workflows.session import Session


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """Holds the options of ``import``."""

    selection: Selection
    options: ImportOptions
    directory: str | None = None
    into: Path | None = None
    """A roster to write into instead of the directory."""
    only_list: bool = False
    new_only: bool = False
    sort: SortKey = "status"


async def import_people(session: Session, request: ImportRequest) -> Result:
    """Imports the chosen people, or only lists all."""
    request.selection.check(session.screen, only_list=request.only_list)
    if not request.only_list:
        session.check_connected()
    found = await read_accounts(session, request.directory, request.into, with_role=request.options.with_role)
    findings = found.shown(request.sort, new_only=request.new_only)
    if request.only_list:
        return accounts_result(found, findings)
    found.check_group(request.options.group)
    choice = await choose_accounts(request.selection, found, findings, session.screen)
    return await carry_out(session, found, choice, request.options)
