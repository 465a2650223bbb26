"""Measures two or more things side by side: repetitions take turns, and the median of each counts."""

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Cost:
    """The medians of one contestant."""

    seconds: float
    cpu: float
    """Seconds of this process on the processor, all threads together."""


def side_by_side(contestants: Mapping[str, Callable[[], object]], repetitions: int) -> dict[str, Cost]:
    """Runs each in turn, as often as asked for, after one turn that doesn't count."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    for turn in range(repetitions + 1):
        for name, run in contestants.items():
            gc.collect()
            began, busy = time.perf_counter(), time.process_time()
            run()
            if turn:
                taken[name].append((time.perf_counter() - began, time.process_time() - busy))
    return {
        name: Cost(median(seconds for seconds, _ in runs), median(cpu for _, cpu in runs))
        for name, runs in taken.items()
    }
