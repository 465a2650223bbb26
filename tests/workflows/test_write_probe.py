"""A write probe finds out what a tenant does, records it, and leaves nothing behind."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from heapscim import errors
from heapscim.sandbox.heap.faults import Faults
from heapscim.sandbox.heap.lists import Refused
from heapscim.sandbox.heap.switches import Behaviour, parse_behaviour
from heapscim.workflows import exit_codes
from heapscim.workflows.profiles import read_profile, save_profile
from heapscim.workflows.write_probe import ProbeOptions, ProbeReport, offer_removal, probe_by_writing, probe_result
from tests.fakes.contexts import a_context
from tests.workflows.conftest import House, Person

ADDRESS = "probe+heapscim@x.org"
SECOND = "probe+heapscim-2@x.org"
OPTIONS = ProbeOptions(ADDRESS, role="Consumer", yes=True)
AS_DOCUMENTED = {
    "unique_user_names": "yes",
    "unique_group_names": "yes",
    "external_id": "kept",
    "filter": "yes",
    "deactivation": "keeps",
}


def probed(house: House, options: ProbeOptions = OPTIONS) -> ProbeReport:
    report = probe_by_writing(house.context, options)
    assert report is not None
    return report


def recorded(house: House) -> dict[str, Any]:
    return dict(read_profile(house.context.settings_file).dialect)


def found(report: ProbeReport) -> dict[str, str]:
    """The grade of each part; the worst one, where a part has several."""
    order = ("pass", "unchecked", "warn", "fail")
    grades: dict[str, str] = {}
    for one in report.findings:
        grades[one.part] = max(grades.get(one.part, "pass"), one.grade, key=order.index)
    return grades


def truth(behaviour: Behaviour) -> dict[str, Any]:
    """What a probe has to record about a sandbox, without the forms of its writes."""
    needs = {
        "emails": ["emails"],
        "display_name": ["displayName"],
        "emails_and_display_name": ["emails", "displayName"],
    }
    names_are_unique = {"unique_user_names": behaviour.unique_names, "unique_group_names": behaviour.unique_names}
    filters = {"yes": "yes", "not_found": "yes", "no": "no", "ignored": "no", "empty": "no"}
    roles = {"roles": "roles", "extension": "urn:heap:2.0:User:role"}
    facts = {
        "create_with": needs.get(behaviour.create_needs),
        **names_are_unique,
        "external_id": behaviour.external_id,
        "filter": filters.get(behaviour.filter),
        "role_attribute": roles.get(behaviour.role),
        "role_readable": "no" if behaviour.role == "hidden" and behaviour.roles == "known" else None,
        "deactivation": {"keeps": "keeps", "removes": "removes"}.get(behaviour.deactivate),
        "inactive": "omitted" if behaviour.inactive == "omitted" and behaviour.deactivate == "keeps" else None,
        "list_members": None if behaviour.list_members == "yes" else "no",
        "media_type": "application/json" if behaviour.media_type == "json" else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


@contextmanager
def refusals(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The writes that the tenant refuses meanwhile."""
    refused: list[str] = []
    tenant, before = house.sandbox.tenant, house.sandbox.tenant._error

    def noting(error: Refused, request: Request) -> Response:
        if request.method != "GET":
            refused.append(f"{request.method} {request.url.path} {error}")
        return before(error, request)

    with monkeypatch.context() as patched:
        patched.setattr(tenant, "_error", noting)
        yield refused


def sync_everything(house: House) -> None:
    """Syncs twice, with a write of every kind that a sync has."""
    people = house.folder / "people.csv"
    head = "username,firstname,lastname,groups\n"
    people.write_text(f"{head}ada@x.org,Ada,L,Design\nbob@x.org,Bob,B,Design\ncyd@x.org,Cyd,C,Design\n", "utf-8")
    assert house.sync().exit_code == exit_codes.DONE
    people.write_text(f"{head}ada@x.org,Eva,M,Design\ncyd@x.org,Cyd,C,Sales\ndan@x.org,Dan,D,Design\n", "utf-8")
    assert house.sync().exit_code == exit_codes.DONE
    assert house.active == {"ada@x.org", "cyd@x.org", "dan@x.org"}
    assert house.sandbox.store.snapshot()["groups"] == {"Design": ["ada@x.org", "dan@x.org"], "Sales": ["cyd@x.org"]}


