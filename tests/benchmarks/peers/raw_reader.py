"""Reads all people and groups with aiohttp alone: pages side by side, each read as JSON and dropped.

``python -m tests.benchmarks.peers.raw_reader BASE_URL IN_FLIGHT`` compares nothing. It prints how many resources and
pages there were.
"""

import asyncio
import os
import sys
from typing import Any

import aiohttp


async def read_all(base_url: str, in_flight: int) -> tuple[int, int]:
    """Returns how many resources all pages hold, and how many pages there are."""
    headers = {"Authorization": f"Bearer {os.environ['HEAPSCIM_TOKEN']}"}
    connector = aiohttp.TCPConnector(limit=in_flight)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def page(path: str, start: int) -> dict[str, Any]:
            async with session.get(f"{base_url}{path}?startIndex={start}&count=100") as response:
                assert response.status == 200, await response.text()
                document: dict[str, Any] = await response.json(content_type=None)
                return document

        async def listed(path: str) -> tuple[int, int]:
            first = await page(path, 1)
            rows, total = len(first["Resources"]), first["totalResults"]
            starts = iter(range(1 + rows, total + 1, rows or 1))
            counts = [rows]

            async def read() -> None:
                for start in starts:
                    counts.append(len((await page(path, start))["Resources"]))  # noqa: PERF401

            await asyncio.gather(*(read() for _ in range(in_flight)))
            assert sum(counts) == total
            return total, len(counts)

        users, groups = await asyncio.gather(listed("/Users"), listed("/Groups"))
        return users[0] + groups[0], users[1] + groups[1]


if __name__ == "__main__":
    resources, pages = asyncio.run(read_all(sys.argv[1], int(sys.argv[2])))
    sys.stdout.write(f"{resources} resources on {pages} pages\n")
