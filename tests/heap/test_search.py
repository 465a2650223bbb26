"""What creates in doubt may have made is searched for in the list, and by name where it must be known for sure."""

import asyncio
from dataclasses import replace

from heapscim.cli.root import TIMING
from heapscim.execution.ports import Sighting, Sought
from heapscim.heap.connection import HEAP, open_session
from heapscim.heap.dialect import Dialect
from heapscim.heap.tenant import HeapTenant
from heapscim.model.secret import SecretStr
from heapscim.model.state import Kind
from heapscim.sandbox.server import Sandbox
from heapscim.scim.client import ScimClient
from tests.fakes.tenants import TOKEN, running_sandbox


def looked(sandbox: Sandbox, kind: Kind, sought: Sought) -> Sighting:
    """What is seen by a tenant that has read both lists, when two of each kind have been added since."""

    async def whole() -> Sighting:
        async with open_session(sandbox.base_url, SecretStr(TOKEN), timing=TIMING) as session:
            tenant = HeapTenant(ScimClient(session, provider=HEAP.name), Dialect(), ("userName",))
            await tenant.read(groups=True, progress=lambda _read, _of: None)
            for name in ("grace@x.org", "PRE-hedy@x.org"):
                id = sandbox.store.add_user({"userName": name}, unique=False)["id"]
                sandbox.store.add_group({"displayName": name, "members": [id]}, unique=False)
            return await tenant.look_for(kind, sought)

    return asyncio.run(whole())


def test_what_bears_a_name_is_told_from_what_is_new_and_bears_another() -> None:
    with running_sandbox() as sandbox:
        sandbox.store.add_user({"userName": "ada@x.org"})
        users = looked(sandbox, "user", Sought(("Grace@x.org", "hedy@x.org")))
        assert [item.shown_name for item in users.named] == ["grace@x.org"]
        assert [item.shown_name for item in users.unexplained] == ["PRE-hedy@x.org"]
        assert (users.doubt, users.known) == (None, frozenset())
    with running_sandbox(list_members="no") as sandbox:
        groups = looked(sandbox, "group", Sought(("grace@x.org",), expected=frozenset({"pre-hedy@x.org"})))
        assert [len(getattr(item, "member_ids", ())) for item in groups.named] == [1], "asked for with its members"
        assert groups.unexplained == ()


def test_what_was_there_before_is_known() -> None:
    with running_sandbox(unique_names="no") as sandbox:
        old = str(sandbox.store.add_user({"userName": "grace@x.org"})["id"])
        users = looked(sandbox, "user", Sought(("grace@x.org",)))
        assert (len(users.named), users.known) == (2, frozenset({old}))


def test_a_name_that_the_list_lacks_is_found_by_a_filter_where_it_must_be_sure() -> None:
    with running_sandbox() as sandbox:
        sandbox.store.add_user({"userName": "ada@x.org"})
        real = sandbox.tenant.service.page

        def page(kind: str | None, query: dict[str, str]) -> dict[str, object]:
            found = real(kind, query)
            if "filter" not in query:
                rows = [row for row in found["Resources"] if row.get("userName") == "ada@x.org"]
                found |= {"Resources": rows, "totalResults": len(rows)}
            return found

        sandbox.tenant.service.page = page  # type: ignore[method-assign,assignment]
        sought = Sought(("grace@x.org",))
        assert looked(sandbox, "user", sought).named == ()
    with running_sandbox() as sandbox:
        sandbox.store.add_user({"userName": "ada@x.org"})
        real = sandbox.tenant.service.page
        sandbox.tenant.service.page = page  # type: ignore[method-assign,assignment]
        found = looked(sandbox, "user", replace(sought, for_sure=("grace@x.org",)))
        assert [item.shown_name for item in found.named] == ["grace@x.org"]


def test_a_list_that_is_not_proven_leaves_a_doubt() -> None:
    with running_sandbox(wrong_total=3) as sandbox:
        assert looked(sandbox, "user", Sought(("nobody@x.org",))).doubt is not None
