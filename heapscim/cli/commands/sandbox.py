"""``heapscim sandbox``: serves a rehearsal tenant until Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()


@app.command("sandbox")
@command("sandbox")
def sandbox(
    context: Context,
    port: Annotated[
        int, typer.Option("--port", metavar="NUMBER", min=0, max=65535, help="The port; 0 takes a free one.")
    ] = 0,
    tenant: Annotated[
        str, typer.Option("--tenant", metavar="NUMBER", help="The number at the end of the Base URL.")
    ] = "1234567",
    seed: Annotated[
        Path | None,
        typer.Option("--seed", metavar="FILE", help="Start with the users and groups in this file."),
    ] = None,
    state: Annotated[
        Path | None, typer.Option("--state", metavar="FILE", help="Keep all data in this file between runs.")
    ] = None,
    latency: Annotated[str, typer.Option("--latency", metavar="TIME", help="Delay each response: 50ms, 1s.")] = "0ms",
    dialect: Annotated[
        list[str] | None, typer.Option("--dialect", metavar="KEY=VALUE", help="Change how Heap behaves; repeatable.")
    ] = None,
    with_jumpcloud: Annotated[
        bool, typer.Option("--with-jumpcloud", help="Serve a rehearsal JumpCloud as well, with a small organisation.")
    ] = False,
    jumpcloud: Annotated[
        list[str] | None,
        typer.Option("--jumpcloud", metavar="KEY=VALUE", help="Change how JumpCloud behaves; repeatable."),
    ] = None,
) -> Result:
    """Serve a rehearsal tenant on 127.0.0.1."""
    from heapscim.workflows.serve_sandbox import ServeOptions, serve_sandbox

    jumpcloud_switches = tuple(jumpcloud or ()) if with_jumpcloud or jumpcloud else None
    options = ServeOptions(port, tenant, seed, state, latency, tuple(dialect or ()), jumpcloud_switches)
    return serve_sandbox(context, options)
