"""A value that is taken away is gone afterwards, by PATCH and by PUT, wherever it stands."""

import asyncio
from collections.abc import Mapping

import pytest

from heapscim.cli.root import TIMING
from heapscim.heap.connection import HEAP, open_session
from heapscim.heap.dialect import Dialect
from heapscim.heap.tenant import HeapTenant
from heapscim.http.rate_limit import RequestLimits
from heapscim.model.secret import SecretStr
from heapscim.model.state import CurrentUser
from heapscim.sandbox.server import Sandbox
from heapscim.scim.client import ScimClient
from tests.fakes.tenants import TOKEN, running_sandbox

PATHS = ("userName", "name.givenName", "name.familyName", "urn:example:2.0:User:team")


def updated(sandbox: Sandbox, id: str, attributes: Mapping[str, str | None]) -> CurrentUser | None:
    async def work() -> CurrentUser | None:
        async with open_session(
            sandbox.base_url, SecretStr(TOKEN), RequestLimits(4, 10.0, 0, 1.0), timing=TIMING
        ) as session:
            return await HeapTenant(ScimClient(session, provider=HEAP.name), Dialect(), PATHS).update_user(
                id, attributes
            )

    return asyncio.run(work())


@pytest.mark.parametrize(
    "behaviour", [{}, {"patch": "no"}, {"patch_form": "pathless"}, {"patch_form": "pathless", "put_id": "wanted"}]
)
def test_what_was_empty_becomes_empty_again(behaviour: dict[str, str]) -> None:
    with running_sandbox(**behaviour) as sandbox:
        ada = sandbox.store.add_user({"userName": "ada@x.org"})
        before = sandbox.store.snapshot()
        given = {"name.givenName": "Ada", "name.familyName": "Lovelace", "urn:example:2.0:User:team": "Blue"}
        full = updated(sandbox, ada["id"], given)
        assert full == CurrentUser(ada["id"], "ada@x.org", active=True, attributes=given)
        half = updated(sandbox, ada["id"], {"name.givenName": None})
        assert half is not None
        assert half.attributes == {"name.familyName": "Lovelace", "urn:example:2.0:User:team": "Blue"}
        updated(sandbox, ada["id"], {"name.familyName": None, "urn:example:2.0:User:team": None})
        assert sandbox.store.snapshot() == before
        updated(sandbox, ada["id"], {"name.givenName": None, "urn:example:2.0:User:team": None})
        assert sandbox.store.snapshot() == before
