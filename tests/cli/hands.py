"""What the tests of changes by hand share: a roster, and what is done and found."""

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine, Ran

HEADER = "id,username,lastname,role,groups,active\n"
ADA = "1,ada@x.org,Lovelace,Analyst,Design,\n"
CARL = "2,carl@x.org,,,Design,\n"
PAST = ("--yes", "--allow-removals", "9", "--allow-updates", "9")


def after_a_sync(heapscim: CommandLine, sandbox: Sandbox) -> Sandbox:
    """A tenant after a sync: ada and carl, both in Design, all of it in a roster."""
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(HEADER + ADA + CARL)))
    assert heapscim("sync", "--yes").exit_code == 0
    return sandbox


def done(heapscim: CommandLine, line: str) -> Ran:
    ran = heapscim(*line.split(), "--yes")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    return ran


def changes(ran: Ran) -> list[tuple[str, str, str]]:
    """What a plan or a run changes, and why."""
    found = ran.data["plan"]["changes"]
    return [(change["kind"], change.get("user_name") or change["name"], change["reason"]) for change in found]


def user(sandbox: Sandbox, name: str) -> dict[str, object]:
    found: dict[str, object] = sandbox.store.snapshot()["users"][name]
    return found


def groups(sandbox: Sandbox) -> dict[str, list[str]]:
    found: dict[str, list[str]] = sandbox.store.snapshot()["groups"]
    return found
