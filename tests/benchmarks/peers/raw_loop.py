"""Creates the people and groups of a CSV file with aiohttp alone: nothing can do with less.

``python -m tests.benchmarks.peers.raw_loop BASE_URL FILE IN_FLIGHT`` plans nothing, remembers nothing and checks
nothing but the status. It reads each response as JSON, since a group needs the ids of its members.
"""

import asyncio
import csv
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp

SCHEMA = "urn:ietf:params:scim:schemas:core:2.0"


async def create_all(base_url: str, roster: Path, in_flight: int) -> None:
    """Creates everybody, so many side by side, and then the groups."""
    ids: dict[str, str] = {}
    teams: dict[str, list[str]] = {}
    headers = {"Authorization": f"Bearer {os.environ['HEAPSCIM_TOKEN']}", "Content-Type": "application/scim+json"}
    connector = aiohttp.TCPConnector(limit=in_flight)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def post(path: str, bodies: Iterator[dict[str, Any]]) -> None:
            for body in bodies:
                async with session.post(base_url + path, data=json.dumps(body, separators=(",", ":"))) as response:
                    assert response.status == 201, await response.text()
                    created = await response.json(content_type=None)
                    ids[body.get("userName", "")] = created["id"]

        with roster.open(encoding="utf-8", newline="") as file:
            users = _users(csv.DictReader(file), teams)
            await asyncio.gather(*(post("/Users", users) for _ in range(in_flight)))
        groups = _groups(teams, ids)
        await asyncio.gather(*(post("/Groups", groups) for _ in range(in_flight)))


def _users(rows: "csv.DictReader[str]", teams: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        for team in filter(None, row["groups"].split(";")):
            teams.setdefault(team, []).append(row["username"])
        yield {
            "userName": row["username"],
            "active": True,
            "name": {"givenName": row["firstname"], "familyName": row["lastname"]},
            "role": row["role"],
            "schemas": [f"{SCHEMA}:User"],
        }


def _groups(teams: dict[str, list[str]], ids: dict[str, str]) -> Iterator[dict[str, Any]]:
    for name, members in teams.items():
        rows = [{"value": ids[member]} for member in members]
        yield {"displayName": name, "members": rows, "schemas": [f"{SCHEMA}:Group"]}


if __name__ == "__main__":
    asyncio.run(create_all(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
