"""How large the benchmark's worlds are, and how often each contestant runs."""

from dataclasses import dataclass

from tests.benchmarks.server import Options
from tests.benchmarks.world import World


@dataclass(frozen=True, slots=True)
class Sizes:
    """Holds what the command line of the benchmark decides."""

    latency: float = 0.020
    page: int = 100
    in_flight: tuple[int, ...] = (8, 32)
    created: World = World(5_000, 100, 50)
    """The world of the first sync."""
    unchanged: World = World(20_000, 500, 40)
    """The world of the sync without changes."""
    large: World | None = None
    """A large world without changes; its time is held against that of a tenth of it, too."""
    known: int = 50_000
    """The user names that the Tab key looks through."""
    group: int = 10_000
    """The members of the large group, of whom one changes."""
    limited: int = 1_000
    """The people that are created under a rate limit."""
    rate: float = 25.0
    burst: int = 50
    scripted: int = 500
    """The people that the scim2-client script creates, and curl twice as many."""
    looped: int = 10
    """The people that the scim2-cli loop creates, which takes a process for each."""
    turns: int = 3
    short_turns: int = 21
    """The turns of what takes less than a second."""

    @property
    def options(self) -> Options:
        """Returns how the server behaves, as a rule."""
        return Options(self.latency, self.page)


QUICK = Sizes(
    latency=0.002,
    in_flight=(8,),
    created=World(60, 4, 5),
    unchanged=World(230, 5, 10),
    known=200,
    group=150,
    limited=60,
    rate=100,
    burst=30,
    scripted=10,
    looped=1,
    turns=1,
    short_turns=1,
)
LARGE = World(100_000, 2_000, 200)
