"""How much processor time work takes, and work that is no subject of coverage, which would take most of that time."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def untraced() -> Iterator[None]:
    """Measures no coverage in this thread."""
    trace = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(trace)


def processor_seconds(work: Callable[[], object]) -> float:
    """The processor time of this process, without coverage's."""
    with untraced():
        begun = time.process_time()
        work()
        return time.process_time() - begun
