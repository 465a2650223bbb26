"""The page about a shared ledger works as it is written."""

import subprocess

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.docs.machines import DATABASE, Machine, blocks
from tests.fakes.postgres import PostgresServer, as_server, folder_for, programs, schema_for

PAGE = "a-shared-ledger.md"


def test_a_role_with_the_rights_of_the_page_is_enough(heapscim: CommandLine, sandbox: Sandbox) -> None:
    server = PostgresServer(folder_for(schema_for(heapscim.folder))).make().start()
    try:
        (statements,) = blocks(PAGE, "sql")
        psql = [
            str(programs() / "psql"),
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            "127.0.0.1",
            "-p",
            str(server.port),
            "-U",
            "postgres",
        ]
        subprocess.run(psql, input=statements, text=True, check=True, cwd=server.folder, **as_server())
        heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
        (command,) = blocks(PAGE, "sh")
        here = f"postgresql://heapscim@127.0.0.1:{server.port}/heapscim"
        Machine(heapscim.folder, {DATABASE: here}).run(command)
        ran = heapscim("sync", "--yes")
        assert ran.exit_code == 0, ran.stderr
        assert heapscim("history", "--verify").exit_code == 0
        with server.connect(database="heapscim") as connection:
            tables = "SELECT schemaname, tableowner FROM pg_tables WHERE tablename = 'events'"
            assert connection.execute(tables).fetchall() == [("heapscim_default", "heapscim")]
    finally:
        server.delete()
