"""One HTTP server for all tests of a process: each tenant, and each other application, has a path of its own there.

A server takes a tenth of a second to start and more to end, and most tests need one for three requests.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from heapscim.sandbox.server import listening, serving


class SharedServer:
    """Serves applications by path, from the first one that is mounted until it is stopped."""

    def __init__(self) -> None:
        self._apps: dict[str, ASGIApp] = {}
        self._numbers = count(1_000_001)
        self._running = ExitStack()
        self._origin = ""

    @contextmanager
    def mounted(self, path: str, app: Callable[[str], ASGIApp]) -> Iterator[str]:
        """Serves the application that ``app`` makes for its URL, which ends in a number; yields that URL."""
        if not self._origin:
            listener = self._running.enter_context(listening(0))
            self._running.enter_context(serving(self, listener))
            self._origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        prefix = f"{path}/{next(self._numbers)}"
        self._apps[prefix] = app(self._origin + prefix)
        try:
            yield self._origin + prefix
        finally:
            del self._apps[prefix]

    def stop(self) -> None:
        """Ends the server; the next application that is mounted starts another one."""
        self._running.close()
        self._origin = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for prefix, app in list(self._apps.items()):
            if scope["path"].startswith(f"{prefix}/"):
                await app({**scope, "root_path": prefix}, receive, send)
                return
        await Response("Nothing is mounted here.", 404)(scope, receive, send)


SERVER = SharedServer()
"""The server of this process."""
