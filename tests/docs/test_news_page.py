"""Does what the how-to about news says, as written: a mail server, a webhook, a report, metrics and their alerts."""

import json
import re
import stat
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
import trustme
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from heapscim.sandbox.heap.switches import Behaviour, parse_behaviour
from heapscim.sandbox.server import Sandbox
from heapscim.workflows.exit_codes import UNSAFE
from tests.conftest import CommandLine
from tests.docs.machines import Machine, blocks
from tests.docs.pages import ROOT
from tests.fakes.certificates import server_context
from tests.fakes.chats import SECRET, Receiver, running_chat
from tests.fakes.mail import PASSWORD, Inbox, running_inbox
from tests.fakes.secret_services import ON_A_BUS, secret_service

PAGE = "news.md"
MAIL, WEBHOOK, REPORTS, METRICS = blocks(PAGE, "sh")
TEXTFILES = "/var/lib/node_exporter/textfile"
SYNC = "heapscim sync --yes"
TOLD = ["heapscim default: create cyd@x.org failed", "heapscim default: over: create cyd@x.org failed"]
PEOPLE = "username\nada@x.org\nbob@x.org\n"


@pytest.fixture
def connected(heapscim: CommandLine, sandbox: Sandbox) -> CommandLine:
    """A profile after its first sync."""
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    assert heapscim("sync", "--yes").exit_code == 0
    return heapscim


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    """A mail server that wants STARTTLS and a password."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "roots.pem")
    with running_inbox(starttls=server_context(authority, "localhost")) as found:
        yield found


@pytest.fixture
def chat() -> Iterator[Receiver]:
    with running_chat() as found:
        yield found


def with_keyring(folder: Path, places: dict[str, str], **environ: str) -> Machine:
    """A machine with a Secret Service, whose keyring outlives each session."""
    return Machine(folder, places, ON_A_BUS, secret_service(folder).environment(**environ))


def refuse_creates(connected: CommandLine, sandbox: Sandbox) -> None:
    connected.roster(PEOPLE + "cyd@x.org\n")
    sandbox.behave(parse_behaviour(["fault_rate=1", "fault_on=POST", "faults=400"]))


def goes_on_failing_and_is_mended(connected: CommandLine, sandbox: Sandbox) -> None:
    """Three more syncs, which read the secret from the environment."""
    assert connected(*SYNC.split()[1:]).exit_code == 7
    sandbox.behave(Behaviour())
    assert [connected(*SYNC.split()[1:]).exit_code for _ in range(2)] == [0, 0]


def assert_kept_out_of_files(secret: str, folder: Path) -> None:
    written = [path for name in ("config", "state") for path in (folder / name).rglob("*") if path.is_file()]
    assert written
    assert [path for path in written if secret.encode() in path.read_bytes()] == []


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_failing_sync_is_mailed_once_and_its_end_once(
    connected: CommandLine, sandbox: Sandbox, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = str(connected.folder / "roots.pem")
    places = {"mail.example.com": f"localhost --set notify.port={inbox.port}"}
    machine = with_keyring(connected.folder, places, SSL_CERT_FILE=roots)
    machine.run(MAIL, stdin=PASSWORD + "\n")
    assert_kept_out_of_files(PASSWORD, connected.folder)
    assert inbox.letters == [], "all is well"
    refuse_creates(connected, sandbox)
    machine.run(SYNC, exit_code=7)
    assert len(inbox.letters) == 1
    monkeypatch.setenv("SSL_CERT_FILE", roots)
    monkeypatch.setenv("HEAPSCIM_SMTP_PASSWORD", PASSWORD)
    goes_on_failing_and_is_mended(connected, sandbox)
    assert {(*letter.recipients, letter.encrypted, letter.username) for letter in inbox.letters} == {
        ("it@example.com", True, "heapscim")
    }
    letters = [message_from_bytes(letter.content, policy=default) for letter in inbox.letters]
    assert {letter["From"] for letter in letters} == {"heapscim@example.com"}
    assert [letter["Subject"] for letter in letters] == TOLD


def test_a_webhook_gets_a_first_message_and_then_the_news(
    connected: CommandLine, sandbox: Sandbox, chat: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = with_keyring(connected.folder, {})
    machine.run(WEBHOOK, stdin=chat.url + "\n")
    assert chat.texts == ["heapscim default: news of this profile will come here."]
    refuse_creates(connected, sandbox)
    machine.run(SYNC, exit_code=7)
    monkeypatch.setenv("HEAPSCIM_WEBHOOK_URL", chat.url)
    goes_on_failing_and_is_mended(connected, sandbox)
    assert [text.partition("\n")[0].replace("\u200b", "") for text in chat.texts[1:]] == TOLD
    assert_kept_out_of_files(SECRET, connected.folder)


def test_a_plan_and_a_sync_report_to_their_owner_alone_even_if_they_fail(connected: CommandLine) -> None:
    connected.roster(PEOPLE + "cyd@x.org\n")
    Machine(connected.folder).run(REPORTS)
    plan, run = connected.folder / "plan.md", connected.folder / "run.json"
    assert (mode(plan), mode(run)) == (0o600, 0o600)
    assert "| + create | `cyd@x.org` |" in plan.read_text("utf-8")
    report = json.loads(run.read_text("utf-8"))
    assert (report["command"], report["exit_code"]) == ("sync", 0)
    assert report.keys() == connected.json("history", "last").envelope.keys(), "both are the envelope"
    (connected.folder / "people.csv").unlink()
    assert connected("plan", "--report", "plan.md").exit_code == 1
    assert "people.csv" in plan.read_text("utf-8")


def test_the_metrics_are_those_of_the_page_and_anyone_may_read_them(connected: CommandLine) -> None:
    textfiles = connected.folder / "textfile"
    textfiles.mkdir()
    Machine(connected.folder, {TEXTFILES: str(textfiles)}).run(METRICS)
    (file,) = textfiles.iterdir()
    assert (file.name, mode(file)) == ("heapscim-prod.prom", 0o644)
    text = file.read_text("utf-8")
    assert "x.org" not in text
    families = {family.name: family for family in text_string_to_metric_families(text)}  # type: ignore[no-untyped-call]
    assert {family.type for family in families.values()} == {"gauge"}
    labels = {
        name: frozenset(label for sample in family.samples for label in sample.labels)
        for name, family in families.items()
    }
    assert labels == {name: listed | {"profile"} for name, listed in listed_metrics().items()}
    outcomes = {sample.labels["outcome"] for sample in families["heapscim_last_run_changes"].samples}
    assert outcomes == {"done", "failed", "not_attempted"}
    assert alerts().keys() == {"HeapscimNotSyncing", "HeapscimRefused"}
    for expression in alerts().values():
        assert set(re.findall(r"heapscim_\w+", expression)) <= families.keys(), expression


def test_the_alert_of_a_refusal_asks_for_the_exit_code_of_a_refusal() -> None:
    assert alerts()["HeapscimRefused"] == f"heapscim_last_run_exit_code == {UNSAFE}"


def listed_metrics() -> dict[str, frozenset[str]]:
    """Each metric of the page's table, with its labels besides the profile's."""
    rows = re.findall(
        r"^\| (`(?:heapscim|…)_[^|]*) \|", (ROOT / "docs" / "how-to" / PAGE).read_text("utf-8"), re.MULTILINE
    )
    found: dict[str, frozenset[str]] = {}
    for name, labels in re.findall(r"`([\w…]+)(?:\{([\w, ]+)\})?`", "\n".join(rows)):
        whole = name.replace("…", "heapscim_last_run")
        found[whole] = frozenset(filter(None, labels.split(", ")))
    return found


def alerts() -> dict[str, str]:
    """The expression of each alert."""
    (block,) = blocks(PAGE, "yaml")
    return {rule["alert"]: rule["expr"] for group in yaml.safe_load(block)["groups"] for rule in group["rules"]}
