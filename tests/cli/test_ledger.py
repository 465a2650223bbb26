"""The ledger's proof and its head as an administrator and a script use them."""

import sqlite3
from pathlib import Path

import pytest

from heapscim.sandbox.server import Sandbox
from tests.cli.test_history import PEOPLE, ledger_file
from tests.conftest import CommandLine


@pytest.fixture
def synced(heapscim: CommandLine, sandbox: Sandbox) -> CommandLine:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    assert heapscim("sync", "--yes").exit_code == 0
    return heapscim


def test_a_ledger_is_proven_whole_until_somebody_touches_it(synced: CommandLine) -> None:
    whole = synced.json("ledger", "verify")
    assert (whole.exit_code, whole.data) == (0, synced.json("history", "--verify").data)
    with sqlite3.connect(ledger_file(synced)) as connection:
        connection.execute("DELETE FROM links WHERE name = 'ada@x.org'")
    connection.close()
    ran = synced("ledger", "verify")
    assert ran.exit_code == 1
    assert "The user ada@x.org (id " in ran.stdout
    assert "The log is not as heapscim wrote it." in ran.stdout


def test_the_head_is_one_line_that_verify_takes_back(synced: CommandLine) -> None:
    number, head = synced("ledger", "head").stdout.split()
    assert synced.json("ledger", "head").data == {"number": int(number), "hash": head}
    assert synced("ledger", "head", "--output", "csv").stdout.splitlines() == [
        "fact,value", f"number,{number}", f"hash,{head}"
    ]  # fmt: skip
    assert synced.json("ledger", "verify").data["head"] == head
    assert synced("ledger", "verify", "--head", head).exit_code == 0


def test_heads_in_a_file_reveal_a_ledger_that_was_written_anew(synced: CommandLine, tmp_path: Path) -> None:
    heads = tmp_path / "heads"
    heads.write_text(synced("ledger", "head").stdout)
    synced.roster(PEOPLE.replace("Grace", "Grace B."))
    assert synced("sync", "--yes", "--allow-updates", "5").exit_code == 0
    heads.write_text(heads.read_text() + "\n2026-11-28T03:00:00Z run " + synced("ledger", "head").stdout)
    assert synced("ledger", "verify", "--head", str(heads)).exit_code == 0
    ledger_file(synced).unlink()
    assert synced("sync", "--yes").exit_code == 0
    assert synced("ledger", "verify").exit_code == 0, "a whole new chain looks whole"
    ran = synced("ledger", "verify", "--head", str(heads))
    assert ran.exit_code == 1
    assert ran.stdout.count("that was noted is not part of the chain") == 2


@pytest.mark.parametrize(("text", "words"), [("", "holds no head"), ("a\nb\n", "Line 1 of"), ("\xff", "isn't UTF-8")])
def test_a_file_without_heads_proves_nothing(synced: CommandLine, tmp_path: Path, text: str, words: str) -> None:
    heads = tmp_path / "heads"
    heads.write_text(text, "latin-1")
    ran = synced("ledger", "verify", "--head", str(heads))
    assert (ran.exit_code, words in ran.stderr) == (2, True), ran.stderr


def test_a_head_that_is_mistyped_is_taken_for_a_file(synced: CommandLine) -> None:
    ran = synced("ledger", "verify", "--head", "abc")
    assert ran.exit_code == 2
    assert "abc is neither a head nor a file that can be read" in ran.stderr


def lines(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text("utf-8").splitlines()]


def test_the_head_goes_to_a_file_after_each_run_and_reveals_a_ledger_written_anew(synced: CommandLine) -> None:
    heads = synced.folder / "heads"
    assert synced("profiles", "set", f"ledger.head_file={heads}").exit_code == 0
    assert synced("sync", "--yes").exit_code == 0
    assert [line[2] for line in lines(heads)] == [synced("ledger", "head").stdout.split()[0]], "what was before, too"
    assert synced("sync", "--yes").exit_code == 0
    assert len(lines(heads)) == 1, "nothing happened"
    synced.roster(PEOPLE.replace("Grace", "Grace B."))
    assert synced("sync", "--yes", "--allow-updates", "5").exit_code == 0
    run = synced.json("history", "last").data["run"]["run"]
    assert lines(heads)[-1][1:] == [run, *synced("ledger", "head").stdout.split()]
    assert synced("undo", "last", "--yes", "--allow-updates", "5").exit_code == 0
    assert len(lines(heads)) == 3
    assert synced("ledger", "verify", "--head", str(heads)).exit_code == 0
    ledger_file(synced).unlink()
    assert synced("sync", "--yes").exit_code == 0
    ran = synced("ledger", "verify", "--head", str(heads))
    assert (ran.exit_code, ran.stdout.count("that was noted is not part of the chain")) == (1, 3)


def test_the_head_goes_to_a_file_after_a_probe_and_not_after_a_look(synced: CommandLine) -> None:
    heads = synced.folder / "heads"
    assert synced("profiles", "set", f"ledger.head_file={heads}").exit_code == 0
    assert synced("doctor").exit_code == 0
    assert synced("users", "list").exit_code == 0
    assert not heads.exists()
    assert synced("doctor", "--write-probe", "--probe-address", "probe@x.org", "--yes").exit_code == 0
    run = synced.json("history", "last").data["run"]["run"]
    assert [line[1:] for line in lines(heads)] == [[run, *synced("ledger", "head").stdout.split()]]


def test_a_line_that_was_cut_off_stays_by_itself(synced: CommandLine) -> None:
    heads = synced.folder / "heads"
    heads.write_text("2026-11-28T03:0")
    assert synced("profiles", "set", f"ledger.head_file={heads}").exit_code == 0
    assert synced("sync", "--yes").exit_code == 0
    assert [len(line) for line in lines(heads)] == [1, 4]
    ran = synced("ledger", "verify", "--head", str(heads))
    assert (ran.exit_code, "Line 1 of" in ran.stderr) == (2, True)


def test_a_file_that_cannot_be_written_is_told_and_changes_nothing(synced: CommandLine) -> None:
    assert synced("profiles", "set", f"ledger.head_file={synced.folder}").exit_code == 0
    synced.roster(PEOPLE.replace("Grace", "Grace B."))
    ran = synced("sync", "--yes", "--allow-updates", "5")
    assert ran.exit_code == 0
    assert "The head of the ledger wasn't kept" in ran.stderr


def test_a_report_ends_with_the_head(synced: CommandLine) -> None:
    report = synced.folder / "report.md"
    synced.roster(PEOPLE.replace("Grace", "Grace B."))
    assert synced("sync", "--yes", "--allow-updates", "5", "--report", str(report)).exit_code == 0
    number, head = synced("ledger", "head").stdout.split()
    assert report.read_text("utf-8").rstrip().endswith(f"Head of the ledger: {number} `{head}`")


@pytest.mark.parametrize(
    ("setting", "words"), [("head_file=heads", "a whole path"), ("head_webhook=true", "Set notify.webhook")]
)
def test_settings_that_could_keep_no_head_are_refused(synced: CommandLine, setting: str, words: str) -> None:
    ran = synced("profiles", "set", f"ledger.{setting}")
    assert (ran.exit_code, words in " ".join(ran.stderr.split())) == (1, True), ran.stderr
