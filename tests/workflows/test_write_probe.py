"""A write probe finds out what a tenant does, records it, and leaves nothing behind."""

from typing import Any

import pytest

from heapscim.sandbox.heap.switches import parse_behaviour
from heapscim.workflows.profiles import read_profile
from heapscim.workflows.write_probe import ProbeOptions, ProbeReport, probe_by_writing
from tests.workflows.conftest import House

ADDRESS = "probe+heapscim@x.org"
OPTIONS = ProbeOptions(ADDRESS, yes=True)


def probed(house: House, options: ProbeOptions = OPTIONS) -> ProbeReport:
    report = probe_by_writing(house.context, options)
    assert report is not None
    return report


def recorded(house: House) -> dict[str, Any]:
    return dict(read_profile(house.context.settings_file).dialect)


CASES = """create_needs=emails
create_needs=display_name
create_needs=emails_and_display_name
create_needs=all
external_id=ignored
external_id=refused
filter_case=exact
filter=no
filter=ignored
filter=empty
filter=not_found
filter=fails
roles=known
role=roles
role=extension
role=hidden
role=hidden roles=known
reactivate=refused
reactivate=ignored
deactivate=removes
deactivate=ignored
delete=no
unique_names=no
patch=no
patch=no put_id=wanted
patch_form=pathless
patch_form=none
rename_form=pathless
rename_form=none
member_addition=one
member_addition=pathless
member_addition=none
member_removal=values
member_removal=both
member_removal=empties
member_removal=none
patch_members=empties
patch_members=replaces
patch_operations=one
patch_form=pathless unknown_form=ignored
rename_form=pathless unknown_form=repeated
member_removal=none unknown_form=ignored
media_type=json
page_cap=1
list_members=no
list_members=empty
members_shown=never
members_shown=empty
members_shown=1
inactive=omitted
list_inactive=no
answer=before
answer=empty
answer=location
user_names=upper
group_names=prefixed
lag=2
write_body=no
lists=first_rows rows_shown=1
total=none
fault_rate=0.2""".splitlines()


@pytest.mark.parametrize("case", CASES)
def test_a_tenant_as_heap_documents_it(house: House, case: str) -> None:
    house.sandbox.behave(parse_behaviour(case.split()))
    before = house.sandbox.store.snapshot()
    report = probed(house, ProbeOptions(ADDRESS, role="Consumer", yes=True))
    print("##", case)
    for one in report.findings:
        print("  ", one.grade, "|", one.part, "|", one.found, "|", one.next_step)
    print("  ", report.recorded, report.left, report.error)
    if house.sandbox.store.snapshot() != before:
        print("   !!LEFT", house.sandbox.store.snapshot())
