"""A tenant that doesn't do what it says stops a sync early, through the real command line."""

from heapscim.heap.forms import FORMS
from heapscim.sandbox.heap.switches import Behaviour
from tests.conftest import CommandLine
from tests.fakes.tenants import running_sandbox

EVERYBODY = "id,username,active\n" + "".join(f"{n},p{n}@x.org,yes\n" for n in range(61))
ONE_LEFT = EVERYBODY.replace(",yes", ",no").replace("p60@x.org,no", "p60@x.org,yes")


def test_a_run_in_which_too_much_fails_stops_and_the_next_sync_does_the_rest(heapscim: CommandLine) -> None:
    roster = heapscim.roster(EVERYBODY)
    with running_sandbox(deactivate="ignored") as sandbox:
        heapscim.activate(sandbox, "--directory", str(roster))
        assert heapscim("sync", "--yes").exit_code == 0
        heapscim.roster(ONE_LEFT)
        before = sandbox.tenant.writes
        stopped = heapscim.json("sync", "--yes", "--allow-removals", "60")
        counts = stopped.data["run"]["counts"]
        assert stopped.exit_code == 7
        assert counts["done"] == 0
        assert 20 <= counts["failed"] <= 28
        assert counts["not_attempted"] == 60 - counts["failed"]
        forms = len(FORMS["user_deactivate"])
        assert sandbox.tenant.writes - before <= forms * counts["failed"], "each in every form, once"
        messages = {remark["message"] for remark in stopped.data["run"]["remarks"]}
        assert "Heap accepted the change, but the account is still active." in messages
        assert any(message.startswith("Stopped: ") for message in messages)

        sandbox.behave(Behaviour())
        assert heapscim.json("sync", "--yes", "--allow-removals", "60").exit_code == 0
        assert sum(user["active"] for user in sandbox.store.users.values()) == 1


def test_what_heap_did_without_a_word_is_looked_at_in_few_requests(heapscim: CommandLine) -> None:
    roster = heapscim.roster(EVERYBODY)
    with running_sandbox(write_body="no") as sandbox:
        heapscim.activate(sandbox, "--directory", str(roster))
        assert heapscim("sync", "--yes").exit_code == 0
        heapscim.roster(ONE_LEFT)
        before = sandbox.tenant.requests["GET", "Users"]
        assert heapscim("sync", "--yes", "--allow-removals", "60").exit_code == 0
        assert sandbox.tenant.requests["GET", "Users"] - before <= 6
