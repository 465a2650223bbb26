"""News by mail and webhook: real receivers, hostile ones, and what is remembered by whom."""

import shutil
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from heapscim.sandbox.heap.switches import Behaviour, parse_behaviour
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine, Ran
from tests.fakes.chats import SECRET, Receiver, running_chat
from tests.fakes.mail import Inbox, running_inbox
from tests.fakes.processes import ended, interrupt, next_line, started, wait_until
from tests.fakes.sockets import answer, raw_server

PEOPLE = "username\nada@x.org\nbob@x.org\n"


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with running_chat() as found:
        monkeypatch.setenv("HEAPSCIM_WEBHOOK_URL", found.url)
        yield found


@pytest.fixture
def told(heapscim: CommandLine, sandbox: Sandbox, chat: Receiver) -> CommandLine:
    """A profile whose news goes to a webhook, after a first sync that had none."""
    roster = str(heapscim.roster(PEOPLE))
    heapscim.activate(sandbox, "--directory", roster, "--set", "notify.webhook=auto")
    assert (sync(heapscim).exit_code, chat.bodies) == (0, [])
    return heapscim


def sync(heapscim: CommandLine, *options: str) -> Ran:
    ran = heapscim("sync", "--yes", *options)
    assert SECRET[-10:] not in ran.stdout + ran.stderr
    return ran


