"""Says what work waits for when a service holds it up, beside the bar that shows the work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil

from heapscim.http.rate_limit import Throttling
from heapscim.output.console import Screen


@contextmanager
def telling_holdups(screen: Screen, service: str, throttling: Callable[[], Throttling | None]) -> Iterator[None]:
    """Lets bars say how a service throttles, while the connection to it is open."""

    def holdup() -> str | None:
        found = throttling()
        return None if found is None else holdup_of(service, found)

    screen.holdups.append(holdup)
    try:
        yield
    finally:
        screen.holdups.remove(holdup)


def holdup_of(service: str, throttling: Throttling) -> str:
    """Returns in words what a service makes the work wait for."""
    if throttling.pause >= 1:
        return f"{service} asks for a pause of {ceil(throttling.pause)} s."
    if throttling.rate is None:
        return f"Waiting for {service}'s limit."
    if throttling.rate < 1:
        return f"Waiting for {service}'s limit: about one request in {1 / throttling.rate:,.0f} s."
    rate = round(throttling.rate)
    return f"Waiting for {service}'s limit: about {rate:,} request{'' if rate == 1 else 's'} a second."
