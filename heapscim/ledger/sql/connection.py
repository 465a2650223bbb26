"""Describes a connection to the database of a ledger as the statements here need it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Protocol


class Rows(Protocol):
    """Describes what a statement returns."""

    @property
    def rowcount(self) -> int:
        """Returns how many rows were changed."""
        ...

    def fetchone(self) -> Any:  # noqa: ANN401 - a row has whatever columns were asked for
        """Returns the next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """Returns all rows."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """Describes a connection to the tables of one ledger. Each ``?`` of a statement stands for a value."""

    @property
    def any_damaged_link(self) -> str:
        """Returns the statement that asks whether what is noted of a link isn't a JSON object."""
        ...

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Rows:
        """Carries a statement out."""
        ...

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Carries a statement out for each row of values."""
        ...

    def listed(self, values: Collection[str], /) -> tuple[str, object]:
        """Returns a query for the entries of a list, and the value that it takes."""
        ...

    def damage(self) -> Iterator[str]:
        """Yields what the database itself finds broken, as whole sentences."""
        ...

    def foreign_parts(self) -> tuple[str, ...]:
        """Returns in words the parts of the schema that aren't heapscim's."""
        ...

    def is_outdated(self) -> bool:
        """Reports whether the schema has an older version: one with foreign parts is never brought up to date."""
        ...
