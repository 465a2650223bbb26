"""``heapscim sandbox`` as a process: what it begins with, what it keeps, how it behaves and how it ends."""

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import CommandLine
from tests.fakes.processes import ended, interrupt, next_line, started

SEED = {
    "users": [{"userName": "ada@x.org", "role": "Admin"}],
    "groups": [{"displayName": "Art", "members": ["ADA@x.org"]}],
}


@contextmanager
def running(*arguments: str) -> Iterator[httpx.Client]:
    """A client of a sandbox that is stopped by Ctrl-C at the end."""
    with started("sandbox", *arguments) as process:
        said = "".join(next_line(process.stdout) for _ in range(2))
        base_url, token = re.findall(r": +(\S+)", said)
        with httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"}) as client:
            yield client
        interrupt(process)
        code, _, stderr = ended(process)
        assert (code, "The sandbox has stopped." in stderr) == (0, True), stderr


@pytest.fixture
def seed(tmp_path: Path) -> str:
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(SEED))
    return str(path)


def test_it_begins_with_a_seed_and_goes_on_from_its_state(heapscim: CommandLine, seed: str) -> None:
    options = (
        "--seed",
        seed,
        "--state",
        "state.json",
        "--tenant",
        "77",
        "--dialect",
        "filter=no",
        "--dialect",
        "page-cap=1",
    )
    with running(*options) as client:
        assert client.base_url.path == "/scim/v2/77/"
        assert client.post("/Users", json={"userName": "grace@x.org"}).status_code == 201
    assert json.loads((heapscim.folder / "state.json").read_text("utf-8"))["groups"][0]["members"] == ["ada@x.org"]
    with running(*options, "--latency", "40ms") as client:
        page = client.get("/Users")
        assert (page.json()["totalResults"], len(page.json()["Resources"])) == (2, 1)
        assert page.elapsed.total_seconds() >= 0.04
        assert client.get("/Users", params={"filter": 'userName eq "a"'}).status_code == 400
        assert client.get("/Groups").json()["Resources"][0]["displayName"] == "Art"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--latency", "soon"), "'soon' isn't a duration"),
        (("--dialect", "ptch=no"), "Did you mean patch?"),
        (("--seed", "nowhere.json"), "nowhere.json can't be read"),
        (("--port", "70000"), "65535"),
    ],
)
def test_what_makes_no_sense_is_refused(heapscim: CommandLine, arguments: tuple[str, ...], words: str) -> None:
    ran = heapscim("sandbox", *arguments)
    assert (ran.exit_code, words in ran.stderr) == (2, True), ran.stderr


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 0), (signal.SIGTERM, 130)])
def test_whatever_ends_it_what_it_holds_is_kept(tmp_path: Path, number: int, expected: int) -> None:
    state = tmp_path / "state.json"
    with started("sandbox", "--state", str(state)) as process:
        for _ in range(2):
            next_line(process.stdout)
        interrupt(process, number)
        code, _, stderr = ended(process)
    assert (code, stderr) == (expected, "The sandbox has stopped.\n")
    assert json.loads(state.read_text()) == {"users": [], "groups": []}
