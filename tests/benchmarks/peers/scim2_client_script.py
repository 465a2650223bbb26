"""Creates the people of a CSV file with scim2-client, as an administrator would write it: one request after the other.

``python -m tests.benchmarks.peers.scim2_client_script BASE_URL FILE``
"""

import csv
import os
import sys
from pathlib import Path
from typing import Any

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient


def create_all(base_url: str, roster: Path) -> None:
    """Finds out what the server offers, then creates everybody; raises an exception at the first error."""
    headers = {"Authorization": f"Bearer {os.environ['HEAPSCIM_TOKEN']}"}
    with Client(base_url=base_url, headers=headers) as client, roster.open(encoding="utf-8", newline="") as file:
        scim = SyncSCIMClient(client)
        scim.discover()
        User: Any = scim.get_resource_model("User")  # noqa: N806
        for row in csv.DictReader(file):
            user = User(
                user_name=row["username"],
                active=True,
                name={"givenName": row["firstname"], "familyName": row["lastname"]},
                role=row["role"],
            )
            scim.create(user)


if __name__ == "__main__":
    create_all(sys.argv[1], Path(sys.argv[2]))
