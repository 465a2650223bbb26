"""A shared ledger that can't be used: each command says so plainly, and none writes to Heap."""

from psycopg import sql

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.ports import free_port
from tests.fakes.postgres import schema_for, shared_server

COMMANDS = [
    "history",
    "history --verify",
    "ledger head",
    "undo last --yes",
    "resume last --yes",
    "review",
    "doctor",
    "status",
    "plan",
    "sync --yes",
]


def test_each_command_says_that_the_ledger_is_down_or_closed_to_the_role(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    schema = schema_for(heapscim.folder)
    stranger = f"s_{schema}"
    url = shared_server().url(f"?schema={schema}")
    heapscim.activate(
        sandbox, "--directory", str(heapscim.roster("username\nu0@x.org\n")), "--set", f"ledger.url={url}"
    )
    assert heapscim("sync", "--yes").exit_code == 0
    writes = sandbox.tenant.writes
    profile = heapscim.folder / "config" / "profiles" / "default.toml"
    text = profile.read_text()
    with shared_server().connect() as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(stranger)))
        try:
            for near, words in (
                (text.replace(f":{shared_server().port}/", f":{free_port()}/"), "can't be reached"),
                (text.replace("postgres@", f"{stranger}@"), "too few rights"),
            ):
                assert near != text
                profile.write_text(near)
                for command in COMMANDS:
                    ran = heapscim(*command.split())
                    said = " ".join((ran.stdout + ran.stderr).split())
                    assert (ran.exit_code, words in said) == (1, True), (command, words, said)
        finally:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(stranger)))
    assert sandbox.tenant.writes == writes
