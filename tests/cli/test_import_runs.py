"""Large imports, mail, and runs that are cut off."""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
import trustme

from heapscim.ledger.entries import OperationDraft, RunContext, RunHead
from heapscim.ledger.protocol import Ledger
from heapscim.ledger.sqlite.store import open_ledger
from heapscim.model.directory import NewPerson
from heapscim.sandbox.server import Sandbox
from heapscim.workflows.importing.mail_summary import mail_summary, prepare_mail
from heapscim.workflows.importing.run import KIND, Addition, ImportRun
from heapscim.workflows.session import Session, in_session
from tests.cli.test_terminal import Terminal, end_of
from tests.conftest import CommandLine
from tests.fakes.contexts import a_context
from tests.fakes.mail import PASSWORD, Inbox, running_inbox
from tests.fakes.tenants import TOKEN
from tests.output.test_mail import server_side

MANY = 101
ROSTER = "username,firstname\nada@x.org,Ada\n"


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.delenv("HEAPSCIM_SMTP_PASSWORD", raising=False)
    with running_inbox(starttls=server_side(authority)) as inbox:
        yield inbox


@pytest.fixture
def roster(heapscim: CommandLine, sandbox: Sandbox, inbox: Inbox) -> Path:
    for number in range(MANY):
        sandbox.store.add_user({"userName": f"u{number:03}@x.org"})
    sandbox.store.add_user({"userName": "kurt@x.org\r\nBcc: eve@x.org", "active": False})
    path = heapscim.roster(ROSTER)
    heapscim.activate(
        sandbox, "--directory", str(path), "--set", "notify.smtp_host=localhost", "--set", f"notify.port={inbox.port}",
        "--set", "notify.sender=heapscim@x.org", "--set", 'notify.recipients=["it@x.org"]',
        "--set", "notify.username=heapscim",
    )  # fmt: skip
    return path


def test_a_summary_of_over_a_hundred_is_mailed(heapscim: CommandLine, roster: Path, inbox: Inbox) -> None:
    assert heapscim("activate", "--smtp-password-stdin", stdin=PASSWORD + "\n").exit_code == 0
    ran = heapscim.json("import", "--all", "--yes")
    assert (ran.exit_code, ran.data["counts"]) == (7, {"added": MANY, "present": 0, "failed": 1})
    assert ran.envelope["notices"] == ["A summary was mailed to it@x.org."]
    assert roster.read_text("utf-8").count("\n") == MANY + 2
    (letter,) = inbox.letters
    assert (letter.recipients, letter.encrypted, letter.username) == (["it@x.org"], True, "heapscim")
    message = message_from_bytes(letter.content, policy=default)
    assert message["Subject"] == f"heapscim: import of profile default: {MANY} added, 1 failed"
    assert message["Bcc"] is None
    kurt = "kurt@x.org\\r\\nBcc: eve@x.org"
    assert message.get_content().splitlines() == [
        "The import from Heap with profile default is done.",
        f"{MANY} people added to people.csv, 1 failed.",
        f"Run {ran.data['run']}: `heapscim history {ran.data['run']}` shows each person.",
        "",
        "Failed:",
        f"  {kurt}: The userName '{kurt}' contains a line break, so it can't be in a roster.",
    ]


@pytest.mark.usefixtures("roster")
def test_a_summary_of_an_import_that_was_interrupted_says_so(heapscim: CommandLine, inbox: Inbox) -> None:
    assert heapscim("activate", "--smtp-password-stdin", stdin=PASSWORD + "\n").exit_code == 0

    async def work(session: Session) -> tuple[str, ...]:
        mailing = prepare_mail(session, MANY)
        assert mailing is not None
        return await mail_summary(session.context, mailing, ImportRun("7", (), interrupted=True), "people.csv")

    assert in_session(a_context(), work) == ("A summary was mailed to it@x.org.",)
    message = message_from_bytes(inbox.letters[0].content, policy=default)
    assert message["Subject"] == "heapscim: import of profile default: 0 added, 0 failed, interrupted"
    assert message.get_content().splitlines() == [
        "The import from Heap with profile default was interrupted.",
        "0 people added to people.csv.",
        "Run 7: `heapscim history 7` shows each person.",
        "`heapscim resume 7` does the rest.",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX's")
@pytest.mark.usefixtures("roster")
def test_the_mail_servers_password_is_asked_for_and_kept(heapscim: CommandLine, inbox: Inbox) -> None:
    terminal = Terminal(heapscim.folder)
    for times in (1, 2):
        child = terminal.start("import", "--user", "u*", "--yes", HEAPSCIM_TOKEN=TOKEN)
        if times == 1:
            child.expect("Password of heapscim at localhost, kept in the keyring \\(it isn't shown\\): ")
            child.sendline(PASSWORD)
        code, said = end_of(child)
        assert (code, "A summary was mailed to it@x.org." in said, PASSWORD in said) == (0, True, False)
        (heapscim.folder / "people.csv").write_text(ROSTER, "utf-8")
    assert json.loads(terminal.kept.read_text()) == {"default:smtp": PASSWORD}
    assert [letter.username for letter in inbox.letters] == ["heapscim"] * 2


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX's")
@pytest.mark.usefixtures("roster")
def test_enter_at_the_mail_servers_password_keeps_nothing_and_the_import_goes_on(
    heapscim: CommandLine, inbox: Inbox
) -> None:
    terminal = Terminal(heapscim.folder)
    child = terminal.start("import", "--user", "u*", "--yes", HEAPSCIM_TOKEN=TOKEN)
    child.expect("isn't shown\\): ")
    child.sendline("")
    code, said = end_of(child)
    assert (code, inbox.letters, terminal.kept.read_text()) == (0, [], "{}")
    assert "No summary was mailed to it@x.org. The secret is empty, so it isn't kept." in said
    assert "***" not in said


def test_up_to_a_hundred_need_no_mail(heapscim: CommandLine, roster: Path, inbox: Inbox) -> None:
    ran = heapscim.json("import", "--user", "u00*", "--yes")
    assert (ran.exit_code, inbox.letters, roster.read_text("utf-8").count("\n")) == (0, [], 12)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        (
            None,
            "No summary was mailed to it@x.org. There is no password for the mail server: set HEAPSCIM_SMTP_PASSWORD.",
        ),
        ("wrong", "doesn't take the password of heapscim (535)"),
    ],
)
@pytest.mark.usefixtures("roster")
def test_a_mail_that_fails_is_a_notice(
    heapscim: CommandLine, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, password: str | None, said: str
) -> None:
    if password is not None:
        monkeypatch.setenv("HEAPSCIM_SMTP_PASSWORD", password)
    ran = heapscim("import", "--user", "u*", "--yes")
    assert (ran.exit_code, inbox.letters) == (0, [])
    assert said in ran.stderr


