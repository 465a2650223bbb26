"""The sandbox in its default mode conforms to SCIM 2.0 as scim2-tester, written by other hands, checks it."""

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from tests.fakes.tenants import TOKEN, running_sandbox

ALWAYS_THERE = {("User", "check_remove_attribute", name) for name in ("active", "role")}
"""What nobody is without at Heap: taken away, they have their default value again."""


def test_all_checks_pass() -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with running_sandbox() as sandbox, httpx2.Client(base_url=sandbox.base_url, headers=headers) as client:
        results = check_server(SyncSCIMClient(client))
    failed = {
        (result.resource_type, result.title, (result.reason or "").rpartition(" ")[2].strip("'"))
        for result in results
        if result.status is not Status.SUCCESS
    }
    assert failed == ALWAYS_THERE
    assert len(results) > 60
