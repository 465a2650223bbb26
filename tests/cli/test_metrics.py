"""`--metrics FILE`: what node_exporter's textfile collector is to read, by the parsers of its own library."""

import stat
import sys
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as prometheus_text

from heapscim.sandbox.heap.switches import Behaviour, parse_behaviour
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine

PEOPLE = "username\nada@x.org\nbob@x.org\n"
Values = dict[tuple[str, ...], float]


def _named(name: str, labels: dict[str, str]) -> tuple[str, ...]:
    others = [value for label, value in sorted(labels.items()) if label != "profile"]
    return name.removeprefix("heapscim_"), labels["profile"], *others


def read(path: Path) -> Values:
    """Each value by name and labels. Both formats must read the same."""
    text = path.read_text("utf-8")
    found: list[Values] = []
    for parse in (open_metrics, prometheus_text):
        families = list(parse(text))
        assert {family.type for family in families} == {"gauge"}
        assert all(family.documentation for family in families)
        samples = [sample for family in families for sample in family.samples]
        assert all(sample.timestamp is None for sample in samples), "node_exporter refuses times"
        found.append({_named(sample.name, sample.labels): sample.value for sample in samples})
    assert found[0] == found[1]
    return found[0]


@pytest.fixture
def connected(heapscim: CommandLine, sandbox: Sandbox) -> CommandLine:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    return heapscim


@pytest.fixture
def file(connected: CommandLine) -> Path:
    return connected.folder / "heapscim.prom"


def test_a_run_is_measured(connected: CommandLine, file: Path) -> None:
    assert connected("sync", "--yes", "--metrics", str(file)).exit_code == 0
    values = read(file)
    assert values["last_run_exit_code", "default"] == 0
    assert values["last_run_changes", "default", "create_user", "done"] == 2
    assert values["last_run_changes", "default", "create_user", "failed"] == 0
    assert values["last_run_changes", "default", "delete_group", "not_attempted"] == 0
    assert values["last_run_requests", "default", "POST", "Heap"] == 2
    assert values["managed", "default", "user"] == 2
    assert values["active_seats", "default"] == 2
    assert values["last_run_withheld", "default"] == 0
    assert values["last_success_timestamp_seconds", "default"] == values["last_run_timestamp_seconds", "default"]


def test_leavers_in_their_grace_period_are_counted(connected: CommandLine, file: Path) -> None:
    assert connected("profiles", "set", "grace=7d").exit_code == 0
    assert connected("sync", "--yes", "--metrics", str(file)).exit_code == 0
    assert read(file)["last_run_deferred", "default"] == 0
    connected.roster("username\nada@x.org\n")
    assert connected("sync", "--yes", "--metrics", str(file)).exit_code == 0
    assert read(file)["last_run_deferred", "default"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_node_exporter_which_is_another_user_may_read_it(connected: CommandLine, file: Path) -> None:
    connected("sync", "--yes", "--metrics", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_the_last_success_outlives_runs_that_fail(connected: CommandLine, file: Path, sandbox: Sandbox) -> None:
    connected("sync", "--yes", "--metrics", str(file))
    success = read(file)["last_success_timestamp_seconds", "default"]
    connected.roster(PEOPLE + "cyd@x.org\n")
    sandbox.behave(parse_behaviour(["fault_rate=1", "fault_on=POST", "faults=400"]))
    assert connected("sync", "--yes", "--metrics", str(file)).exit_code == 7
    values = read(file)
    assert values["last_success_timestamp_seconds", "default"] == success
    assert values["last_run_timestamp_seconds", "default"] > success
    assert values["last_run_changes", "default", "create_user", "failed"] == 1
    sandbox.behave(Behaviour())
    connected.keyring.kept.clear()
    assert connected("sync", "--yes", "--metrics", str(file)).exit_code == 3
    values = read(file)
    assert (values["last_success_timestamp_seconds", "default"], values["last_run_exit_code", "default"]) == (
        success,
        3,
    )
    assert values["managed", "default", "user"] == 2
    assert ("last_run_withheld", "default") not in values, "nobody knows"


def test_a_guard_that_refuses_is_measured(connected: CommandLine, file: Path) -> None:
    connected.roster("username\n" + "".join(f"u{number}@x.org\n" for number in range(20)))
    connected("sync", "--yes")
    connected.roster("username\nada@x.org\n")
    assert connected("sync", "--yes", "--metrics", str(file)).exit_code == 6
    values = read(file)
    assert values["last_run_refusals", "default"] >= 1
    assert values["active_seats", "default"] == 20
    assert ("last_success_timestamp_seconds", "default") not in values


@pytest.mark.parametrize(
    "before", [b"nonsense {", b"\xff\xfe", b"heapscim_last_success_timestamp_seconds 3\n# EOF\n", b""]
)
def test_a_file_that_is_not_ours_is_replaced(connected: CommandLine, file: Path, before: bytes) -> None:
    file.write_bytes(before)
    connected.keyring.kept.clear()
    assert connected("sync", "--yes", "--metrics", str(file)).exit_code == 3
    assert ("last_success_timestamp_seconds", "default") not in read(file)


def test_a_file_that_node_exporter_would_not_read_is_refused(connected: CommandLine, sandbox: Sandbox) -> None:
    ran = connected("sync", "--yes", "--metrics", str(connected.folder / "m.txt"))
    assert (ran.exit_code, sandbox.tenant.writes) == (2, 0)
    assert "doesn't end in .prom" in ran.stderr


def test_without_the_library_the_run_goes_on_and_says_what_to_install(
    connected: CommandLine, sandbox: Sandbox, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    ran = connected("sync", "--yes", "--metrics", str(file))
    assert (ran.exit_code, sandbox.tenant.writes, file.exists()) == (0, 2, False)
    assert "prometheus-client isn't installed. Install heapscim[metrics]." in ran.stderr


@pytest.mark.parametrize("name", ["heapscim.prom", "none/heapscim.prom"])
def test_metrics_that_can_not_be_written_change_nothing(connected: CommandLine, file: Path, name: str) -> None:
    file.mkdir()
    ran = connected("sync", "--yes", "--metrics", str(connected.folder / name))
    assert (ran.exit_code, "The metrics weren't written: " in ran.stderr) == (0, True)
