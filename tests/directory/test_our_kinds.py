"""The kinds of heapscim, found quickly: only where it is certain that no other package brings one."""

import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from heapscim import __version__
from heapscim.directory.our_kinds import ENTRY_POINTS, our_kinds
from heapscim.directory.registry import installed_kinds
from tests.fakes.kinds import install
from tests.fakes.patience import PATIENCE

OURS = """\
[console_scripts]
x = x:main

[heapscim.directories]
# a note
roster=a.b:KIND
 tree = c : KIND

[z]
y = z
"""
KINDS = {"roster": "a.b:KIND", "tree": "c : KIND"}


@pytest.fixture
def ours(tmp_path: Path) -> str:
    """A folder of the import path in which heapscim is installed."""
    folder = tmp_path / "packages"
    (folder / f"heapscim-{__version__}.dist-info").mkdir(parents=True)
    (folder / f"heapscim-{__version__}.dist-info" / "entry_points.txt").write_text(OURS)
    (folder / "other-1.0.dist-info").mkdir()
    (folder / "other-1.0.dist-info" / "entry_points.txt").write_text("[console_scripts]\nother = other:main\n")
    (folder / "bare-1.0.dist-info").mkdir()
    return str(folder)


def test_it_agrees_with_the_registry_here() -> None:
    code = "import sys; from heapscim.directory.our_kinds import our_kinds; print(our_kinds(sys.path))"
    said = subprocess.check_output([sys.executable, "-c", code], text=True, timeout=PATIENCE)
    assert said == f"{ {entry.name: entry.value for entry in entry_points(group=ENTRY_POINTS)} }\n"
    assert sorted(installed_kinds()) == ["jumpcloud", "roster"]


def test_folders_that_do_not_exist_bring_nothing(ours: str, tmp_path: Path) -> None:
    assert our_kinds([str(tmp_path / "python311.zip"), ours, "", str(tmp_path)]) == KINDS


def test_metadata_that_is_a_single_file_brings_nothing(ours: str, tmp_path: Path) -> None:
    (tmp_path / "old.egg-info").write_text("Metadata-Version: 1.0\n")
    assert our_kinds([ours, str(tmp_path)]) == KINDS


def test_the_first_heapscim_on_the_path_counts(ours: str, tmp_path: Path) -> None:
    again = tmp_path / f"heapscim-{__version__}.dist-info"
    again.mkdir()
    (again / "entry_points.txt").write_text("[heapscim.directories]\nother = d:KIND\n")
    assert our_kinds([ours, str(tmp_path)]) == KINDS


def test_heapscim_itself_has_to_be_there(tmp_path: Path) -> None:
    assert our_kinds([str(tmp_path)]) is None


def test_another_package_with_a_kind_is_seen(ours: str, tmp_path: Path) -> None:
    install(tmp_path, "juniper", "")
    assert our_kinds([ours, str(tmp_path)]) is None


@pytest.mark.parametrize("name", ["juniper.egg-info", "EGG-INFO", "heapscim-0.0.0.dist-info", "heapscim.egg-info"])
def test_other_forms_of_metadata_are_seen(ours: str, tmp_path: Path, name: str) -> None:
    (tmp_path / "more" / name).mkdir(parents=True)
    (tmp_path / "more" / name / "entry_points.txt").write_text("[heapscim.directories]\njuniper = juniper:KIND\n")
    assert our_kinds([ours, str(tmp_path / "more")]) is None


def test_a_zip_file_is_left_to_the_registry(ours: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "packages.zip", "w") as packed:
        packed.writestr("x.py", "")
    assert our_kinds([ours, str(tmp_path / "packages.zip")]) is None


def test_metadata_that_cannot_be_read_is_left_to_the_registry(ours: str, tmp_path: Path) -> None:
    (tmp_path / "odd-1.0.dist-info" / "entry_points.txt").mkdir(parents=True)
    assert our_kinds([ours, str(tmp_path)]) is None


def test_another_way_to_find_packages_is_left_to_the_registry(ours: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        @staticmethod
        def find_spec(*_: Any) -> None:  # noqa: ANN401
            return None

        @staticmethod
        def find_distributions(*_: Any) -> list[Any]:  # noqa: ANN401
            return []

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert our_kinds([ours]) is None
