"""Completes words at the Tab key without network, keyring or Typer. Errors give no candidates instead of a message.

The commands and options are in ``tables/words.py``, which ``python -m tests.docs`` makes from the app. The scripts in
``completions/`` call this with ``_HEAPSCIM_COMPLETE`` set to the shell's name. typing, re, json and pathlib would cost
more time than all the rest.
"""

from __future__ import annotations

import os
import sys

from heapscim.cli.completion.shell_words import current_word, quoted_for, split_words
from heapscim.cli.tables.words import WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Any, Literal, TypeAlias

    from heapscim.cli.completion.shell_words import CurrentWord

    Table: TypeAlias = Mapping[str, Any]
    Names: TypeAlias = Callable[[str, str, str], Sequence[str]]
    """Returns the names of a kind, in a profile, with a beginning; a tab and what it is may follow a name."""
    Candidate: TypeAlias = tuple[str, str]
    """A word that may come next, and its help."""

VARIABLE = "_HEAPSCIM_COMPLETE"
FILES = "files"
"""The first line printed if the shell should offer files; otherwise it is ``words``."""
LAST = "last"
_TYPES: Mapping[str, Literal["user", "group", "role"]] = {"users": "user", "groups": "group", "roles": "role"}


class _Place:
    """Says where the cursor is: in which command, after which option, at which argument."""

    def __init__(self, table: Table, profile: str | None) -> None:
        self.node: Table = table[""]
        self.option: Table | None = None
        self.position = 0
        self.profile = profile or "default"
        self.options_allowed = True
        self.keys: Mapping[str, Mapping[str, Sequence[str]]] = table["="]
        """For each set of keys: the keys, with the values of those that take one of a few."""


