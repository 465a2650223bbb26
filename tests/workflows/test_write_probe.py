"""A write probe finds out what a tenant does, records it, and leaves nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from heapscim.sandbox.heap.lists import Refused
from heapscim.sandbox.heap.switches import Behaviour, parse_behaviour
from heapscim.workflows import exit_codes
from heapscim.workflows.profiles import read_profile
from heapscim.workflows.write_probe import ProbeOptions, ProbeReport, probe_by_writing, probe_result
from tests.workflows.conftest import House

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
