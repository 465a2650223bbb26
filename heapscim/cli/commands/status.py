"""``heapscim status``: the connection as it is now; answers as much as it can when Heap can't be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from heapscim.cli.options import command
from heapscim.workflows.common import Common

if TYPE_CHECKING:
    from heapscim.output.envelope import Result

app = typer.Typer()


@app.command("status")
@command("status")
def status(common: Common) -> Result:
    """Show the connection: reachability, token source, what is managed."""
    import time

    from heapscim.config.paths import user_folders
    from heapscim.output.console import Screen
    from heapscim.workflows.status import status_report

    return status_report(common.profile, user_folders(), Screen(common.output, common.quiet), time.time())