def answer(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Prints ``files`` or ``words``, and then one candidate a line: the word and, after a tab, its help."""
    shell = environ[VARIABLE]
    try:
        words, quote = _words(shell, arguments, environ)
        found = candidates(words, WORDS, _names_in(environ), environ.get("HEAPSCIM_PROFILE"))
        lines = ["words", *_lines(found, shell, current_word(words[-1], quote, environ.get("COMP_WORDBREAKS", "")))]
        sys.stdout.write("\n".join([FILES] if found is None else lines) + "\n")
    except (OSError, ValueError, LookupError):
        return 1
    return 0


def candidates(words: Sequence[str], table: Table, names: Names, profile: str | None) -> list[Candidate] | None:
    """Returns what the last of the words after ``heapscim`` may become; None if it is a file."""
    place, word = _place(words[:-1], table, profile), words[-1]
    option, equals, value = word.partition("=")
    if place.option is not None:
        return _values(place.option["takes"], word, place, names)
    if place.options_allowed and word.startswith("-"):
        known = place.node["options"].get(option)
        if not equals:
            return [(name, entry["help"]) for name, entry in _options(place.node) if name.startswith(word)]
        found = _values(known["takes"], value, place, names) if known and "takes" in known else []
        return found and [(f"{option}={value}", help) for value, help in found]
    if commands := place.node.get("commands"):
        return [(name, help) for name, help in commands.items() if name.startswith(word)]
    arguments = place.node.get("arguments", [])
    if not arguments or (place.position >= len(arguments) and not place.node.get("repeats")):
        return [] if word else [(name, entry["help"]) for name, entry in _options(place.node)]
    return _values(arguments[min(place.position, len(arguments) - 1)], word, place, names)


def _place(words: Sequence[str], table: Table, profile: str | None) -> _Place:
    place, path = _Place(table, profile), ""
    for word in words:
        name, equals, value = word.partition("=")
        if place.option is not None:
            place.profile = word if place.option["takes"] == "profiles" else place.profile
            place.option = None
        elif word == "--":
            place.options_allowed = False
        elif place.options_allowed and word.startswith("-"):
            known = place.node["options"].get(name, {})
            place.option = known if "takes" in known and not equals else None
            place.profile = value if equals and known.get("takes") == "profiles" else place.profile
        elif word in place.node.get("commands", {}):
            path = f"{path} {word}".strip()
            place.node = table[path]
        else:
            place.position += 1
    return place


def _options(node: Table) -> Iterator[tuple[str, Table]]:
    return ((name, entry) for name, entry in node["options"].items() if name.startswith("--"))


def _values(kind: str | list[str] | Table, word: str, place: _Place, names: Names) -> list[Candidate] | None:
    if isinstance(kind, list):
        return [(choice, "") for choice in kind if choice.startswith(word)]
    if isinstance(kind, dict) and "keys" in kind:
        return _keys(word, place.keys[kind["keys"]], with_values=kind["with_values"])
    if isinstance(kind, dict):
        return _specs(word, kind["kinds_but"], lambda of, begun: names(of, place.profile, begun)) if word else None
    if kind == FILES:
        return None
    found = (name.partition("\t") for name in (names(str(kind), place.profile, word) if kind else ()))
    return [(name, help) for name, _, help in found if name.isprintable()]


def _keys(word: str, keys: Mapping[str, Sequence[str]], *, with_values: bool) -> list[Candidate]:
    """Returns the keys that a word begins, or after a key the values that it takes."""
    key, equals, value = word.partition("=")
    if equals:
        return [(f"{key}={one}", "") for one in keys.get(key, ()) if one.startswith(value)]
    return [(f"{key}=" if with_values else key, "") for key in keys if key.startswith(word)]


def _specs(word: str, files: Collection[str], names: Callable[[str, str], Sequence[str]]) -> list[Candidate] | None:
    """Returns the kinds of directory that a word begins, before the files that it begins; None if it begins no kind.

    A shell offers either its own files or the candidates here. Only the service knows what may follow a colon.
    """
    name, colon, _ = word.partition(":")
    found = sorted({*names("kinds", name)} - {*files})
    if colon:
        return [] if name in found else None
    here = sorted(filter(str.isprintable, names(FILES, word))) if found else []
    return [(word, "") for word in (*(f"{kind}:" for kind in found), *here)] or None


def _words(shell: str, arguments: Sequence[str], environ: Mapping[str, str]) -> tuple[list[str], str]:
    """Returns the words up to the cursor, and the quotation mark that is still open in the last one."""
    if shell == "bash":
        words, quote = split_words(environ["COMP_LINE"])
        start = next(place for place, word in enumerate(words) if word == arguments[0])
        return words[start + 1 :] or [""], quote
    if shell == "powershell":
        arguments = [*arguments[:-1], arguments[-1].removeprefix(".")]
    last = arguments[-1]
    return [*arguments[:-1], last.lstrip("'\"")], last[:1] if last[:1] in ("'", '"') else ""


def _lines(found: Sequence[Candidate] | None, shell: str, word: CurrentWord) -> Iterator[str]:
    for value, help in found or ():
        quoted = quoted_for(shell, value, word)
        yield f"{quoted}\t{help}" if help and shell != "bash" else quoted


def _names_in(environ: Mapping[str, str]) -> Names:
    def names(kind: str, profile: str, word: str) -> Sequence[str]:
        return _cached_names(environ, kind, profile, word)

    return names


def _cached_names(environ: Mapping[str, str], kind: str, profile: str, word: str) -> Sequence[str]:
    if kind == "kinds":
        return [name for name in _kinds() if name.startswith(word)]
    if kind == FILES:
        with os.scandir() as here:
            return [entry.name + "/" * entry.is_dir() for entry in here if entry.name.startswith(word)]
    from heapscim.config.plain_folders import is_profile_name, plain_folders
    from heapscim.ledger.completion_names import beside_the_ledger, cached_names, cached_runs

    if (folders := plain_folders(environ) or _platform_folders(environ)) is None:
        return []
    config, state = folders
    if kind == "profiles":
        return [name for name in _profiles(config) if name.startswith(word) and is_profile_name(name)]
    if not is_profile_name(profile):
        return []
    if kind == "runs":
        newest = [f"{LAST}\tThe newest run"] if LAST.startswith(word) else []
        return [*newest, *cached_runs(beside_the_ledger(state, profile, "runs"), word)]
    return cached_names(beside_the_ledger(state, profile, "names"), _TYPES[kind], word)


def _profiles(config: str) -> Sequence[str]:
    """Returns the names of the files of profiles, sorted."""
    try:
        with os.scandir(f"{config}/profiles") as files:
            found = [entry.name.removesuffix(".toml") for entry in files if entry.name.endswith(".toml")]
    except OSError:
        return []
    return sorted(found)


def _kinds() -> Iterable[str]:
    """Returns the names of the installed kinds of directory."""
    from heapscim.directory.our_kinds import our_kinds

    if (ours := our_kinds(sys.path)) is not None:
        return ours
    from heapscim.directory.registry import installed_kinds

    return installed_kinds()


def _platform_folders(environ: Mapping[str, str]) -> tuple[str, str] | None:
    from heapscim.config.paths import user_folders
    from heapscim.errors import HeapscimError

    try:
        folders = user_folders(environ)
    except HeapscimError:
        return None
    return str(folders.config), str(folders.state)
