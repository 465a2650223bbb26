"""Lists, shows, changes and deletes profiles. Asks neither Heap nor a directory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from heapscim.config.profile import Profile
from heapscim.config.profile_file import base_url_in
from heapscim.config.setting_problems import as_toml
from heapscim.errors import HeapscimError, UsageError
from heapscim.ledger.entries import RunSummary
from heapscim.output.change_labels import counted
from heapscim.output.envelope import Result
from heapscim.output.history.rows import iso_time, outcome_of, run_document
from heapscim.output.tables import Table
from heapscim.workflows import exit_codes
from heapscim.workflows.context import Context
from heapscim.workflows.deactivate import deactivate_connection
from heapscim.workflows.profiles import load_profile, save_profile
from heapscim.workflows.settings import Setting, every_setting, with_settings

_NONE_YET = "No profile yet. `heapscim activate --base-url URL` makes one."
_WHOLE = frozenset({"profile", "state"})
_OF_THE_CONNECTION = {
    "base_url": "`heapscim activate --base-url URL` changes it together with its token.",
    "disconnected": "`heapscim activate` and `heapscim deactivate` change it.",
}


def list_profiles(context: Context) -> Result:
    """Lists every profile with its tenant, directory, last run and state; says why one can't be read."""
    lines = [_line(replace(context, profile=name)) for name in context.folders.profile_names()]
    notices = tuple(f"{line.name}: {line.problem}" for line in lines if line.problem)
    columns = ("profile", "base URL", "directory", "last run", "outcome", "state")
    table = Table(
        columns, tuple(line.row() for line in lines), empty=_NONE_YET, sum=counted(len(lines), "profile"), whole=_WHOLE
    )
    code = exit_codes.PARTIAL if notices else exit_codes.DONE
    return Result([line.document() for line in lines], table, exit_code=code, notices=notices)


def show_profile(context: Context) -> Result:
    """Shows every setting of a profile, and whether it is set or the default."""
    settings = every_setting(load_profile(context.settings_file))
    data = {
        "profile": context.profile,
        "file": str(context.settings_file),
        "settings": [{"key": setting.key, "value": setting.value, "from": _origin(setting)} for setting in settings],
    }
    rows = tuple((setting.key, _words(setting), _origin(setting)) for setting in settings)
    return Result(data, Table(("setting", "value", "from"), rows, sum=f"From {context.settings_file}"))


def change_settings(context: Context, changes: Sequence[str] = (), *, without: Sequence[str] = ()) -> Result:
    """Changes settings of a profile, or puts some back to their defaults; all of them, or none if one is wrong."""
    _refuse_the_connection([*(change.partition("=")[0] for change in changes), *without])
    profile = load_profile(context.settings_file)
    changed = with_settings(context, profile, changes, without=without)
    before, after = _by_key(profile), _by_key(_saved(context, changed))
    either = {**before, **after}
    keys = [key for key in either if before.get(key, _default(either[key])) != after.get(key, _default(either[key]))]
    data = [
        {
            "key": key,
            "before": before[key].value if key in before else None,
            "after": after[key].value if key in after else None,
            "from": _origin(after.get(key)),
        }
        for key in keys
    ]
    rows = tuple((key, _words(before.get(key)), _words(after.get(key)), _origin(after.get(key))) for key in keys)
    table = Table(("setting", "before", "after", "from"), rows, empty="Nothing changed: the profile says so already.")
    return Result({"profile": context.profile, "changed": data}, table, pages=False)


def delete_profile(context: Context, *, yes: bool) -> Result:
    """Deletes a profile's settings and ledger as ``deactivate --delete-profile`` does; Heap stays as it is."""
    profile = load_profile(context.settings_file)
    if not profile.disconnected:
        context.screen.notice(
            f"Profile {context.profile} is connected to {profile.base_url}: its token is forgotten, too. Its "
            "users and groups stay in Heap as they are, and nothing manages them from then on."
        )
    return deactivate_connection(context, delete_profile=True, yes=yes)


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    base_url: str | None
    profile: Profile | None
    last: RunSummary | None = None
    problem: str | None = None

    def document(self) -> dict[str, object]:
        profile = self.profile
        return {
            "profile": self.name,
            "base_url": self.base_url,
            "directory": profile and profile.directory,
            "connected": profile and not profile.disconnected,
            "last_run": None if self.last is None else run_document(self.last),
            "problem": self.problem,
        }

    def row(self) -> tuple[str, ...]:
        last, profile = self.last, self.profile
        state = "wrong" if profile is None else "deactivated" if profile.disconnected else "connected"
        directory = "" if profile is None else profile.directory or "not set"
        when, outcome = ("", "") if last is None else (iso_time(last.started) or "", outcome_of(last))
        return self.name, self.base_url or "", directory, when, outcome, state


def _line(context: Context) -> _Line:
    name, path = context.profile, context.settings_file
    try:
        profile = load_profile(path)
    except HeapscimError as error:
        return _Line(name, base_url_in(path), None, problem=context.redacting.cleaned(error).message)
    try:
        return _Line(name, profile.base_url, profile, _last_run(context, profile))
    except HeapscimError as error:
        return _Line(name, profile.base_url, profile, problem=context.redacting.cleaned(error).message)


def _last_run(context: Context, profile: Profile) -> RunSummary | None:
    if not context.ledger.exists():
        return None
    with closing(context.ledger.open(profile.base_url)) as ledger:
        return ledger.last_run()


def _refuse_the_connection(keys: Iterable[str]) -> None:
    for key in map(str.strip, keys):
        if hint := _OF_THE_CONNECTION.get(key):
            raise UsageError(f"{key} belongs to the connection, so it isn't changed here.", hint=hint)


def _saved(context: Context, profile: Profile) -> Profile:
    save_profile(context.settings_file, profile)
    return load_profile(context.settings_file)


def _by_key(profile: Profile) -> dict[str, Setting]:
    return {setting.key: setting for setting in every_setting(profile)}


def _default(setting: Setting) -> Setting:
    """Returns the default in place of a setting of another kind of directory, whose keys come and go with it."""
    return replace(setting, value=None, is_set=False) if setting.is_set else setting


def _origin(setting: Setting | None) -> str:
    return "set" if setting is not None and setting.is_set else "default"


def _words(setting: Setting | None) -> str:
    return "not set" if setting is None or setting.value is None else as_toml(setting.value)
