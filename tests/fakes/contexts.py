"""The world of one command, for tests below the command line."""

import os

from heapscim.cli.root import new_context
from heapscim.http.rate_limit import Timing
from heapscim.output.console import Screen
from heapscim.workflows.context import Context
from tests.fakes.clocks import HurriedClock


def a_context(profile: str = "default", *, screen: Screen | None = None, timing: Timing | None = None) -> Context:
    """The environment is this process's; nobody waits, unless ``timing`` says otherwise."""
    root = new_context(profile, "table", quiet=False)
    shown = screen or Screen(environ=os.environ)
    return Context(
        profile, shown, root.environ, timing or HurriedClock().timing(), root.actor, root.redacting, root.wait
    )
