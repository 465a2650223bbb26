"""The table of forms: where a write begins, what is learnt and forgotten, and when a search is worth its requests."""

import pytest

from heapscim import errors
from heapscim.heap.dialect import Dialect
from heapscim.heap.forms import FORMS, PUTS, Form, Forms, Known, Write, telling

REFUSED = errors.Rejected("no", status=400)


def forms(dialect: Dialect = Dialect()) -> tuple[Forms, Known]:
    known = Known(dialect)
    return Forms(known), known


@pytest.mark.parametrize("write", FORMS)
def test_every_write_begins_with_the_rfcs_own_form_and_ends_with_a_put(write: Write) -> None:
    order = forms()[0].order(write)
    assert (order[0], order[-2:]) == ("patch", ("put", "put_id"))


@pytest.mark.parametrize(
    ("said", "write", "order"),
    [
        ("put", "member_add", ("put", "put_id")),
        ("patch", "member_removal", ("patch",)),
        ("patch_values", "member_removal", ("patch_values",)),
        ("patch_values", "member_add", ("patch",)),
        ("patch_pathless", "member_removal", ("patch",)),
        ("patch_one", "group_rename", ("patch",)),
        ("put_id", "group_rename", ("put_id",)),
    ],
)
def test_what_the_profile_says_is_the_only_form(said: str, write: Write, order: tuple[Form, ...]) -> None:
    found, known = forms(Dialect(group_update_method=said, forms={write: "put"}))  # type: ignore[arg-type]
    assert found.order(write) == order
    found.begin(write, "1", "a")
    found.was_seen(write, "1", order[0], ())
    assert known.dialect.forms == {write: "put"}  # nothing is learnt of it


def test_a_learnt_form_comes_first_and_the_first_one_needs_no_entry() -> None:
    found, known = forms(Dialect(forms={"user_deactivate": "put", "user_update": "nonsense"}))
    assert found.order("user_deactivate")[0] == "put"
    assert found.order("user_update") == FORMS["user_update"]
    found.begin("user_deactivate", "1", "a")
    found.was_seen("user_deactivate", "1", "patch", ("active",))
    assert known.dialect.forms == {"user_update": "nonsense"}


def test_what_is_asked_again_had_no_effect_and_goes_on_with_the_next_form() -> None:
    found, known = forms(Dialect(forms={"user_deactivate": "patch_pathless"}))
    assert found.begin("user_deactivate", "1", "off")[0] == "patch_pathless"
    found.was_accepted("1", "patch_pathless")
    assert found.has_another("1")
    assert known.dialect.forms == {}
    assert found.begin("user_deactivate", "1", "off") == ("patch", "put", "put_id")
    assert found.begin("user_deactivate", "1", "on")[0] == "patch"  # something else is asked
    for form in FORMS["user_deactivate"]:
        found.was_accepted("1", form)
    assert not found.has_another("1")
    assert not found.has_another("2")


def test_two_answers_that_only_claim_an_effect_lead_to_the_form_after_them() -> None:
    found, known = forms()
    for form in ("patch", "patch_pathless"):
        assert found.begin("group_rename", "1", "a")[0] == form
        found.was_seen("group_rename", "1", form, ("displayName",))  # so the answer says
        assert found.has_another("1")  # it isn't so
    assert found.begin("group_rename", "1", "a") == ("put", "put_id")
    assert known.dialect.forms == {}


def test_the_form_that_was_seen_later_is_learnt_then() -> None:
    found, known = forms()
    found.begin("group_rename", "1", "a")
    found.was_accepted("1", "patch")
    found.was_accepted("1", "put")
    found.had_effect("1")
    assert known.dialect.forms == {"group_rename": "put"}


def test_a_patch_that_did_harm_is_never_used_again() -> None:
    found, known = forms(Dialect(forms={"member_removal": "patch_values"}))
    found.begin("member_removal", "1", "a")
    found.was_seen("member_removal", "1", "patch_values", ())
    found.did_harm("1")
    assert known.dialect.forms == {"member_removal_empties": "patch"}
    assert set(forms(known.dialect)[0].order("member_removal")) == PUTS
    assert found.order("member_add") == FORMS["member_add"]
    found.begin("member_removal", "1", "b")
    found.was_accepted("1", "put")
    found.did_harm("1")  # nothing is left to give up
    assert set(found.order("member_removal")) == PUTS


def test_searches_become_rare_where_they_find_nothing() -> None:
    found, _ = forms()
    searches = 0
    for _ in range(1000):
        if found.worth_another("user_update", "patch", REFUSED, ("role",)):
            searches += 1
            found.found_none("user_update")
    assert 4 < searches < 16
    found.was_proven("user_update", "patch", ("name.givenName",))
    assert found.worth_another("user_update", "patch", errors.NotImplementedByService("no", status=405), ("role",))


def test_a_form_that_was_taken_is_to_blame_no_more() -> None:
    found, _ = forms()
    found.was_proven("user_update", "patch", ("role",))
    assert not found.worth_another("user_update", "patch", REFUSED, ("role",))
    assert found.worth_another("user_update", "patch", REFUSED, ("role", "title"))
    assert found.worth_another("user_update", "patch", errors.Unavailable("no", status=500), ("role",))


def test_the_refusal_of_what_was_asked_tells_more_than_that_of_a_method() -> None:
    missing = errors.NotImplementedByService("no PATCH", status=501)
    assert telling([missing, REFUSED, errors.Rejected("later", status=400)]) is REFUSED
    assert telling([missing]) is missing
