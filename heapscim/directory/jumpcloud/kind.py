"""Describes JumpCloud as a kind of directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapscim.directory.jumpcloud.constants import API_KEY, ATTRIBUTES, CLIENT
from heapscim.directory.kind import DirectoryKind

if TYPE_CHECKING:
    from pydantic import BaseModel

    from heapscim.directory.connection import DirectoryContext
    from heapscim.directory.protocol import Directory


def _open(rest: str, opening: DirectoryContext) -> Directory:
    from heapscim.directory.jumpcloud.directory import open_jumpcloud

    return open_jumpcloud(rest, opening)


def _settings() -> type[BaseModel]:
    from heapscim.directory.jumpcloud.settings import JumpCloudSettings

    return JumpCloudSettings


KIND = DirectoryKind(
    name="jumpcloud",
    title="JumpCloud",
    form="jumpcloud:APPLICATION",
    open=_open,
    attributes=ATTRIBUTES,
    default_scope="groups",
    settings=_settings,
    example="region=eu",
    secret_places=(API_KEY, CLIENT),
)
