"""Where profiles are, and what they may be called."""

import os
from pathlib import Path

import pytest
from platformdirs import PlatformDirs

from heapscim.config.paths import Folders, checked_name, user_folders
from heapscim.errors import SettingsError, UsageError


def test_two_variables_move_the_folders(tmp_path: Path) -> None:
    environ = {"HEAPSCIM_CONFIG_DIR": str(tmp_path / "c"), "HEAPSCIM_STATE_DIR": str(tmp_path / "s")}
    folders = user_folders(environ)
    assert folders == Folders(tmp_path / "c", tmp_path / "s")
    assert folders.settings_file("prod") == tmp_path / "c" / "profiles" / "prod.toml"


def test_without_them_the_platform_says_where(tmp_path: Path) -> None:
    platform = PlatformDirs("heapscim", appauthor=False)
    assert user_folders({}) == Folders(Path(platform.user_config_dir), Path(platform.user_state_dir))
    one = user_folders({"HEAPSCIM_STATE_DIR": str(tmp_path)})
    assert one == Folders(Path(platform.user_config_dir), tmp_path)


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(SettingsError, match="no home folder"):
        user_folders({})


def test_profiles_are_listed_by_name(tmp_path: Path) -> None:
    folders = Folders(tmp_path, tmp_path)
    assert folders.profile_names() == ()
    (tmp_path / "profiles").mkdir()
    for name in ("prod.toml", "a.b-c.toml", ".prod.toml.17.new", "notes.txt", "-x.toml"):
        (tmp_path / "profiles" / name).touch()
    assert folders.profile_names() == ("a.b-c", "prod")


@pytest.mark.parametrize("name", ["prod", "a", "A.b-c_9", "x" * 64])
def test_a_name_that_is_fine(name: str) -> None:
    assert checked_name(name, None) == name


@pytest.mark.parametrize("name", ["", ".", "../x", "a/b", "a\\b", "-x", "a b", "x" * 65, "ü", "a\n"])
def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="can't be the name of a profile"):
        Folders(tmp_path, tmp_path).settings_file(name)
