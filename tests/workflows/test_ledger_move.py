"""A ledger moves as a whole, or it stays as a whole, wherever the process dies."""

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, cast

import pytest

from heapscim.config.paths import Folders
from heapscim.config.profile import Profile
from heapscim.errors import Busy, LedgerError, SettingsError, UsageError
from heapscim.ledger.entries import ChainHead
from heapscim.ledger.opening import LedgerPlace
from heapscim.workflows import ledger_move
from heapscim.workflows.context import Context
from heapscim.workflows.ledger_move import move
from heapscim.workflows.profiles import load_profile, save_profile
from tests.builders import TENANT
from tests.fakes.contexts import a_context
from tests.ledger.writing import a_run, every_kind_of_link

URL = "postgresql://heapscim@localhost/heapscim"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Any URL stands for a file in a folder of its own: what a move does is the same for every kind of ledger."""
    folder = tmp_path / "elsewhere"

    def at(place: LedgerPlace, url: str | None) -> LedgerPlace:
        return cast("LedgerPlace", _Elsewhere(place, folder, url))

    monkeypatch.setattr(LedgerPlace, "at", at)
    return folder


class _Elsewhere:
    """The place behind a URL: another file."""

    def __init__(self, place: LedgerPlace, folder: Path, url: str | None) -> None:
        self.url = url
        self._place = replace(place, folders=Folders(folder, folder), url=None)

    def __str__(self) -> str:
        return str(self.url)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._place, name)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("HEAPSCIM_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("HEAPSCIM_STATE_DIR", str(tmp_path / "state"))
    made = a_context()
    save_profile(made.settings_file, Profile(base_url=TENANT))
    with closing(made.ledger.open(TENANT)) as ledger:
        every_kind_of_link(ledger)
        a_run(ledger, "doubt@x.org", ends=False)
    return made


def head_at(place: LedgerPlace) -> ChainHead:
    with closing(place.open(TENANT, moved=True)) as ledger:
        assert ledger.prove().problems == ()
        return ledger.head()


def url_of(context: Context) -> str | None:
    return load_profile(context.settings_file).ledger.url


@pytest.mark.usefixtures("elsewhere")
def test_a_ledger_moves_and_the_profile_follows(context: Context) -> None:
    before = head_at(context.ledger)
    result = move(context, URL)
    assert result.data == {"from": "local", "to": URL, "head": before.hash, "events": before.number, "links": 5}
    assert (head_at(context.ledger.at(URL)), url_of(context)) == (before, URL)
    with pytest.raises(LedgerError, match="was moved to") as refused:
        context.ledger.open(TENANT)
    assert f"profiles set ledger.url={URL}" in (refused.value.hint or "")


@pytest.mark.usefixtures("elsewhere")
def test_what_is_open_during_a_move_begins_no_run_there(context: Context) -> None:
    with closing(context.ledger.open(TENANT)) as ledger:
        move(context, URL)
        with pytest.raises(LedgerError, match="was moved to"):
            a_run(ledger, "late@x.org")


@pytest.mark.usefixtures("elsewhere")
def test_a_run_in_progress_on_either_side_is_waited_for(context: Context) -> None:
    before = head_at(context.ledger)
    for place in (context.ledger, context.ledger.at(URL)):
        with place.lock().held("sync"), pytest.raises(Busy, match="heapscim sync"):
            move(context, URL)
    assert (head_at(context.ledger), url_of(context)) == (before, None)
    context.ledger.open(TENANT).close()


@pytest.mark.usefixtures("elsewhere")
def test_another_tenants_ledger_and_another_chain_are_refused(context: Context) -> None:
    with closing(context.ledger.at(URL).open("https://other.example.com/scim/v2")):
        pass
    with pytest.raises(LedgerError, match=r"belongs to https://other\.example\.com"):
        move(context, URL)
    assert url_of(context) is None
    context.ledger.open(TENANT).close()


@pytest.mark.usefixtures("elsewhere")
def test_settings_that_cannot_be_written_leave_the_ledger_where_it_was(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> None:
        raise SettingsError("The settings can't be written.")

    monkeypatch.setattr(ledger_move, "save_profile", read_only)
    with pytest.raises(SettingsError):
        move(context, URL)
    with closing(context.ledger.open(TENANT)) as ledger:
        a_run(ledger, "goes-on@x.org")


def test_a_place_that_is_none_is_refused(context: Context) -> None:
    for where in ("local", "mysql://db/x", "a/file", "postgresql://u:secret@db/x"):
        with pytest.raises(UsageError) as refused:
            move(context, where)
        assert "secret" not in f"{refused.value.message}{refused.value.hint}"


def dies_at(step: int, files: tuple[str, ...], work: Callable[[], object]) -> int:
    """Does the work in a child that dies at a line of these files, as by kill -9; returns its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = step

    def trace(frame: FrameType, event: str, _: object) -> object:
        nonlocal left
        if not frame.f_code.co_filename.endswith(files):
            return None
        left -= event == "line"
        if left < 0:
            os._exit(9)
        return trace

    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        work()
        os._exit(0)
    finally:
        os._exit(2)


@pytest.mark.parametrize(
    ("files", "stride"),
    [(("ledger_move.py",), 1), (("ledger_move.py", "copying.py", "sqlite/store.py", "sqlite/file.py"), 25)],
    ids=["each step", "in the copy"],
)
def test_a_process_that_dies_anywhere_leaves_one_ledger_and_the_next_try_succeeds(
    context: Context, elsewhere: Path, files: tuple[str, ...], stride: int
) -> None:
    before, seen, step = head_at(context.ledger), list[str](), 0
    while (code := dies_at(step, files, lambda: move(context, URL))) == 9:
        step += stride
        with closing(context.ledger.open(TENANT, moved=True)) as old:
            assert old.head() == before
            gone, follows = old.moved_to() is not None, url_of(context) is not None
        seen.append(f"{gone} {follows}")
        if follows:
            assert gone, "two machines would write on into two ledgers"
        if gone:
            assert head_at(context.ledger.at(URL)) == before
        if not gone:  # as before: the old one goes on
            context.ledger.open(TENANT).close()
        if step % 2 and not gone:  # a half copy is there, or nothing is
            shutil.rmtree(elsewhere, ignore_errors=True)
        if not follows:
            move(context, URL)
        assert (head_at(context.ledger.at(URL)), url_of(context)) == (before, URL)
        save_profile(context.settings_file, Profile(base_url=TENANT))
        with closing(context.ledger.open(TENANT, moved=True)) as old:
            old.note_moved(None)
    assert code == 0
    assert len(seen) > 20
    assert {"False False", "True True"} <= {*seen} <= {"False False", "True False", "True True"}
