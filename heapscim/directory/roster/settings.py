"""Reads the ``[roster]`` table of a profile."""

from __future__ import annotations

import codecs
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, field_validator

from heapscim.directory.roster.headers import COLUMNS, SOURCE_ATTRIBUTES, canonical


class RosterSettings(BaseModel):
    """Holds how a roster is read; nothing in it is secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: Mapping[str, str] = Field(default_factory=dict)
    """heapscim's column → its name in the file, such as ``{ userName = "Work e-mail" }``."""
    ignore: tuple[str, ...] = ()
    """Columns of the file that aren't read, such as ``["Phone", "Home *"]``; ``"*"`` stands for every unknown one."""
    encoding: str | None = None
    """The file's encoding, such as ``windows-1252``. Not set: UTF-8, or what its byte order mark says."""

    @field_validator("columns")
    @classmethod
    def _known(cls, columns: Mapping[str, str]) -> Mapping[str, str]:
        for column in columns:
            if canonical(column) is None:
                raise ValueError(
                    f"{column} isn't a column of a roster; the columns are {', '.join((*COLUMNS, *SOURCE_ATTRIBUTES))}"
                )
        return columns

    @field_validator("encoding")
    @classmethod
    def _readable(cls, name: str | None) -> str | None:
        if name is not None:
            check_encoding(name)
        return name


def check_encoding(name: str) -> None:
    """Raises ValueError for a name that isn't an encoding of text."""
    try:
        codecs.lookup(name)
        "".encode(name)
    except (LookupError, ValueError):
        raise ValueError(f"{name} isn't an encoding; write one such as windows-1252 or utf-16") from None
