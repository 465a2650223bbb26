"""What callers rely on when a directory shows that it has changed, of every kind that does."""

import asyncio
from collections.abc import Callable

import pytest

from heapscim.directory.protocol import ChangeFeed, Look
from tests.contracts.directory.reading import read
from tests.contracts.directory.sources import Source
from tests.fakes.patience import PATIENCE

_A_MOMENT = 0.5
"""Seconds in which a feed shows nothing, since nothing has changed: it may wait for longer than a test would."""


def feed(source: Source) -> ChangeFeed:
    """Opened once more, as it is for each look."""
    opened = source.open()
    if not isinstance(opened, ChangeFeed):
        pytest.skip("this kind can't tell when it changes")
    return opened


async def first(source: Source) -> object:
    found = await asyncio.wait_for(feed(source).look(None), PATIENCE)
    assert not found.changed
    assert found.mark is not None
    return found.mark


async def is_quiet(source: Source, mark: object) -> bool:
    try:
        return not (await asyncio.wait_for(feed(source).look(mark), _A_MOMENT)).changed
    except TimeoutError:
        return True


async def next_change(source: Source, mark: object) -> Look:
    async def looks() -> Look:
        found = Look(mark, changed=False)
        while not found.changed:
            found = await feed(source).look(found.mark)
        return found

    return await asyncio.wait_for(looks(), PATIENCE)


CHANGES: dict[str, Callable[[Source], None]] = {
    "a person is renamed": lambda source: source.rename_person("ada@x.org", "countess@x.org"),
    "a group is renamed": lambda source: source.rename_group("Design", "Drawing"),
    "a person leaves": lambda source: source.remove_person("grace@x.org"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_shown_once(source: Source, change: Callable[[Source], None]) -> None:
    async def looks() -> None:
        mark = await first(source)
        change(source)
        after = await next_change(source, mark)
        assert await is_quiet(source, after.mark)

    asyncio.run(looks())


def test_without_a_change_nothing_is_shown_and_a_read_is_no_change(source: Source) -> None:
    mark = asyncio.run(first(source))
    read(source.open())
    assert asyncio.run(is_quiet(source, mark)), "else each run would start the next one"


def test_a_look_that_is_cancelled_hides_nothing(source: Source) -> None:
    async def looks() -> None:
        mark = await first(source)
        for _ in range(3):
            looking = asyncio.ensure_future(feed(source).look(mark))
            await asyncio.sleep(0)
            looking.cancel()
            await asyncio.wait([looking])
        source.remove_person("grace@x.org")
        assert (await next_change(source, mark)).changed

    asyncio.run(looks())
