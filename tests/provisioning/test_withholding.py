"""What an unproven read can't bear out."""

from heapscim.provisioning.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    ReactivateUser,
    ReleaseGroup,
    ReleaseUser,
    RemoveMembers,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
)
from heapscim.provisioning.plan import Withheld
from heapscim.provisioning.withholding import withhold_unproven
from tests.builders import PROVEN, UNPROVEN

GIVING: tuple[Change, ...] = (
    CreateUser("a", "a", {}, "r"),
    UpdateUser("1", "a", "a", {}, {}, "r"),
    ReactivateUser("1", "a", "a", {}, {}, "r"),
    CreateGroup("g", "g", (), "r"),
    TakeOverGroup("t", "g", "g", "r"),
    RenameGroup("t", "g", "g", "h", "r"),
    AddMembers("t", "g", "g", (), "r"),
    ReleaseUser("1", "a", "a", "r"),
)
TAKING: tuple[Change, ...] = (
    RemoveMembers("t", "g", "g", (), "r", 1),
    DeactivateUser("1", "a", "a", "r"),
    DeleteUser("1", "a", "a", {}, "r"),
    ReleaseGroup("t", "g", "g", "r"),
    DeleteGroup("t", "g", "g", (), "r"),
)


def test_everything_that_takes_away_is_withheld_with_the_evidence_and_nothing_else() -> None:
    kept, withheld = withhold_unproven((*GIVING, *TAKING), (PROVEN, UNPROVEN, UNPROVEN))
    assert kept == GIVING
    assert withheld == tuple(Withheld(change, f"{UNPROVEN.evidence} {UNPROVEN.evidence}") for change in TAKING)


def test_proven_reads_withhold_nothing() -> None:
    assert withhold_unproven(TAKING, (PROVEN, PROVEN)) == (TAKING, ())
