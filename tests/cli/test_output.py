"""Every form of answer: data on stdout, the rest on stderr, hostile names shown and not obeyed."""

import csv
import io
import json
import re

import pytest

from heapscim.errors import HeapscimError
from heapscim.sandbox.server import Sandbox
from heapscim.workflows import exit_codes
from tests.conftest import CommandLine
from tests.fakes.tenants import TOKEN

HOSTILE = (
    "[bold red]x[/bold red]@x.org",
    "a\x1b[2J\x07@x.org",
    "=HYPERLINK(1)@x.org",
    "\u202egro.x@ada",
    "x" * 10_000 + "@x.org",
)
ENVELOPE = {"version", "command", "profile", "exit_code", "data", "notices", "error"}


@pytest.fixture
def hostile(heapscim: CommandLine, sandbox: Sandbox) -> None:
    for name in HOSTILE:
        sandbox.store.add_user({"userName": name, "name": {"givenName": name}})
    sandbox.store.add_group({"displayName": "[red]Team[/red]\x1b]0;owned\x07"})
    heapscim.activate(sandbox)


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize(
    "line", ["users list", "groups list", "users show =HYPERLINK(1)@x.org", "plan --directory p.csv"]
)
@pytest.mark.parametrize("output", ["table", "json", "csv"])
def test_hostile_names_are_shown_and_not_obeyed(heapscim: CommandLine, line: str, output: str) -> None:
    kept = (name for name in HOSTILE if name.isprintable())  # a roster refuses the others
    heapscim.roster("username,firstname\n" + "".join(f'"{name}","{name}"\n' for name in kept), "p.csv")
    ran = heapscim(*line.split(), "-o", output)
    assert ran.exit_code == 0, ran.stderr
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", ran.stdout + ran.stderr)
    if output == "csv":
        cells = [cell for row in csv.reader(io.StringIO(ran.stdout)) for cell in row]
        assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]
    if output == "table" and line.startswith("users list"):
        assert "[bold red]x[/bold red]@x.org" in ran.stdout


@pytest.mark.usefixtures("hostile")
def test_json_gives_hostile_names_as_they_are(heapscim: CommandLine) -> None:
    assert {entry["user_name"] for entry in heapscim.json("users", "list").data} == set(HOSTILE)


@pytest.mark.parametrize(
    "line",
    [
        "status",
        "users list",
        "users show ada@x.org",
        "groups list",
        "plan",
        "sync --yes",
        "users explain ada@x.org",
        "users create a@x.org --yes",
        "users show nobody",
        "users create",
        "deactivate --yes",
    ],
)
def test_every_answer_is_one_envelope_and_nothing_else(heapscim: CommandLine, sandbox: Sandbox, line: str) -> None:
    sandbox.store.add_user({"userName": "ada@x.org"})
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\nnew@x.org\n")))
    ran = heapscim.json(*line.split())
    document = json.loads(ran.stdout)
    assert set(document) == ENVELOPE
    assert (document["version"], document["profile"], document["exit_code"]) == (1, "default", ran.exit_code)
    assert line.startswith(document["command"])
    assert (document["data"] is None) == (document["error"] is not None)
    assert ran.stdout.isascii()


def test_the_form_of_answer_may_stand_in_the_environment(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    heapscim.activate(sandbox)
    monkeypatch.setenv("HEAPSCIM_OUTPUT", "json")
    assert json.loads(heapscim("users", "list").stdout)["data"] == []
    assert heapscim("users", "list", "-o", "csv").stdout.startswith("userName,")


def test_quiet_says_data_and_errors_alone(heapscim: CommandLine, sandbox: Sandbox) -> None:
    ran = heapscim("activate", "--base-url", sandbox.base_url, "--token-stdin", "-q", stdin=TOKEN + "\n")
    assert (ran.stderr, ran.stdout != "") == ("", True)
    assert heapscim("users", "list", "-q").stderr == ""
    assert "Heap has no user x." in heapscim("users", "show", "x", "-q").stderr


def test_debug_tells_each_request_and_not_the_token(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    ran = heapscim("users", "list", "--debug")
    assert "GET /Users" in ran.stderr
    assert TOKEN not in ran.stderr
    assert "Traceback" in heapscim("users", "show", "x", "--debug").stderr
    assert "Traceback" not in heapscim("users", "show", "x").stderr


def test_a_mistake_of_ours_is_explained_and_still_an_envelope(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    heapscim.activate(sandbox)

    def breaks(*_arguments: object, **_named: object) -> None:
        raise ZeroDivisionError(f"divided {TOKEN} by nothing")

    monkeypatch.setattr("heapscim.workflows.list_users._listing", breaks)
    ran = heapscim.json("users", "list")
    assert (ran.exit_code, ran.envelope["error"]["code"]) == (1, "error")
    assert ran.envelope["error"]["message"] == "This should not happen: ZeroDivisionError: divided *** by nothing."
    assert "--debug" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_every_kind_of_error_has_a_code_and_an_exit_code() -> None:
    kinds = list(_below(HeapscimError))
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert {exit_codes.exit_code_of(kind.__new__(kind)) for kind in kinds} <= set(exit_codes.MEANINGS)


def _below(kind: type[HeapscimError]) -> list[type[HeapscimError]]:
    return [
        kind,
        *(deeper for below in kind.__subclasses__() for deeper in _below(below) if not deeper.__name__.startswith("_")),
    ]


def test_what_a_person_reads_as_sentences_is_facts_in_csv(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(
        sandbox, "--directory", str(heapscim.roster("people: []\ngroups: [{id: 1, name: Design}]\n", "people.yaml"))
    )
    for line, fact in (
        ("activate", f"base_url,{sandbox.base_url}"),
        ("history --verify", "whole,true"),
        ("ledger verify", "whole,true"),
        ("ledger head", "number,0"),
        ("groups bind Design", "changed,false"),
        ("deactivate --yes", "deactivated,true"),
    ):
        ran = heapscim(*line.split(), "--output", "csv")
        assert ran.exit_code == 0, ran.stderr
        assert {"fact,value", fact} <= set(ran.stdout.splitlines()), line
