"""Serves a rehearsal tenant until Ctrl-C, and prints how to connect to it."""

from __future__ import annotations

import contextlib
import secrets
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from heapscim.errors import HeapscimError
from heapscim.output.envelope import Result
from heapscim.workflows import exit_codes
from heapscim.workflows.context import Context
from heapscim.workflows.durations import seconds_of
from heapscim.workflows.signals import collect_garbage, stopping_at_once

if TYPE_CHECKING:
    from starlette.types import ASGIApp


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Holds the options of ``sandbox``."""

    port: int
    tenant: str
    seed: Path | None
    state: Path | None
    latency: str
    dialect: tuple[str, ...]
    """How Heap behaves, as ``KEY=VALUE``."""
    jumpcloud: tuple[str, ...] | None
    """How JumpCloud behaves; None if none is served."""


def serve_sandbox(context: Context, options: ServeOptions) -> Result:
    """Serves until a signal comes.

    Raises HeapscimError if the sandbox isn't installed, UsageError for an unknown switch.
    """
    try:
        from heapscim.sandbox.heap.store import Store
        from heapscim.sandbox.heap.switches import parse_behaviour
        from heapscim.sandbox.server import SandboxOptions, running
    except ImportError as error:
        raise HeapscimError("The sandbox isn't installed.", hint="pip install 'heapscim[sandbox]'") from error
    behaviour = parse_behaviour(options.dialect)
    token = context.environ.get("HEAPSCIM_SANDBOX_TOKEN") or secrets.token_urlsafe(24)
    store = Store()
    if options.seed is not None and not (options.state is not None and options.state.exists()):
        store.load(options.seed)
    besides, lines, settings = {}, [""], ""
    if options.jumpcloud is not None:
        path, app, key = _jumpcloud(context, options.jumpcloud)
        besides[path] = app
        lines = [f"API key:  {key}", "", f"export HEAPSCIM_JUMPCLOUD_API_KEY={key}"]
        # A username of JumpCloud holds no @, and Heap's userName is an e-mail address.
        settings = " --directory jumpcloud:Heap --set mapping.userName=email --set jumpcloud.base_url={host}" + path
    latency = seconds_of(options.latency)
    served = SandboxOptions(options.port, options.tenant, token, behaviour, latency, options.state, besides)
    with stopping_at_once() as heard, running(served, store) as sandbox, contextlib.suppress(KeyboardInterrupt):
        host = sandbox.base_url.partition("/scim/")[0]
        activation = f"heapscim activate --base-url {sandbox.base_url} --token-stdin{settings.format(host=host)}"
        printed = [f"Base URL: {sandbox.base_url}", f"Token:    {sandbox.token}", *lines]
        sys.stdout.write("\n".join([*printed, f"echo {sandbox.token} | {activation}", ""]))
        sys.stdout.flush()
        collect_garbage()
        threading.Event().wait()
    # Ctrl-C is how a sandbox is meant to end; whatever else ends it is reported as in every command.
    code = exit_codes.INTERRUPTED if set(heard) - {signal.SIGINT} else exit_codes.DONE
    return Result(None, show=lambda screen: screen.note("The sandbox has stopped."), exit_code=code)


def _jumpcloud(context: Context, switches: Sequence[str]) -> tuple[str, ASGIApp, str]:
    """Returns a rehearsal JumpCloud: the path it is served at, the application, and its key."""
    from heapscim.sandbox.heap.switches import parse_switches
    from heapscim.sandbox.jumpcloud.app import new_jumpcloud
    from heapscim.sandbox.jumpcloud.store import JumpCloudBehaviour, sample

    key = context.environ.get("HEAPSCIM_JUMPCLOUD_API_KEY") or "jca_" + secrets.token_urlsafe(24)
    server = new_jumpcloud(sample(), key, parse_switches(switches, JumpCloudBehaviour()))
    return "/jumpcloud", server.app(), key
