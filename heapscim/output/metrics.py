"""Writes how a run ended as metrics, for the textfile collector of node_exporter. The only home of prometheus_client.

The text is OpenMetrics of gauges alone, which is Prometheus' older text format, too. No counters: a file that is lost
would set them back, and what a run did is in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args

from heapscim.model.changes import ChangeKind
from heapscim.model.outcomes import Status
from heapscim.model.state import Kind
from heapscim.output.ending import Ending

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Gauge

_SUCCESS = "heapscim_last_success_timestamp_seconds"


def metrics_text(ending: Ending, managed: Mapping[Kind, int], before: str) -> str:
    """Returns the metrics of a run; ``before`` is the text of the run before, which knows the last success."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.openmetrics.exposition import generate_latest

    registry = CollectorRegistry(auto_describe=False)
    end = ending.began + ending.seconds
    writing = _Writing(registry, ending.caller.profile)
    writing.one("heapscim_last_run_timestamp_seconds", "When the last run ended, in seconds since 1970.", end)
    success = end if ending.exit_code == 0 else _last_success(before, ending.caller.profile)
    if success is not None:
        writing.one(_SUCCESS, "When a run last ended with exit code 0, in seconds since 1970.", success)
    writing.one("heapscim_last_run_duration_seconds", "How long the last run took.", ending.seconds)
    writing.one("heapscim_last_run_exit_code", "The exit code of the last run.", ending.exit_code)
    _write_changes(writing, ending)
    _write_plan(writing, ending)
    requests = writing.gauge("heapscim_last_run_requests", "Requests that the last run sent.", "service", "method")
    for (service, method), number in sorted(ending.requests.items()):
        requests.labels(writing.profile, service, method).set(number)
    if managed:
        gauge = writing.gauge("heapscim_managed", "Users and groups in Heap that heapscim manages.", "type")
        for kind, number in managed.items():
            gauge.labels(writing.profile, kind).set(number)
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return text.decode()


def _write_changes(writing: _Writing, ending: Ending) -> None:
    """Writes every kind and outcome, also those of which there were none: an alert needs a series that stays."""
    changes = writing.gauge("heapscim_last_run_changes", "Changes of the last run.", "kind", "outcome")
    counts = ending.changes
    for kind in get_args(ChangeKind):
        for outcome in get_args(Status):
            changes.labels(writing.profile, kind, outcome).set(counts[kind, outcome])


def _write_plan(writing: _Writing, ending: Ending) -> None:
    """Writes what the plan left undone; nothing if the run failed before it had a plan."""
    if (plan := ending.plan) is None:
        return
    violations = ending.work[-1].violations
    writing.one("heapscim_last_run_refusals", "Limits of guards that the plan exceeds.", len(violations))
    writing.one("heapscim_last_run_withheld", "Changes that are withheld.", len(plan.withheld))
    writing.one("heapscim_last_run_deferred", "Removals that wait until a grace period ends.", len(plan.deferred))
    writing.one("heapscim_last_run_conflicts", "Conflicts that are left for a person to decide.", len(plan.conflicts))
    writing.one("heapscim_last_run_unreadable", "Accounts and groups that can't be read in Heap.", len(plan.broken))
    writing.one("heapscim_last_run_changed_back", "Changes that others changed back.", len(plan.changed_back))
    refused = bool(violations) or ending.work[-1].run is None
    seats = plan.impact.seats_before if refused else plan.impact.seats_after
    writing.one("heapscim_active_seats", "Active accounts in Heap, by the plan.", seats)


class _Writing:
    """Makes gauges, each with the profile as its first label."""

    def __init__(self, registry: CollectorRegistry, profile: str) -> None:
        self._registry = registry
        self.profile = profile

    def gauge(self, name: str, words: str, *labels: str) -> Gauge:
        """Returns a new gauge."""
        from prometheus_client import Gauge

        return Gauge(name, words, ("profile", *labels), registry=self._registry)

    def one(self, name: str, words: str, value: float) -> None:
        """Writes a gauge without further labels."""
        self.gauge(name, words).labels(self.profile).set(value)


def _last_success(before: str, profile: str) -> float | None:
    """Returns when a run last succeeded, by the text of an earlier run; None if it doesn't tell, or isn't ours."""
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    try:
        families = list(text_string_to_metric_families(before))  # type: ignore[no-untyped-call]
        samples = [sample for family in families for sample in family.samples]
    except (ValueError, KeyError, IndexError):
        return None
    found = (s.value for s in samples if s.name == _SUCCESS and s.labels == {"profile": profile})
    return next(found, None)