def refuse_creates(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.roster(PEOPLE + "cyd@x.org\n")
    sandbox.behave(parse_behaviour(["fault_rate=1", "fault_on=POST", "faults=400"]))


def test_a_failure_is_told_once_and_its_end_once(told: CommandLine, sandbox: Sandbox, chat: Receiver) -> None:
    refuse_creates(told, sandbox)
    assert [sync(told).exit_code for _ in range(3)] == [7, 7, 7]
    [failed] = chat.texts
    assert failed.startswith("heapscim default: create cyd@\u200bx.org failed\n`heapscim sync` of profile default on ")
    assert "Heap refused POST /Users (400)." in failed
    sandbox.behave(Behaviour())
    assert [sync(told).exit_code for _ in range(2)] == [0, 0]
    [_, over] = chat.texts
    assert over.startswith("heapscim default: over: create cyd@\u200bx.org failed\n")


def test_a_run_that_fails_before_it_begins_is_told(told: CommandLine, chat: Receiver) -> None:
    kept = dict(told.keyring.kept)
    told.keyring.kept.clear()
    assert [sync(told).exit_code for _ in range(2)] == [3, 3]
    told.keyring.kept.update(kept)
    (told.folder / "people.csv").rename(told.folder / "away.csv")
    assert [sync(told).exit_code for _ in range(2)] == [1, 1]
    (told.folder / "away.csv").rename(told.folder / "people.csv")
    assert sync(told).exit_code == 0
    first, second, over = chat.texts
    assert "There is no token for profile default." in first
    assert "people.csv" in second
    assert "over: There is no token for profile default. (and 1 more)" in over


def test_a_guard_that_refuses_is_told_once_whatever_the_numbers(told: CommandLine, chat: Receiver) -> None:
    told.roster("username\n" + "".join(f"u{number}@x.org\n" for number in range(20)))
    assert sync(told, "--allow-removals", "2").exit_code == 0
    for left in (3, 2):
        told.roster("username\n" + "".join(f"u{number}@x.org\n" for number in range(left)))
        assert sync(told).exit_code == 6
    [refused] = chat.texts
    assert "A guard refused the sync" in refused


def test_removals_that_are_withheld_are_told(told: CommandLine, chat: Receiver) -> None:
    told.roster("username\nada@x.org")  # without a line break at the end: it may be half a file
    assert [sync(told).exit_code for _ in range(2)] == [8, 8]
    [withheld] = chat.texts
    assert withheld.startswith("heapscim default: Removals are withheld\n")
    assert "1 removal: deactivate bob@" in withheld


def test_a_plan_and_a_mistyped_command_are_no_news(told: CommandLine, sandbox: Sandbox, chat: Receiver) -> None:
    refuse_creates(told, sandbox)
    assert told("plan").exit_code == 0
    assert told("sync", "--yes", "--only", "nobody@x.org").exit_code == 2
    assert told("undo", "no-such-run", "--yes").exit_code == 2
    assert chat.bodies == []


def test_a_damaged_ledger_is_told_once_and_its_end_once(told: CommandLine, chat: Receiver) -> None:
    ledger = next(told.folder.rglob("default.sqlite3"))
    whole = ledger.read_bytes()
    ledger.write_bytes(b"no ledger at all" * 100)
    assert [sync(told).exit_code for _ in range(2)] == [1, 1]
    assert len(chat.bodies) == 1
    ledger.write_bytes(whole)
    for beside in ("-wal", "-shm"):
        Path(f"{ledger}{beside}").unlink(missing_ok=True)
    assert [sync(told).exit_code for _ in range(2)] == [0, 0]
    assert len(chat.bodies) == 2
    assert not list(told.folder.rglob("news/*.json")), "the ledger remembers from now on"


@pytest.mark.parametrize(
    "hostile",
    [
        answer(b"invalid_payload", "400 Bad Request"), answer(b"", "403 Forbidden"), answer(b"", "404 Not Found"),
        answer(b"", "500 Server Error"), None, b"nonsense\r\n\r\n",
        answer(b"", "302 Found", "Location: https://evil.example/"),
        answer(b"", "307 Temporary Redirect", "Location: http://127.0.0.1:9/elsewhere"),
    ],
)  # fmt: skip
def test_news_that_can_not_be_delivered_is_sent_with_the_next_run(
    told: CommandLine, sandbox: Sandbox, chat: Receiver, hostile: bytes | None
) -> None:
    refuse_creates(told, sandbox)
    chat.answers = [hostile] * 8
    ran = sync(told)
    assert (ran.exit_code, chat.bodies) == (7, [])
    assert "News couldn't be sent by webhook: " in ran.stderr
    assert "The next run tries again." in ran.stderr
    assert "Traceback" not in ran.stderr
    chat.answers.clear()
    assert [sync(told).exit_code for _ in range(2)] == [7, 7]
    assert len(chat.bodies) == 1


def test_a_receiver_that_asks_for_patience_gets_it(told: CommandLine, sandbox: Sandbox, chat: Receiver) -> None:
    refuse_creates(told, sandbox)
    chat.answers = [answer(b"", "429 Too Many Requests", "Retry-After: 1")]
    assert "News couldn't be sent" not in sync(told).stderr
    assert len(chat.bodies) == 1


@pytest.mark.usefixtures("chat")
def test_a_receiver_that_hangs_costs_a_bounded_time(
    told: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heapscim.workflows.news.channels._MOST_SECONDS", 0.2)
    goes_on = threading.Event()
    with raw_server(lambda *_: goes_on.wait(60) and False) as deaf:
        monkeypatch.setenv("HEAPSCIM_WEBHOOK_URL", f"http://127.0.0.1:{deaf.port}/services/{SECRET}")
        refuse_creates(told, sandbox)
        ran = sync(told)
        goes_on.set()
    assert (ran.exit_code, "The webhook didn't take the message within 0.2 s." in ran.stderr) == (7, True)


def test_what_was_told_is_known_to_another_process_and_to_another_machine(
    told: CommandLine, sandbox: Sandbox, chat: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_creates(told, sandbox)
    assert sync(told).exit_code == 7
    with started("sync", "--yes") as process:
        assert ended(process)[0] == 7
    other = told.folder / "another machine"
    for name in ("HEAPSCIM_CONFIG_DIR", "HEAPSCIM_STATE_DIR"):
        monkeypatch.setenv(name, str(other / name))
    shutil.copytree(told.folder / "config", other / "HEAPSCIM_CONFIG_DIR")
    ledger = next(told.folder.rglob("default.sqlite3"))
    (other / "HEAPSCIM_STATE_DIR" / "ledgers").mkdir(parents=True)
    shutil.copytree(ledger.parent, other / "HEAPSCIM_STATE_DIR" / "ledgers", dirs_exist_ok=True)
    assert sync(told).exit_code == 7
    assert len(chat.bodies) == 1
    sandbox.behave(Behaviour())
    assert sync(told).exit_code == 0
    assert len(chat.bodies) == 2


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with running_inbox() as found:
        yield found


def by_mail(inbox: Inbox) -> list[str]:
    settings = (
        "smtp_host=127.0.0.1",
        f"port={inbox.port}",
        "tls=none",
        "sender=heapscim@x.org",
        'recipients=["it@x.org"]',
    )
    return [word for setting in settings for word in ("--set", f"notify.{setting}")]


def test_news_is_mailed_too_and_each_channel_catches_up_alone(
    told: CommandLine, sandbox: Sandbox, chat: Receiver, inbox: Inbox
) -> None:
    assert told("activate", *by_mail(inbox)).exit_code == 0
    refuse_creates(told, sandbox)
    chat.answers = [answer(b"", "503 Unavailable")] * 8
    for _ in range(2):
        sync(told)
    assert (len(inbox.letters), len(chat.bodies)) == (1, 0)
    chat.answers.clear()
    sync(told)
    assert (len(inbox.letters), len(chat.bodies)) == (1, 1)
    letter = message_from_bytes(inbox.letters[0].content, policy=default)
    assert letter["Subject"] == "heapscim default: create cyd@x.org failed"
    assert "Heap refused POST /Users (400)." in letter.get_content()


def test_a_profile_that_only_mails_needs_no_webhook(heapscim: CommandLine, sandbox: Sandbox, inbox: Inbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)), *by_mail(inbox))
    refuse_creates(heapscim, sandbox)
    ran = sync(heapscim)
    assert (len(inbox.letters), "News couldn't" in ran.stderr) == (1, False)


def test_an_error_that_repeats_the_url_never_shows_it(told: CommandLine, sandbox: Sandbox, chat: Receiver) -> None:
    refuse_creates(told, sandbox)
    chat.answers = [answer(f"no such hook: {chat.url}".encode(), "400 Bad Request", type="text/plain")]
    assert "The webhook refused POST message (400)." in sync(told).stderr


def test_a_wrong_url_is_refused_without_being_repeated(
    told: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_creates(told, sandbox)
    monkeypatch.setenv("HEAPSCIM_WEBHOOK_URL", f"http://hooks.example/services/{SECRET}")
    assert "The URL of the webhook begins with http: it would travel unprotected." in sync(told).stderr


def test_the_url_is_kept_in_the_keyring(
    told: CommandLine, sandbox: Sandbox, chat: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEAPSCIM_WEBHOOK_URL")
    refuse_creates(told, sandbox)
    assert "There is no URL for the webhook. Set HEAPSCIM_WEBHOOK_URL, or" in sync(told).stderr
    assert told("activate", "--webhook-url-stdin", stdin=chat.url + "\n").exit_code == 0
    assert told.keyring.kept["heapscim", "default:webhook"] == chat.url
    sync(told)
    welcome, failed = chat.texts
    assert welcome == "heapscim default: news of this profile will come here."
    assert "cyd@" in failed
    for written in told.folder.rglob("*"):
        assert not written.is_file() or SECRET[-10:].encode() not in written.read_bytes()
    told("deactivate", "--yes")
    assert ("heapscim", "default:webhook") not in told.keyring.kept


def test_a_url_that_takes_no_message_is_not_kept(told: CommandLine, chat: Receiver) -> None:
    chat.answers = [answer(b"no_service", "404 Not Found")]
    ran = told("activate", "--webhook-url-stdin", stdin=chat.url + "\n")
    assert (ran.exit_code, SECRET[-10:] in ran.stderr) == (1, False)
    assert ("heapscim", "default:webhook") not in told.keyring.kept


def test_settings_that_are_wrong_elsewhere_are_told(told: CommandLine, chat: Receiver) -> None:
    settings = next(told.folder.rglob("default.toml"))
    right = settings.read_text("utf-8")
    settings.write_text("scope = 3\n" + right, "utf-8")
    assert [sync(told).exit_code for _ in range(2)] == [1, 1]
    settings.write_text(right, "utf-8")
    assert sync(told).exit_code == 0
    wrong, over = chat.texts
    assert "scope is 3." in wrong
    assert "default: over: " in over


def test_a_url_without_a_webhook_in_the_settings_is_refused(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    ran = heapscim("activate", "--webhook-url-stdin", stdin="https://hooks.slack.com/services/a\n")
    assert (ran.exit_code, "Add `--set notify.webhook=auto`." in ran.stderr) == (2, True)


def test_the_url_can_be_a_credential_of_the_unit(
    told: CommandLine, sandbox: Sandbox, chat: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HEAPSCIM_WEBHOOK_URL")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "heapscim.default.webhook").write_text(chat.url + "\n")
    refuse_creates(told, sandbox)
    sync(told)
    assert len(chat.bodies) == 1


def test_teams_gets_a_card(told: CommandLine, sandbox: Sandbox, chat: Receiver) -> None:
    assert told("profiles", "set", "notify.webhook=teams").exit_code == 0
    refuse_creates(told, sandbox)
    sync(told)
    [body] = chat.bodies
    title, *_ = body["attachments"][0]["content"]["body"]
    assert title["inlines"][0]["text"] == "heapscim default: create cyd@x.org failed"


def test_a_log_shows_no_url(told: CommandLine, sandbox: Sandbox, chat: Receiver) -> None:
    refuse_creates(told, sandbox)
    assert "POST message answered 200" in sync(told, "--debug").stderr
    assert len(chat.bodies) == 1


def test_an_interruption_is_no_news_and_still_has_its_report(
    told: CommandLine, sandbox: Sandbox, chat: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_creates(told, sandbox)
    sync(told)

    async def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("heapscim.workflows.sync.sync", interrupted)
    report, metrics = told.folder / "run.md", told.folder / "run.prom"
    assert sync(told, "--report", str(report), "--metrics", str(metrics)).exit_code == 130
    assert len(chat.bodies) == 1
    assert "**Exit code 130**: interrupted" in report.read_text("utf-8")
    assert 'heapscim_last_run_exit_code{profile="default"} 130.0' in metrics.read_text("utf-8")


@pytest.mark.parametrize("loop", [(), ("--every", "1s")])
def test_a_signal_ends_the_wait_for_a_receiver_that_hangs(
    told: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, loop: tuple[str, ...]
) -> None:
    refuse_creates(told, sandbox)
    goes_on = threading.Event()
    with raw_server(lambda *_: goes_on.wait(60) and False) as deaf:
        monkeypatch.setenv("HEAPSCIM_WEBHOOK_URL", f"http://127.0.0.1:{deaf.port}/services/{SECRET}")
        with started("sync", "--yes", *loop) as process:
            wait_until(lambda: bool(deaf.requests))
            interrupt(process, signal.SIGTERM)
            code, _, stderr = ended(process)
        goes_on.set()
    assert (code, "News couldn't be sent: interrupted." in stderr) == (130 if loop else 7, True), stderr
    assert "Traceback" not in stderr


def test_a_sync_loop_tells_its_news(told: CommandLine, sandbox: Sandbox, chat: Receiver) -> None:
    refuse_creates(told, sandbox)
    with started("sync", "--every", "1s", "--yes") as process:
        for _ in range(2):
            assert "1 failed" in next_line(process.stdout)
        interrupt(process)
        ended(process)
    assert len(chat.bodies) == 1


def test_the_head_of_the_ledger_goes_to_the_webhook_after_each_run(told: CommandLine, chat: Receiver) -> None:
    assert told("profiles", "set", "ledger.head_webhook=true").exit_code == 0
    assert (sync(told).exit_code, chat.bodies) == (0, []), "nothing happened"
    told.roster(PEOPLE + "cyd@x.org\n")
    assert sync(told).exit_code == 0
    number, head = told("ledger", "head").stdout.split()
    run = told.json("history", "last").data["run"]["run"]
    assert chat.texts == [f"heapscim default: head of the ledger {number} {head}\nAfter run {run}."]


def test_a_day_that_the_profile_tells_is_news_until_it_is_moved(told: CommandLine, chat: Receiver) -> None:
    for days, messages in ((400, 0), (5, 1), (5, 1), (400, 2)):
        day = datetime.now(UTC).date() + timedelta(days=days)
        assert told("profiles", "set", f"ends.token={day}").exit_code == 0
        assert (sync(told).exit_code, len(chat.texts)) == (0, messages)
    soon, over = chat.texts
    assert soon.startswith("heapscim default: The token or key of Heap ends on ")
    assert over.startswith("heapscim default: over: The token or key of Heap ends on ")
