"""The service providers that chaos is let loose on: the rehearsal tenant, and one by other hands. Neither minds two
groups of one name, so what is done twice shows; the rehearsal tenant doesn't mind two accounts of one name either.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from heapscim.sandbox.server import Sandbox
from tests.fakes.scim2_servers import Scim2Server, running_scim2_server
from tests.fakes.tenants import running_sandbox

Content = dict[str, list[Any]]
"""Users and groups in order, without ids: the same content means the same tenant, and twice is not once."""


@dataclass(frozen=True)
class Service:
    """A running service provider."""

    port: int
    path: str
    content: Callable[[], Content]
    dialect: tuple[str, ...] = ()
    """What its profile has to be told."""
    sandbox: Sandbox | None = None


Serve = Callable[[], AbstractContextManager[Service]]


@contextmanager
def a_sandbox() -> Iterator[Service]:
    with running_sandbox(unique_names="no") as sandbox:
        url = urlsplit(sandbox.base_url)
        yield Service(url.port or 0, url.path, lambda: _content_of_sandbox(sandbox), sandbox=sandbox)


@contextmanager
def a_scim2_server() -> Iterator[Service]:
    with running_scim2_server() as server:
        url = urlsplit(server.base_url)
        dialect = ("dialect.role_attribute=roles", "dialect.deprovision=delete")
        yield Service(url.port or 0, url.path, lambda: _content_of_scim2_server(server), dialect)


def _content_of_sandbox(sandbox: Sandbox) -> Content:
    store = sandbox.store
    users = [{name: value for name, value in user.items() if name != "id"} for user in store.users.values()]
    groups = [
        (group["displayName"], sorted(store.users[id]["userName"] for id in group["members"]))
        for group in store.groups.values()
    ]
    return {"users": sorted(users, key=lambda user: str(user["userName"])), "groups": sorted(groups)}


def _content_of_scim2_server(server: Scim2Server) -> Content:
    """What a deleted account leaves behind in groups, as scim2-server does it, counts for nothing."""
    rows = server.rows("Users")
    names = {row["id"]: row["userName"] for row in rows}
    users = [{name: value for name, value in row.items() if name not in ("id", "meta", "groups")} for row in rows]
    groups = [
        (
            row["displayName"],
            sorted(names[member["value"]] for member in row.get("members", ()) if member["value"] in names),
        )
        for row in server.rows("Groups")
    ]
    return {"users": sorted(users, key=lambda user: str(user["userName"])), "groups": sorted(groups)}