def test_a_tenant_as_heap_documents_it(house: House) -> None:
    report = probed(house)
    assert set(found(report).values()) == {"pass"}
    assert recorded(house) == report.recorded == AS_DOCUMENTED
    assert house.sandbox.store.snapshot() == {"users": {}, "groups": {}}
    assert (report.left, report.error, probe_result(report).exit_code) == ((), None, exit_codes.DONE)


CASES = [
    *(f"create_needs={needs}" for needs in ("emails", "display_name", "emails_and_display_name")),
    *(f"external_id={what}" for what in ("ignored", "refused")),
    *(f"filter={what}" for what in ("no", "ignored", "empty", "not_found", "fails")),
    *(f"role={place}" for place in ("roles", "extension")),
    "role=hidden roles=known",
    "unique_names=no",
    "patch=no",
    "patch=no put_id=wanted unsupported_status=404",
    *(f"patch_form={form}" for form in ("pathless", "none")),
    *(f"rename_form={form}" for form in ("pathless", "none")),
    *(f"member_addition={way}" for way in ("one", "pathless", "none")),
    *(f"member_removal={way}" for way in ("values", "both", "empties", "none")),
    "patch_members=empties",
    "patch_operations=one",
    "patch_form=pathless rename_form=pathless unknown_form=ignored",
    "patch_form=none rename_form=none member_addition=none member_removal=none unknown_form=repeated",
    "media_type=json",
    "page_cap=1",
    *(f"list_members={what}" for what in ("no", "empty")),
    "inactive=omitted",
    "list_inactive=no",
    *(f"answer={what}" for what in ("before", "empty", "location")),
    "write_body=no lag=2",
    "lists=first_rows rows_shown=1",
]


