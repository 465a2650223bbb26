"""A directory's key is asked for when none is known, tried, and only then kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from heapscim import errors
from heapscim.config.profile import Profile
from heapscim.output.console import Screen
from heapscim.workflows.directory_secret import verify_directory
from tests.conftest import CommandLine, MemoryKeyring
from tests.fakes.contexts import a_context
from tests.fakes.jumpcloud import KEY, RunningJumpCloud, running_jumpcloud


@dataclass(frozen=True)
class Terminal(Screen):
    """A terminal with somebody at it who has keys ready."""

    keys: list[str] = field(default_factory=list)

    @property
    def is_interactive(self) -> bool:
        return True

    def secret(self, question: str) -> str:
        assert question == "JumpCloud API key, or CLIENT_ID:CLIENT_SECRET of a service account (it isn't shown): "
        return self.keys.pop(0)


@pytest.fixture
def jumpcloud() -> Iterator[RunningJumpCloud]:
    with running_jumpcloud() as running:
        yield running


def profile_of(running: RunningJumpCloud) -> Profile:
    settings = {"base_url": running.base_url}
    return Profile(
        base_url="https://heap.example/scim/v2/1", directory="jumpcloud:Heap", directories={"jumpcloud": settings}
    )


@pytest.mark.usefixtures("heapscim")
@pytest.mark.parametrize(
    ("key", "account"), [(KEY, "default:jumpcloud"), ("client-id:client-secret", "default:jumpcloud-client")]
)
def test_a_key_that_works_is_kept_once_all_is_well(
    memory_keyring: MemoryKeyring, jumpcloud: RunningJumpCloud, key: str, account: str
) -> None:
    verified = verify_directory(a_context(screen=Terminal(keys=[f" {key}\n"])), profile_of(jumpcloud))
    assert verified is not None
    assert verified.words == "JumpCloud knows the key and the application Heap"
    assert memory_keyring.kept == {}
    with verified.keeping(a_context().credentials):
        pass
    assert memory_keyring.kept == {("heapscim", account): key}
    again = verify_directory(a_context(screen=Terminal()), profile_of(jumpcloud))
    assert again is not None
    with again.keeping(a_context().credentials):
        pass
    assert memory_keyring.kept == {("heapscim", account): key}


@pytest.mark.usefixtures("heapscim", "memory_keyring")
def test_a_key_that_does_not_work_is_not_kept(memory_keyring: MemoryKeyring, jumpcloud: RunningJumpCloud) -> None:
    with pytest.raises(errors.DirectoryUnauthenticated):
        verify_directory(a_context(screen=Terminal(keys=["wrong"])), profile_of(jumpcloud))
    assert memory_keyring.kept == {}


@pytest.mark.usefixtures("heapscim")
def test_another_key_is_asked_for_where_the_kept_one_is_refused(
    memory_keyring: MemoryKeyring, jumpcloud: RunningJumpCloud
) -> None:
    memory_keyring.kept["heapscim", "default:jumpcloud"] = "old"
    verified = verify_directory(a_context(screen=Terminal(keys=[KEY])), profile_of(jumpcloud))
    assert verified is not None
    with verified.keeping(a_context().credentials):
        pass
    assert memory_keyring.kept == {("heapscim", "default:jumpcloud"): KEY}
    memory_keyring.kept["heapscim", "default:jumpcloud"] = "old"
    with pytest.raises(errors.DirectoryUnauthenticated):
        verify_directory(a_context(), profile_of(jumpcloud))


def test_a_roster_needs_no_key(heapscim: CommandLine) -> None:
    profile = Profile(base_url="https://heap.example/scim/v2/1", directory=str(heapscim.roster("username\n")))
    assert verify_directory(a_context(), profile) is None
    assert verify_directory(a_context(), profile.model_copy(update={"directory": None})) is None
