"""Files and folders that only their owner may read."""

import stat
from pathlib import Path

import pytest

from heapscim.config.private_files import check_private, private_folder, write_private
from heapscim.errors import SettingsError


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):o}"


def test_a_folder_is_made_with_its_parents_and_for_its_owner_alone(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "a" / "b")
    assert mode(folder) == "700"
    assert private_folder(folder) == folder


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="file/b can't be created: a part of its path is a file, not a folder"):
        private_folder(tmp_path / "file" / "b")


@pytest.mark.parametrize(("right", "mend"), [(0o640, "600"), (0o604, "600"), (0o666, "600")])
def test_a_file_open_to_others_is_refused_with_the_fix(tmp_path: Path, right: int, mend: str) -> None:
    file = tmp_path / "settings.toml"
    file.touch()
    file.chmod(right)
    with pytest.raises(SettingsError, match=f"is open to others \\({right:o}\\)") as caught:
        check_private(file)
    assert caught.value.hint == f"chmod {mend} {file}"


def test_a_folder_open_to_others_is_refused_with_the_fix(tmp_path: Path) -> None:
    folder = tmp_path / "Application Support"
    folder.mkdir()
    folder.chmod(0o755)
    with pytest.raises(SettingsError) as caught:
        private_folder(folder)
    assert caught.value.hint == f"chmod 700 '{folder}'"


def test_what_is_not_there_is_not_open(tmp_path: Path) -> None:
    check_private(tmp_path / "nothing")


def test_a_file_is_written_in_one_step_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "neu ✓")
    assert (file.read_text("utf-8"), mode(file)) == ("neu ✓", "600")
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "a.toml"
    folder.mkdir()
    with pytest.raises(SettingsError, match=r"a\.toml can't be written: it is a folder, not a file"):
        write_private(folder, "text")
    assert list(tmp_path.iterdir()) == [folder]
    with pytest.raises(SettingsError, match="can't be written: there is no such file or folder"):
        write_private(tmp_path / "nowhere" / "a.toml", "text")