@pytest.mark.parametrize("case", CASES)
def test_what_a_tenant_does_is_recorded_and_no_sync_has_to_find_it_out(
    house: House, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour = parse_behaviour(case.split())
    house.sandbox.behave(behaviour)
    report = probed(house)
    known = recorded(house)
    assert {name: value for name, value in known.items() if name not in ("forms", "member_lookup")} == truth(behaviour)
    assert (house.sandbox.store.snapshot(), report.left) == ({"users": {}, "groups": {}}, ())
    with refusals(house, monkeypatch) as refused:
        sync_everything(house)
    assert refused == []
    assert recorded(house) == known


POOL: Mapping[str, tuple[object, ...]] = {
    "create_needs": ("emails", "display_name", "emails_and_display_name"),
    "external_id": ("ignored", "refused"),
    "filter": ("no", "ignored", "empty", "not_found"),
    "role": ("roles", "extension"),
    "roles": ("known",),
    "unique_names": ("no",),
    "patch": ("no",),
    "put_id": ("wanted",),
    "unsupported_status": (404, 405),
    "patch_form": ("path", "pathless", "none"),
    "rename_form": ("path", "pathless", "none"),
    "member_addition": ("one", "pathless", "none"),
    "member_removal": ("values", "both", "empties", "none"),
    "patch_members": ("empties",),
    "patch_operations": ("one",),
    "unknown_form": ("404", "405", "422", "500", "501", "ignored", "repeated"),
    "media_type": ("json",),
    "page_cap": (1, 2),
    "list_members": ("no", "empty"),
    "inactive": ("omitted",),
    "list_inactive": ("no",),
    "answer": ("before", "empty", "location", "list"),
    "write_body": ("no",),
    "lag": (1, 3),
    "deactivate": ("removes",),
    "numeric_ids": ("yes",),
    "string_booleans": ("yes",),
    "error_body": ("text", "html", "empty"),
    "service_provider_config": ("no",),
}


def mixtures(count: int, seed: int) -> list[str]:
    """Tenants that differ in several ways at once: each switch is set in about one of four."""
    random = Random(seed)  # noqa: S311 - the same tenants each time
    drawn = [{key: random.choice(pool) for key, pool in POOL.items() if random.random() < 0.25} for _ in range(count)]
    return [" ".join(f"{key}={value}" for key, value in one.items()) or "patch=yes" for one in drawn]


@pytest.mark.parametrize("case", mixtures(10, seed=12))
def test_ways_that_come_together_are_told_apart(house: House, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    test_what_a_tenant_does_is_recorded_and_no_sync_has_to_find_it_out(house, case, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("case", mixtures(300, seed=2026))
def test_many_more_of_them(house: House, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    test_what_a_tenant_does_is_recorded_and_no_sync_has_to_find_it_out(house, case, monkeypatch)


@pytest.mark.parametrize(
    ("case", "part", "grade", "missing"),
    [
        ("role=hidden", "role", "warn", "role_readable"),
        ("filter=fails", "filter by userName", "warn", "filter"),
        ("filter_case=exact", "filter in another case", "warn", ""),
        ("deactivate=ignored", "deactivate a user", "fail", "deactivation"),
        ("reactivate=refused", "reactivate a user", "fail", ""),
        ("reactivate=ignored", "reactivate a user", "fail", ""),
        ("members_shown=never member_filter=no", "remove one of two members", "warn", "member_lookup_"),
        ("put=no patch=no", "update a user", "fail", ""),
        ("create_needs=all external_id=refused", "create a user", "fail", "create_with"),
    ],
)
def test_what_cannot_be_told_or_is_bad_is_said_and_goes_into_no_setting(
    house: House, case: str, part: str, grade: str, missing: str
) -> None:
    house.sandbox.behave(parse_behaviour(case.split()))
    report = probed(house)
    assert found(report)[part] == grade
    assert missing not in recorded(house)
    assert "forms" not in recorded(house), "a form that had no effect isn't worth remembering"
    assert house.sandbox.store.snapshot() == {"users": {}, "groups": {}}


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("unique_names=no", {"unique_user_names": "yes"}),
        ("filter=no", {"filter": "yes"}),
        ("list_members=empty", {"list_members": "yes"}),
        ("deactivate=removes", {"deactivation": "keeps"}),
        ("external_id=refused", {"external_id": "kept"}),
        ("role=extension", {"role_attribute": "roles"}),
        ("patch=no", {"update_method": "patch"}),
        ("create_needs=emails_and_display_name", {"create_with": ["emails"]}),
    ],
)
def test_what_contradicts_the_profile_is_reported_and_not_overwritten(
    house: House, case: str, said: dict[str, Any]
) -> None:
    path = house.context.settings_file
    save_profile(path, read_profile(path).model_copy(update={"dialect": said}))
    house.sandbox.behave(parse_behaviour(case.split()))
    report = probed(house)
    assert "fail" in found(report).values()
    assert {name: recorded(house)[name] for name in said} == said
    assert house.sandbox.store.snapshot() == {"users": {}, "groups": {}}
    assert probe_result(report).exit_code == exit_codes.PARTIAL


def test_a_tenant_without_delete_keeps_the_accounts_deactivated_and_they_are_named(house: House) -> None:
    house.sandbox.behave(parse_behaviour(["delete=no"]))
    report = probed(house)
    left = " ".join(report.left)
    assert f"{ADDRESS} is deactivated" in left
    assert f"{SECOND} is deactivated" in left
    assert "The group" in left
    assert house.active == set()
    with pytest.raises(errors.UsageError, match="has an account"):
        probed(house)
    house.sandbox.behave(Behaviour())
    assert probed(house, ProbeOptions("other@x.org", yes=True)).left == ()
    assert house.sandbox.store.snapshot() == {"users": {}, "groups": {}}


@pytest.mark.parametrize(("answer", "left"), [("y", 0), ("n", 2)])
def test_doctor_offers_at_a_terminal_to_remove_what_is_left(house: House, answer: str, left: int) -> None:
    house.sandbox.behave(parse_behaviour(["delete=no"]))
    probed(house)
    house.sandbox.behave(Behaviour())
    person = Person(answers=[answer])
    house.context = a_context(screen=person)
    offer_removal(house.context)
    assert len(person.asked) == 1
    assert ADDRESS in person.asked[0]
    assert len(house.sandbox.store.users) == left
    offer_removal(a_context())  # nobody can be asked
    assert len(house.sandbox.store.users) == left


def test_nothing_is_offered_if_nothing_is_left(house: House) -> None:
    offer_removal(house.context)
    probed(house)
    house.context = a_context(screen=Person())
    offer_removal(house.context)


def test_without_groups_none_is_made(house: House) -> None:
    path = house.context.settings_file
    save_profile(path, read_profile(path).model_copy(update={"manage_groups": False}))
    report = probed(house)
    assert not any("group" in one.part or "member" in one.part for one in report.findings)
    assert house.sandbox.tenant.requests["POST", "Groups"] == 0


def test_no_throw_away_account_becomes_an_administrator(house: House) -> None:
    with pytest.raises(errors.UsageError, match="--probe-role"):
        probed(house, ProbeOptions(ADDRESS, role="admin", yes=True))
    assert house.sandbox.tenant.writes == 0


def test_what_others_have_is_never_touched(house: House) -> None:
    house.sandbox.store.add_user({"userName": SECOND.upper()})
    with pytest.raises(errors.UsageError, match="has an account"):
        probed(house)
    assert house.sandbox.tenant.writes == 0


def test_a_protected_address_is_refused(house: House) -> None:
    path = house.context.settings_file
    save_profile(path, read_profile(path).model_copy(update={"protect": ("*@x.org",)}))
    with pytest.raises(errors.UsageError, match="protected"):
        probed(house)
    assert house.sandbox.tenant.writes == 0


def test_a_refused_address_ends_the_probe(house: House) -> None:
    house.sandbox.behave(parse_behaviour(["faults=403", "fault_rate=1", "fault_on=POST"]))
    report = probed(house)
    assert found(report)["create a user"] == "fail"
    assert recorded(house) == {}
    assert (report.left, house.sandbox.store.snapshot()) == ((), {"users": {}, "groups": {}})


def test_a_person_is_asked_for_the_address_and_told_what_happens(house: House) -> None:
    person = Person(answers=[ADDRESS, "n"])
    house.context = a_context(screen=person)
    assert probe_by_writing(house.context, ProbeOptions()) is None
    assert [question[:7] for question in person.asked] == ["Address", "Go on? "]
    assert probe_result(None).exit_code == exit_codes.DECLINED
    assert house.sandbox.tenant.writes == 0


@pytest.mark.parametrize(("address", "words"), [(None, "needs an address"), ("Ada <a@x.org>", "isn't an e-mail")])
def test_no_address_is_guessed(house: House, address: str | None, words: str) -> None:
    house.context = a_context()
    with pytest.raises(errors.UsageError, match=words):
        probe_by_writing(house.context, ProbeOptions(address, yes=True))


def test_without_a_terminal_it_needs_a_yes(house: House) -> None:
    house.context = a_context()
    with pytest.raises(errors.UsageError, match="--yes"):
        probe_by_writing(house.context, ProbeOptions(ADDRESS))
    assert house.sandbox.tenant.writes == 0


@pytest.mark.parametrize("seed", range(4))
def test_a_failing_tenant_leads_to_no_wrong_setting(house: House, seed: int) -> None:
    house.sandbox.tenant.faults = Faults(seed)
    house.sandbox.behave(parse_behaviour(["fault_rate=0.3", "unique_names=no", "list_members=no"]))
    report = probed(house)
    wanted = truth(house.sandbox.tenant.service.behaviour)
    assert {name: value for name, value in recorded(house).items() if wanted.get(name) != value} == {}
    house.sandbox.behave(Behaviour())
    if house.sandbox.store.snapshot()["users"]:
        assert report.left
        probed(house)
    assert house.sandbox.store.snapshot() == {"users": {}, "groups": {}}
