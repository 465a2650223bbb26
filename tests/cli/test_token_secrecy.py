"""The token is in no output, no file and no ledger, whatever a command does and whatever a server answers."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NoReturn, cast, get_args

import pytest

from heapscim.cli.app import COMMANDS, load
from heapscim.sandbox.heap.faults import echoed
from heapscim.sandbox.heap.lists import Refused
from heapscim.sandbox.heap.switches import Echo
from tests.conftest import CommandLine
from tests.fakes.sockets import answer, raw_server
from tests.fakes.tenants import TOKEN, running_sandbox

SECRET = TOKEN
PEOPLE = "username,groups\nada@x.org,Design\ngrace@x.org,Design\n"
LISTS_PROFILES = "profiles list"
"""Says which profile is wrong in a notice, beside those that aren't."""
LINES: dict[str, tuple[str, ...]] = {
    "activate": ("activate --groups",),
    "status": ("status",),
    "doctor": ("doctor",),
    "plan": ("plan --out plan.json",),
    "sync": ("sync --yes",),
    "users": (
        "users list", "users list --filter userName+eq+'x'", "users show ada@x.org", "users explain ada@x.org",
        "users create new@x.org --yes", "users create --from people.csv --yes",
        "users update ada@x.org --role Admin --yes", "users deactivate ada@x.org --yes",
        "users reactivate ada@x.org --yes",
    ),
    "groups": (
        "groups list", "groups show Design", "groups create Ops ada@x.org --yes", "groups rename Design Art --yes",
        "groups add Design ada@x.org --yes", "groups remove Design ada@x.org --yes", "groups delete Design --yes",
        "groups bind Design --yes", "groups unbind Design --yes",
    ),
    "import": ("import", "import --all --into imported.csv --yes"),
    "export": ("export",),
    "history": ("history", "history --verify"),
    "review": ("review", "review --html review.html"),
    "ledger": ("ledger verify", "ledger head", "ledger move local"),
    "resume": ("resume 20200101-000000-0000 --yes",),
    "undo": ("undo 20200101-000000-0000 --yes",),
    "roster": ("roster check people.csv",),
    "profiles": (
        "profiles show", LISTS_PROFILES, "profiles set http.timeout=60", "profiles unset http.timeout",
        "profiles delete default",
    ),
    "help": ("help rosters",),
    "sandbox": ("sandbox --dialect nonsense",),
    "deactivate": ("deactivate --yes",),
}  # fmt: skip
"""A line for every command and verb. A new command fails the test below until it has one here."""
RUNS_THE_OTHERS = frozenset({"demo"})
"""Makes a token of its own and gives it to the commands above, in processes of their own."""


def test_every_command_and_verb_has_its_line() -> None:
    expected = {name: set(getattr(load(name), "commands", {})) for name in COMMANDS if name not in RUNS_THE_OTHERS}
    covered = {
        name: {line.split()[1] for line in lines} if expected.get(name) else set() for name, lines in LINES.items()
    }
    assert covered == expected


def echoing(status: str) -> Callable[[socket.socket, bytes], bool]:
    """Answers with the request's own headers, token and all, in body and headers."""

    def behave(stream: socket.socket, request: bytes) -> bool:
        sent = request.partition(b"\r\n\r\n")[0].decode()
        token = sent.partition("Bearer ")[2].partition("\r\n")[0]
        body = json.dumps({"detail": f"bad request, you sent Bearer {token}", "scimType": token, "echo": sent})
        stream.sendall(
            answer(body.encode(), status, f"WWW-Authenticate: Bearer {token}", f"Location: https://{token}/")
        )
        return True

    return behave


@contextmanager
def a_tenant() -> Iterator[str]:
    with running_sandbox() as sandbox:
        for name in ("ada@x.org", "grace@x.org"):
            sandbox.store.add_user({"userName": name})
        sandbox.store.add_group({"displayName": "Design"})
        yield sandbox.base_url


@contextmanager
def a_server_that_echoes(status: str) -> Iterator[str]:
    with raw_server(echoing(status)) as server:
        yield server.url


SERVERS: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "that works": a_tenant,
    "that refuses the token": lambda: a_server_that_echoes("401 Unauthorized"),
    "that forbids": lambda: a_server_that_echoes("403 Forbidden"),
    "that fails": lambda: a_server_that_echoes("500 Internal Server Error"),
    "that redirects": lambda: a_server_that_echoes("302 Found"),
    "that refuses what is sent": lambda: a_server_that_echoes("400 Bad Request"),
    "that answers something else": lambda: a_server_that_echoes("200 OK"),
}


