"""Directory Insights as a feed: when it is asked, what counts as news, and what it answers with that isn't news."""

import asyncio
import time
from dataclasses import dataclass, field, replace

import pytest

from heapscim import errors
from heapscim.cli.root import TIMING
from heapscim.directory.connection import DirectoryContext
from heapscim.directory.jumpcloud.constants import CLIENT
from heapscim.directory.jumpcloud.directory import JumpCloud, open_jumpcloud
from heapscim.directory.jumpcloud.settings import INSIGHTS_URLS, JumpCloudSettings
from heapscim.directory.protocol import ChangeFeed
from heapscim.model.attribute_mapping import DEFAULT_MAPPING
from heapscim.model.secret import SecretStr
from tests.fakes.clocks import FakeClock
from tests.fakes.jumpcloud import RunningJumpCloud, World, running_jumpcloud

EVENTS = "POST /insights/directory/v1/events"


@dataclass
class Watcher:
    """Looks at a JumpCloud again and again, each time opened anew; nobody waits."""

    running: RunningJumpCloud
    world: World = field(default_factory=World)
    clock: FakeClock = field(default_factory=FakeClock)
    our_clock_is_off: float = 0.0
    settings: dict[str, object] = field(default_factory=dict)
    mark: object | None = None

    def directory(self) -> JumpCloud:
        now = lambda: time.time() + self.our_clock_is_off  # noqa: E731
        timing = replace(TIMING, clock=lambda: self.clock.at, now=now, sleep=self.clock.sleep)
        table = JumpCloudSettings.model_validate({"base_url": self.running.base_url, **self.settings})
        return open_jumpcloud(
            "Heap", DirectoryContext(table, self.world.secrets.get, self.world.connect, timing, DEFAULT_MAPPING)
        )

    def look(self) -> bool:
        """Whether the feed shows something new."""
        directory = self.directory()
        assert isinstance(directory, ChangeFeed)
        found = asyncio.run(directory.look(self.mark))
        self.mark = found.mark
        return found.changed


def changed(running: RunningJumpCloud) -> None:
    running.store.add_group(f"Group {len(running.store.groups)}")


def test_each_change_is_news_once_and_the_feed_is_asked_once_a_minute() -> None:
    with running_jumpcloud() as running:
        watcher = Watcher(running)
        seen = [watcher.look(), watcher.look()]
        running.store.remove_user("ada.lovelace")
        seen += [watcher.look(), watcher.look()]
        running.store.user("alan.turing")["firstname"] = "Al"
        running.store.members[running.store.group("Design")["id"]].clear()
        seen += [watcher.look(), watcher.look()]
        assert seen == [False, False, True, False, True, False]
        assert watcher.clock.slept == [60.0] * 5
        assert running.server.requests[EVENTS] == 6
        assert running.server.requests.total() == 6, "nothing else was asked"


def test_an_event_that_appears_late_is_news_when_it_appears() -> None:
    with running_jumpcloud(insights_lag=600) as running:
        watcher = Watcher(running)
        watcher.look()
        changed(running)
        assert not watcher.look()
        running.behave(insights_lag=0)
        assert [watcher.look(), watcher.look()] == [True, False]


@pytest.mark.parametrize("insights", ["endless", "twice", "shuffled", "strange"])
def test_odd_lists_of_events_show_each_change_once(insights: str) -> None:
    with running_jumpcloud(insights=insights) as running:
        watcher = Watcher(running)
        watcher.look()
        changed(running)
        assert [watcher.look(), watcher.look(), watcher.look()] == [True, False, False]
        changed(running)
        assert [watcher.look(), watcher.look()] == [True, False]


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_clock_of_ours_that_is_wrong_hides_nothing_after_the_first_look(hours: int) -> None:
    with running_jumpcloud() as running:
        watcher = Watcher(running, our_clock_is_off=hours * 3_600.0)
        watcher.look()
        changed(running)
        assert [watcher.look(), watcher.look()] == [True, False]


@pytest.mark.parametrize("seconds", [-1_800, 1_800])
def test_a_clock_of_theirs_that_is_half_an_hour_wrong_hides_nothing(seconds: int) -> None:
    with running_jumpcloud(insights_clock=seconds) as running:
        watcher = Watcher(running)
        watcher.look()
        changed(running)
        assert [watcher.look(), watcher.look()] == [True, False]


@pytest.mark.parametrize("insights", ["none", "forbidden"])
def test_a_plan_without_it_is_explained(insights: str) -> None:
    with running_jumpcloud(insights=insights) as running, pytest.raises(errors.DirectoryForbidden) as raised:
        Watcher(running).look()
    assert "no Directory Insights" in raised.value.message
    assert "plan may lack it" in (raised.value.hint or "")
    assert running.server.requests.total() == 1, "and nothing else is asked because of it"


@pytest.mark.parametrize("trouble", [{"insights": "broken"}, {"insights": "page"}, {"strange": "events"}, {"rate": -1}])
def test_a_feed_that_fails_is_asked_once_and_an_error_of_the_directory(trouble: dict[str, object]) -> None:
    with running_jumpcloud() as running:
        watcher = Watcher(running)
        watcher.look()
        running.behave(**trouble)
        with pytest.raises(errors.DirectoryError):
            watcher.look()
        assert running.server.requests[EVENTS] == 2
        changed(running)
        running.behave(insights="yes", strange="", rate=0)
        assert watcher.look(), "what changed meanwhile is found"


def test_a_refused_key_is_an_error_and_no_other_region_is_asked() -> None:
    with running_jumpcloud(wrong_region="yes") as running, pytest.raises(errors.DirectoryUnauthenticated):
        Watcher(running).look()
    assert running.server.requests.total() == 1


def test_a_service_account_needs_one_token_for_many_looks() -> None:
    with running_jumpcloud() as running:
        world = World(secrets={CLIENT: SecretStr(running.server.client)})
        watcher = Watcher(running, world)
        for _ in range(10):
            assert not watcher.look()
        assert running.server.requests["POST /oauth2/token"] == 1
        running.server.client = "client-id:another-secret"
        world.secrets[CLIENT] = SecretStr(running.server.client)
        watcher.look()
        assert running.server.requests["POST /oauth2/token"] == 2


def test_it_is_asked_at_the_host_of_its_region_unless_the_profile_names_another() -> None:
    eu = JumpCloudSettings(region="eu")
    assert eu.insights_address == INSIGHTS_URLS["eu"] == "https://api.eu.jumpcloud.com/insights/directory/v1"
    own = "https://gateway.example/events"
    assert JumpCloudSettings(insights_url=own).insights_address == own
    assert JumpCloudSettings(base_url="https://gateway.example").insights_address == (
        "https://gateway.example/insights/directory/v1"
    )
