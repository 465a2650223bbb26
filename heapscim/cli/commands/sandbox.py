"""``heapscim sandbox``: serves a rehearsal tenant until Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import command
from heapscim.workflows.common import Common

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp

    from heapscim.output.envelope import Result

app = typer.Typer()


@app.command("sandbox")
@command("sandbox")
def sandbox(
    common: Common,  # noqa: ARG001 - the sandbox needs no profile
    port: Annotated[int, typer.Option("--port", metavar="NUMBER", min=0, max=65535, help="0 takes a free one.")] = 0,
    tenant: Annotated[
        str, typer.Option("--tenant", metavar="NUMBER", help="The number at the end of the Base URL.")
    ] = "1234567",
    seed: Annotated[
        Path | None,
        typer.Option("--seed", metavar="FILE", help="Begin with the users and groups of this file."),
    ] = None,
    state: Annotated[
        Path | None, typer.Option("--state", metavar="FILE", help="Keep everything in this file between runs.")
    ] = None,
    latency: Annotated[
        str, typer.Option("--latency", metavar="TIME", help="How long each answer waits: 50ms, 1s.")
    ] = "0ms",
    dialect: Annotated[
        list[str] | None, typer.Option("--dialect", metavar="KEY=VALUE", help="Heap behaves differently; repeatable.")
    ] = None,
    with_jumpcloud: Annotated[
        bool, typer.Option("--with-jumpcloud", help="Serve a rehearsal JumpCloud as well, with a small organisation.")
    ] = False,
    jumpcloud: Annotated[
        list[str] | None,
        typer.Option("--jumpcloud", metavar="KEY=VALUE", help="JumpCloud behaves differently; repeatable."),
    ] = None,
) -> Result:
    """Serve a rehearsal tenant on 127.0.0.1."""
    import contextlib
    import os
    import secrets
    import signal
    import sys
    import threading

    from heapscim.errors import HeapscimError
    from heapscim.output.envelope import Result
    from heapscim.sandbox.heap.store import Store
    from heapscim.sandbox.heap.switches import parse_behaviour
    from heapscim.workflows import exit_codes
    from heapscim.workflows.signals import stopping_at_once

    behaviour = parse_behaviour(dialect or ())
    try:
        from heapscim.sandbox.server import SandboxOptions, running
    except ImportError as error:
        raise HeapscimError("The sandbox isn't installed.", hint="pip install 'heapscim[sandbox]'") from error
    token = os.environ.get("HEAPSCIM_SANDBOX_TOKEN") or secrets.token_urlsafe(24)
    store = Store()
    if seed is not None and not (state is not None and state.exists()):
        store.load(seed)
    besides, lines, settings = {}, [], ""
    if with_jumpcloud or jumpcloud:
        path, app, key = _jumpcloud(jumpcloud or ())
        besides[path] = app
        lines = [f"API key:  {key}", "", f"export HEAPSCIM_JUMPCLOUD_API_KEY={key}"]
        settings = " --directory jumpcloud:Heap --set jumpcloud.base_url={host}" + path
    options = SandboxOptions(port, tenant, token, behaviour, seconds_of(latency), state, besides)
    with stopping_at_once() as heard, running(options, store) as served, contextlib.suppress(KeyboardInterrupt):
        host = served.base_url.partition("/scim/")[0]
        activation = f"heapscim activate --base-url {served.base_url} --token-stdin{settings.format(host=host)}"
        printed = [f"Base URL: {served.base_url}", f"Token:    {served.token}", *(lines or [""])]
        sys.stdout.write("\n".join([*printed, f"echo {served.token} | {activation}", ""]))
        sys.stdout.flush()
        threading.Event().wait()
    # Ctrl-C is how a sandbox is meant to end; whatever else ends it is reported as in every command.
    code = exit_codes.INTERRUPTED if set(heard) - {signal.SIGINT} else exit_codes.DONE
    return Result(None, show=lambda screen: screen.note("The sandbox has stopped."), exit_code=code)


def _jumpcloud(switches: Sequence[str]) -> tuple[str, ASGIApp, str]:
    """A rehearsal JumpCloud: the path it is served at, the application, and its key."""
    import os
    import secrets

    from heapscim.sandbox.heap.switches import parse_switches
    from heapscim.sandbox.jumpcloud.app import new_jumpcloud
    from heapscim.sandbox.jumpcloud.store import JumpCloudBehaviour, sample

    key = os.environ.get("HEAPSCIM_JUMPCLOUD_API_KEY") or "jca_" + secrets.token_urlsafe(24)
    server = new_jumpcloud(sample(), key, parse_switches(switches, JumpCloudBehaviour()))
    return "/jumpcloud", server.app(), key


def seconds_of(text: str) -> float:
    """A duration such as ``50ms``, ``1.5s`` or ``15m``, in seconds; raises UsageError."""
    import re

    from heapscim.errors import UsageError

    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text.strip())
    if match is None:
        raise UsageError(f"{text!r} is no duration.", hint="Write 50ms, 1s, 15m or 2h.")
    return float(match[1]) * {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}[match[2]]
