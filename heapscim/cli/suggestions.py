"""Suggests the command or option that a person meant: a word that other tools use, or a typing error.

Loaded only for a command line that is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from heapscim.model.phrases import nearest

if TYPE_CHECKING:
    from typer._click.core import Context

COMMAND_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "": {
        "sync": ("apply", "run", "push", "provision", "deploy", "up", "update", "reconcile"),
        "plan": ("diff", "preview", "check", "dry-run", "simulate"),
        "activate": ("login", "connect", "auth", "init", "setup", "configure", "reactivate", "signin"),
        "deactivate": ("logout", "disconnect", "signout", "uninstall"),
        "status": ("info", "whoami", "ping", "test", "show"),
        "profiles": ("config", "configuration", "settings", "conf", "connections", "set", "get", "unset"),
        "history": ("log", "logs", "runs", "audit", "events", "journal"),
        "undo": ("rollback", "revert", "restore"),
        "resume": ("continue", "retry", "recover"),
        "users": ("people", "accounts", "teammates", "members", "list", "ls"),
        "groups": ("teams",),
        "roster check": ("lint", "validate"),
        "users create": ("add", "create", "invite"),
        "users deactivate": ("delete", "remove", "rm", "suspend", "offboard"),
        "export": ("dump", "backup", "download"),
        "sandbox": ("server", "serve", "mock"),
        "--version": ("version", "ver"),
        "--show-completion bash": ("completion", "completions"),
        "help": ("man", "docs", "topics"),
    },
    "users": {
        "users list": ("ls", "all", "search", "find", "export"),
        "users show": ("get", "view", "describe", "info"),
        "users create": ("add", "new", "invite", "provision"),
        "users update": ("edit", "modify", "set", "change", "rename"),
        "users deactivate": ("delete", "remove", "rm", "del", "disable", "suspend", "offboard", "deprovision"),
        "users reactivate": ("enable", "restore", "activate", "undelete", "unsuspend"),
        "users explain": ("why",),
        "import": ("import",),
        "help users": ("help",),
    },
    "groups": {
        "groups list": ("ls", "all", "search", "find"),
        "groups show": ("get", "view", "describe", "members", "info"),
        "groups create": ("new",),
        "groups rename": ("edit", "update", "modify", "change"),
        "groups add": ("add-member", "add-members", "add-user", "join"),
        "groups remove": ("remove-member", "remove-members", "remove-user", "leave"),
        "groups delete": ("rm", "del", "destroy"),
        "groups bind": ("connect", "link", "assign", "enable"),
        "groups unbind": ("disconnect", "unlink", "unassign", "disable"),
        "help groups": ("help",),
    },
    "profiles": {
        "profiles list": ("ls", "all"),
        "profiles show": ("get", "view", "describe", "cat", "current"),
        "profiles set": ("edit", "update", "change", "modify", "config"),
        "profiles unset": ("reset", "clear"),
        "profiles delete": ("remove", "rm", "del"),
        "activate": ("add", "new", "create", "activate"),
        "help profiles": ("help",),
    },
}
"""For each command that has others below it: what is meant, and the words that other tools have for it."""
OPTION_WORDS: Mapping[str, tuple[str, ...]] = {
    "--yes": ("--force", "--assume-yes", "--no-confirm", "--non-interactive", "--auto-approve", "--confirm", "-f"),
    "--output json": ("--json", "-j"),
    "--output csv": ("--csv",),
    "--output": ("--format", "--out-format"),
    "--debug": ("--verbose", "--trace", "-v", "-d"),
    "--quiet": ("--silent", "-s"),
    "--from": ("--file", "--source", "--roster", "--input", "-f", "-i"),
    "--directory": ("--file", "--source", "--roster", "--input", "--from", "-f", "-i"),
    "--base-url": ("--url", "--host", "--endpoint", "--server", "-u"),
    "--profile": ("--config", "--env", "--connection", "--tenant", "-p"),
    "--only": ("--user", "--target", "-u"),
    "--out": ("--save", "-out"),
    "--plan": ("--from-plan",),
    "--every": ("--interval", "--loop"),
    "--given-name": ("--first-name", "--firstname", "--first"),
    "--family-name": ("--last-name", "--lastname", "--last", "--surname"),
    "--set": ("--option", "--config"),
    "--version": ("-v", "-V"),
    "--help": ("-?", "--usage", "--man"),
}
"""What is meant, if the command has it, and the words that other tools have for it."""
DRY_RUNS = frozenset({"--dry-run", "--dryrun", "-n", "--check", "--preview", "--noop", "--simulate", "--what-if"})
_SECRETS = frozenset({"--token", "--api-key", "--password", "--bearer", "--secret", "--key", "-t"})
_DRY = {
    "sync": "`heapscim plan` shows what a sync would change. Without --yes, `heapscim sync` shows it, too, and asks.",
    "plan": "A plan changes nothing anyway.",
    "import": "`heapscim import --list` lists all accounts and imports none.",
}
_DRY_BY_HAND = "Without --yes, the plan is shown first, and nothing is done until you agree."
_GIVEN_OTHERWISE = (
    "A token never stands in the command line, where others could read it. `heapscim activate` asks for it; a script "
    "gives it with --token-stdin or HEAPSCIM_TOKEN."
)


def no_such_command(word: str, context: Context, known: Iterable[str]) -> str:
    """Returns the message for a command that doesn't exist, with the one that was probably meant."""
    _, _, path = context.command_path.partition(" ")
    said = f"There is no command {' '.join(filter(None, (path, word)))}."
    meant = {other: line for line, others in COMMAND_WORDS.get(path, {}).items() for other in others}
    meant |= {name: " ".join(filter(None, (path, name))) for name in known}
    near = word.casefold() if word.casefold() in meant else nearest(word, meant)
    return f"{said} Did you mean `heapscim {meant[near]}`?" if near else said


def instead_of_option(option: str, context: Context) -> str | None:
    """Returns what leads from an option that doesn't exist to what was probably meant: a question, or a sentence."""
    _, _, path = context.command_path.partition(" ")
    known = {name for entry in context.command.get_params(context) for name in _long(entry)}
    if option in DRY_RUNS and (path in _DRY or "--yes" in known):
        return _DRY.get(path, _DRY_BY_HAND)
    if option in _SECRETS:
        return _GIVEN_OTHERWISE
    if option == "--version" and path:
        return "Did you mean `heapscim --version`?"
    meant = _meant(option, known) or nearest(option.lstrip("-"), (name[2:] for name in known))
    return f"Did you mean --{meant.removeprefix('--')}?" if meant else None


def _meant(option: str, known: Collection[str]) -> str | None:
    words = (meant for meant, others in OPTION_WORDS.items() if option in others)
    return next((meant for meant in words if meant.split()[0] in known), None)


def _long(entry: object) -> Iterator[str]:
    for option in (*getattr(entry, "opts", ()), *getattr(entry, "secondary_opts", ())):
        if option.startswith("--"):
            yield option
