"""Which group steps aside when names pass in a circle."""

import pytest

from heapscim.execution.rename_cycles import interim_name, stepping_aside
from heapscim.model.changes import Change, CreateGroup, RenameGroup


def a_rename(name: str, new_name: str) -> RenameGroup:
    return RenameGroup(f"id-{name}", None, name, new_name, "renamed")


SWAP = (a_rename("A", "B"), a_rename("B", "a"))


@pytest.mark.parametrize(
    ("waiting", "aside"),
    [
        ((), None),
        ((a_rename("A", "B"), a_rename("B", "C")), None),
        (SWAP, SWAP[0]),
        ((a_rename("X", "A"), *SWAP), SWAP[0]),
        ((CreateGroup("g", "A", (), "bound"), a_rename("A", "B")), None),
        ((a_rename("A", "B"), a_rename("B", "C"), a_rename("C", "A")), a_rename("A", "B")),
    ],
)
def test_only_a_member_of_a_circle_steps_aside(waiting: tuple[Change, ...], aside: RenameGroup | None) -> None:
    assert stepping_aside(waiting) == aside


def test_an_interim_name_is_told_apart_by_the_id() -> None:
    assert interim_name(a_rename("A", "B")) == "B (id-A)"