@pytest.mark.parametrize("server", SERVERS)
def test_no_command_lets_the_token_out(heapscim: CommandLine, server: str) -> None:
    heapscim.roster(PEOPLE)
    heapscim.keyring.set_password("heapscim", "default", SECRET)
    profile = heapscim.folder / "config" / "profiles" / "default.toml"
    with SERVERS[server]() as url:
        for line in (line for lines in LINES.values() for line in lines):
            profile.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            profile.touch(0o600)
            profile.write_text(f'base_url = "{url}"\ndirectory = "people.csv"\n[http]\nretries = 0\n')
            for output in ("table", "json", "csv") if server == "that works" else ("json",):
                ran = heapscim(*(word.replace("+", " ") for word in line.split()), "--debug", "--output", output)
                assert SECRET not in ran.stdout + ran.stderr, line
    refused = heapscim(
        "activate", "--base-url", "https://127.0.0.1:9/x", "--token-stdin", "--debug", stdin=f"{SECRET} \x00\n"
    )
    assert SECRET not in refused.stdout + refused.stderr
    assert _files_that_hold(SECRET, heapscim.folder) == []
    assert list((heapscim.folder / "state").rglob("*.sqlite3"))


@pytest.mark.parametrize("name", [name for name in LINES if name not in ("doctor", "help", "sandbox")])
def test_no_command_reads_the_token_where_the_base_url_is_no_place_for_it(
    heapscim: CommandLine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A settings file may be edited by hand; what `--base-url` refuses is refused there.

    `doctor` looks at the keyring whatever the settings are, and sends nothing: a test of its own shows that.
    """
    heapscim.roster(PEOPLE)
    profile = heapscim.folder / "config" / "profiles" / "default.toml"
    profile.parent.mkdir(mode=0o700, parents=True)
    profile.touch(0o600)
    profile.write_text('base_url = "http://heap.example/scim/v2/1"\ndirectory = "people.csv"\n')
    monkeypatch.setattr(heapscim.keyring, "get_password", lambda *_: pytest.fail("the keyring was read"))
    for line in (line for line in LINES[name] if line != LISTS_PROFILES):
        ran = heapscim.json(*(word.replace("+", " ") for word in line.split()))
        assert ran.envelope["error"] == {
            "code": "settings",
            "message": f"{profile}: base_url: The Base URL begins with http: the token would travel unprotected.",
            "hint": "`heapscim help settings` lists every key and what it takes.",
        }, line


ECHOES = [form for form in get_args(Echo) if form != "no"]
PIECES = tuple(SECRET[at : at + 8] for at in range(len(SECRET) - 7))


@pytest.mark.parametrize("words", ["scim", "json", "text"])
@pytest.mark.parametrize("echo", ECHOES)
def test_a_server_that_repeats_the_token_lets_no_piece_of_it_out(
    heapscim: CommandLine, monkeypatch: pytest.MonkeyPatch, echo: str, words: str
) -> None:
    """Each form that a server may repeat is in the error, in the ledger, in the history and in the mask alone."""
    heapscim.roster("username\nada@x.org\n")
    with running_sandbox(echo=echo, error_body=words) as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        sandbox.store.add_user({"userName": "other@x.org"})
        monkeypatch.setattr(sandbox.tenant.service, "create", refusing)
        ran = heapscim("sync", "--yes", "--debug")
        said = ran.stdout + ran.stderr + heapscim("history", "last").stdout + heapscim.json("history", "last").stdout
        shown = heapscim("users", "show", "nobody", "--debug")
    assert ran.exit_code == 7
    assert "You sent: " in said and "***" in said  # noqa: PT018
    for text in (said, shown.stdout + shown.stderr, *_ledger_texts(heapscim.folder)):
        plain = "".join(char for char in text if char.isprintable() and not char.isspace())
        assert not [piece for piece in PIECES for form in _as_sent(piece, echo) if form in plain.casefold()]


def refusing(*_: object) -> NoReturn:
    raise Refused(400, "That can't be.")


def _as_sent(piece: str, echo: str) -> tuple[str, ...]:
    """A piece of the token as it is, and as the server wrote it."""
    return (piece.casefold(), echoed(cast("Echo", echo), piece).removeprefix(" You sent: ").casefold())


def _ledger_texts(folder: Path) -> list[str]:
    return [file.read_bytes().decode("utf-8", "ignore") for file in folder.rglob("*.sqlite3*")]


def _files_that_hold(secret: str, folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and secret.encode() in file.read_bytes()]
