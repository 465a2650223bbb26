"""Turns what a kind of another package fails with into an error that names the kind and the package.

Another package's code may raise anything. heapscim's own errors pass as they are: the kind has explained itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from heapscim.errors import DirectoryError, HeapscimError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from heapscim.directory.connection import DirectoryContext
    from heapscim.directory.kind import DirectoryKind
    from heapscim.directory.protocol import Directory

T = TypeVar("T")


def explaining(kind: DirectoryKind, package: str) -> DirectoryKind:
    """Returns the kind such that each unforeseen failure, also of what it opens, is a DirectoryError."""
    load = kind.settings

    def opened(rest: str, context: DirectoryContext) -> Directory:
        with _explained(kind, package):
            return _stand_in(kind.open(rest, context), kind, package)

    def settings() -> type[BaseModel]:
        with _explained(kind, package):
            return cast("Callable[[], type[BaseModel]]", load)()

    return replace(kind, open=opened, settings=None if load is None else settings)


@contextmanager
def _explained(kind: DirectoryKind, package: str) -> Iterator[None]:
    try:
        yield
    except HeapscimError:
        raise
    except Exception as error:  # another package's code may raise anything
        why = f"{type(error).__name__}: {error}".rstrip(":. ")
        raise DirectoryError(
            f"The directory kind {kind.name} of {package} fails with {why}.",
            hint="Run the same command with --debug, and report what it says to those who make that package.",
        ) from error


def _stand_in(directory: Directory, kind: DirectoryKind, package: str) -> Directory:
    """Stands in for a directory: each public member is looked up, called and awaited under ``_explained``.

    The members are properties of a class of its own, not a ``__getattr__``: protocols that are checked at run time
    look for members without calling anything.
    """

    def member(name: str) -> property:
        def look_up(_: object) -> object:
            with _explained(kind, package):
                found = getattr(directory, name)
            return called(found) if callable(found) else found

        return property(look_up)

    def called(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: object, **options: object) -> object:
            with _explained(kind, package):
                answer = method(*arguments, **options)
            return awaited(answer) if isawaitable(answer) else answer

        return call

    async def awaited(answer: Awaitable[T]) -> T:
        with _explained(kind, package):
            return await answer

    members = {name: member(name) for name in dir(directory) if not name.startswith("_")}
    return cast("Directory", type(type(directory).__name__, (), members)())
