"""A directory is opened by what the command line calls it; a kind that is installed is a kind like any other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from heapscim.config.profile import Profile
from heapscim.directory.registry import absolute_spec, installed_kinds, open_directory
from heapscim.directory.roster.roster import Roster
from heapscim.errors import SettingsError, UsageError
from heapscim.workflows.open_directory import directory_of
from tests.fakes.contexts import a_context
from tests.fakes.jumpcloud import World
from tests.fakes.kinds import install

MODULE = """
from dataclasses import dataclass
from pydantic import BaseModel
from heapscim.directory.connection import DirectoryContext
from heapscim.directory.kind import DirectoryKind

class Settings(BaseModel):
    page: int = 1

@dataclass
class Phonebook:
    rest: str
    opening: DirectoryContext

    @property
    def spec(self) -> str:
        return f"phonebook:{self.rest}"

KIND = DirectoryKind("phonebook", "a phone book", "phonebook:CITY", Phonebook, settings=lambda: Settings)
"""


def a_profile(**settings: object) -> Profile:
    return Profile.model_validate({"base_url": "https://heap.example/scim/v2/1", **settings})


@pytest.fixture
def phonebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    install(tmp_path, "phonebook", MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    installed_kinds.cache_clear()
    yield
    installed_kinds.cache_clear()


@pytest.mark.usefixtures("phonebook")
def test_an_installed_kind_gets_its_own_settings_and_what_it_may_use() -> None:
    profile = a_profile(directory="phonebook:main", directories={"phonebook": {"page": 7}})
    directory = directory_of(a_context(), profile)
    assert directory.spec == "phonebook:main"
    assert directory.opening.settings.page == 7  # type: ignore[attr-defined]


@pytest.mark.usefixtures("phonebook")
def test_a_kind_nobody_knows_lists_those_there_are() -> None:
    with pytest.raises(UsageError, match="'ldap:x' isn't a directory that heapscim can open") as raised:
        directory_of(a_context(), a_profile(), "ldap:x")
    assert "phonebook:CITY" in str(raised.value.hint)


def test_nobody_named_a_directory() -> None:
    with pytest.raises(UsageError, match="Nobody said where people come from"):
        directory_of(a_context(), a_profile())


def test_a_roster_is_a_file_by_its_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(open_directory("people.CSV", lambda _kind: World().directory().opening), Roster)
    assert absolute_spec("people.csv") == str((tmp_path / "people.csv").resolve())
    assert absolute_spec("jumpcloud:Heap") == "jumpcloud:Heap"


def test_a_stand_in_is_held_against_the_mapping() -> None:
    profile = a_profile(directory="jumpcloud:Heap", mapping={"userName": "attributes.login"})
    with pytest.raises(SettingsError, match="A roster has no attribute attributes"):
        directory_of(a_context(), profile, "people.csv")


def test_no_package_replaces_a_kind_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "roster", "KIND = None")
    monkeypatch.syspath_prepend(str(tmp_path))
    installed_kinds.cache_clear()
    try:
        assert installed_kinds()["roster"].suffixes[:3] == (".csv", ".tsv", ".tab")
        assert [*installed_kinds()].count("roster") == 1
    finally:
        installed_kinds.cache_clear()
