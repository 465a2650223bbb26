"""Where profiles are, and what they may be called."""

import os
import sys
from pathlib import Path

import pytest
from platformdirs import PlatformDirs

from heapscim.config.paths import Folders, checked_name, user_folders
from heapscim.config.plain_folders import plain_folders
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


@pytest.mark.skipif(sys.platform != "linux", reason="platformdirs is asked on every other system")
@pytest.mark.parametrize("home", ["/home/ada", "/", "/home/ada/", "relative", "", None])
@pytest.mark.parametrize("base", ["/srv/ada", "/", "/srv/ada/", "relative", "~/x", "", None])
def test_what_the_environment_says_plainly_is_where_platformdirs_has_it(
    monkeypatch: pytest.MonkeyPatch, home: str | None, base: str | None
) -> None:
    for name, value in (("HOME", home), ("XDG_CONFIG_HOME", base), ("XDG_STATE_HOME", base)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    platform = PlatformDirs("heapscim", appauthor=False)
    expected = Folders(Path(platform.user_config_dir), Path(platform.user_state_dir))
    assert user_folders(os.environ) == expected
    plain = plain_folders(os.environ)
    assert (plain is None) == ("/" not in (str(home)[:1], str(base)[:1]))
    assert plain is None or Folders(*map(Path, plain)) == expected  # type: ignore[arg-type]


def test_an_app_on_android_is_left_to_platformdirs() -> None:
    assert plain_folders({"HOME": "/data", "ANDROID_ROOT": "/system"}) is None


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
