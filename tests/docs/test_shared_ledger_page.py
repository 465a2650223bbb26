"""The page about a shared ledger works as it is written."""

import re
import subprocess
from pathlib import Path

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.postgres import PostgresServer, as_server, folder_for, programs, schema_for

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "a-shared-ledger.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def test_a_role_with_the_rights_of_the_page_is_enough(heapscim: CommandLine, sandbox: Sandbox) -> None:
    server = PostgresServer(folder_for(schema_for(heapscim.folder))).make().start()
    try:
        (statements,) = blocks("sql")
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
        (command,) = blocks("sh")
        words = command.replace("@db.example.com/", f"@127.0.0.1:{server.port}/").split()
        assert heapscim(*words[1:]).exit_code == 0
        ran = heapscim("sync", "--yes")
        assert ran.exit_code == 0, ran.stderr
        assert heapscim("history", "--verify").exit_code == 0
        with server.connect(database="heapscim") as connection:
            tables = "SELECT schemaname, tableowner FROM pg_tables WHERE tablename = 'events'"
            assert connection.execute(tables).fetchall() == [("heapscim_default", "heapscim")]
    finally:
        server.delete()