@pytest.mark.usefixtures("roster")
def test_deactivate_forgets_the_mail_servers_password(heapscim: CommandLine) -> None:
    heapscim("activate", "--smtp-password-stdin", stdin=PASSWORD + "\n")
    assert ("heapscim", "default:smtp") in heapscim.keyring.kept
    heapscim("deactivate", "--yes")
    assert heapscim.keyring.kept == {}


def test_a_password_without_a_mail_server_is_refused(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    ran = heapscim("activate", "--smtp-password-stdin", stdin=PASSWORD + "\n")
    assert (ran.exit_code, "no mail server to sign in to" in ran.stderr) == (2, True)
    assert heapscim("activate", "--smtp-password-stdin", stdin="\n").exit_code == 2


def a_run_cut_off(heapscim: CommandLine, sandbox: Sandbox, into: Path, names: list[str]) -> str:
    """An import that wrote its intent and died; answers the run."""
    additions = [Addition(NewPerson({"username": name, "firstname": "F"}), str(into), None) for name in names]
    ledger = ledger_of(heapscim, sandbox)
    head = RunHead("import", sandbox.base_url, "", RunContext("ada", "host", os.getpid(), {}))
    run = ledger.begin(
        head, [OperationDraft(KIND, name, "", entry.to_json()) for name, entry in zip(names, additions, strict=True)]
    )
    ledger.record(run, [(seq, None) for seq in range(len(names))])
    ledger.close()
    return run


def settled(heapscim: CommandLine, sandbox: Sandbox, run: str) -> Sequence[tuple[str, str]]:
    ledger = ledger_of(heapscim, sandbox)
    found = [(entry.subject, entry.state) for entry in ledger.operations(run)]
    ledger.close()
    return found


def test_a_run_that_was_cut_off_is_finished(heapscim: CommandLine, sandbox: Sandbox) -> None:
    path = heapscim.roster(ROSTER)
    heapscim.activate(sandbox, "--directory", str(path))
    run = a_run_cut_off(heapscim, sandbox, path, ["ada@x.org", "bob@x.org"])
    assert heapscim("resume", run).exit_code == 2

    ran = heapscim.json("resume", run, "--yes")

    assert ran.exit_code == 0, ran.stderr
    assert [(person["user_name"], person["status"]) for person in ran.data["people"]] == [
        ("ada@x.org", "present"), ("bob@x.org", "added")
    ]  # fmt: skip
    assert path.read_text("utf-8") == ROSTER + "bob@x.org,F\n"
    assert settled(heapscim, sandbox, run) == [("ada@x.org", "done"), ("bob@x.org", "not_attempted")]
    assert settled(heapscim, sandbox, ran.data["run"]) == [("ada@x.org", "done"), ("bob@x.org", "done")]
    again = heapscim("resume", run, "--yes")
    assert (again.exit_code, "has nothing left to do" in again.stderr) == (2, True)


def test_a_roster_that_the_run_was_going_to_make_is_made(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    path = heapscim.folder / "new.csv"
    run = a_run_cut_off(heapscim, sandbox, path, ["bob@x.org"])
    assert heapscim("resume", run, "--yes").exit_code == 0
    assert path.read_text("utf-8").splitlines()[1:] == [",bob@x.org,F,,,,"]


def ledger_of(heapscim: CommandLine, sandbox: Sandbox) -> Ledger:
    return open_ledger(heapscim.folder / "state" / "ledgers" / "default.sqlite3", sandbox.base_url, time.time)
