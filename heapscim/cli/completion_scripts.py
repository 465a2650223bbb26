"""The completion scripts of four shells and the table of what they complete.

``python -m heapscim.cli.completion_scripts`` writes them anew from the app; run it whenever a command or an option
changes. A test holds the files to what it writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from typer._click.core import Command, Parameter

_ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("completion_table.json")
_BY_METAVAR = {"USER": "users", "GROUP": "groups", "SPEC": "files", "FILE": "files"}


class Script(NamedTuple):
    """The script of one shell."""

    file: str
    text: str


SCRIPTS = {
    "bash": Script(
        "heapscim.bash",
        """\
_heapscim() {
    local line mode=
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ -z $mode ]]; then mode=$line; else COMPREPLY+=("$line"); fi
    done < <(_HEAPSCIM_COMPLETE=bash COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        heapscim "$1" 2>/dev/null)
    if [[ $mode == files ]]; then compopt -o default 2>/dev/null; fi
}
complete -F _heapscim heapscim
""",
    ),
    "zsh": Script(
        "_heapscim",
        """\
#compdef heapscim
_heapscim() {
    local -a lines values shown
    local line
    lines=("${(@f)$(_HEAPSCIM_COMPLETE=zsh heapscim "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    if [[ ${lines[1]} == files ]]; then
        _files
        return
    fi
    for line in "${(@)lines[2,-1]}"; do
        values+=("${line%%$'\\t'*}")
        if [[ $line == *$'\\t'* ]]; then
            shown+=("${line%%$'\\t'*}  -- ${line#*$'\\t'}")
        else
            shown+=("$line")
        fi
    done
    compadd -l -d shown -a values
}
if [[ ${funcstack[1]} == _heapscim ]]; then
    _heapscim "$@"
else
    compdef _heapscim heapscim
fi
""",
    ),
    "fish": Script(
        "heapscim.fish",
        """\
function __heapscim_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (_HEAPSCIM_COMPLETE=fish heapscim $words[2..-1] "$current" 2>/dev/null)
    if test "$lines[1]" = files
        __fish_complete_path "$current"
    else if set -q lines[2]
        printf '%s\\n' $lines[2..-1]
    end
end
complete --command heapscim --no-files --arguments '(__heapscim_complete)'
""",
    ),
    "powershell": Script(
        "heapscim.ps1",
        """\
Register-ArgumentCompleter -Native -CommandName heapscim -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
            else { $_.Extent.Text } })
    $before = $Env:_HEAPSCIM_COMPLETE
    $Env:_HEAPSCIM_COMPLETE = 'powershell'
    try {
        $lines = @(heapscim @words ".$wordToComplete" 2>$null)
    } finally {
        $Env:_HEAPSCIM_COMPLETE = $before
    }
    if ($lines.Count -gt 0 -and $lines[0] -eq 'words') {
        $lines | Select-Object -Skip 1 | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            if (-not $help) { $help = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
        }
    }
}
""",
    ),
}


def completion_table() -> dict[str, Any]:
    """Every command with its options and arguments, by its words."""
    from heapscim.cli.app import COMMANDS, load, root_command

    commands = {name: load(name) for name in COMMANDS}
    table = {"": _entry(root_command()) | {"commands": {name: entry.help for name, entry in COMMANDS.items()}}}
    for name, found in commands.items():
        table[name] = _entry(found)
        for below, verb in getattr(found, "commands", {}).items():
            table[f"{name} {below}"] = _entry(verb)
    return table


def rendered(table: dict[str, Any]) -> str:
    """The table as its file holds it: a line for each option, so that two changes seldom meet in one."""
    parts = []
    for name, entry in table.items():
        inner = (
            f"{json.dumps(key)}: {_lines(value) if isinstance(value, dict) else json.dumps(value)}"
            for key, value in entry.items()
        )
        body = ",\n".join(inner)
        parts.append(f"{json.dumps(name)}: {{\n{body}\n}}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def write_all() -> None:
    """Writes the table and the scripts."""
    TABLE.write_text(rendered(completion_table()), "utf-8")
    for script in SCRIPTS.values():
        (_ROOT / "completions" / script.file).write_text(script.text, "utf-8")


def _lines(entries: dict[str, Any]) -> str:
    rows = (f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items())
    return "{\n" + ",\n".join(rows) + "\n}"


def _entry(command: Command) -> dict[str, Any]:
    options = {"--help": {"help": "Show this message and exit."}, "-h": {"help": "Show this message and exit."}}
    entry: dict[str, Any] = {"options": {}}
    if below := getattr(command, "commands", {}):
        entry["commands"] = {name: verb.help for name, verb in below.items()}
    for parameter in (parameter for parameter in command.params if not getattr(parameter, "hidden", False)):
        if parameter.param_type_name == "argument":
            entry.setdefault("arguments", []).append(_takes(parameter))
            entry["repeats"] = parameter.nargs == -1
        else:
            entry["options"] |= {name: _option(parameter) for name in (*parameter.opts, *parameter.secondary_opts)}
    entry["options"] |= options
    return entry


def _option(parameter: Parameter) -> dict[str, Any]:
    said: dict[str, Any] = {"help": getattr(parameter, "help", "") or ""}
    return said if getattr(parameter, "is_flag", False) else said | {"takes": _takes(parameter)}


def _takes(parameter: Parameter) -> str | list[str]:
    """What a parameter's value is: one of some choices, a kind of name, a file, or nothing that could be known."""
    descriptor: Any = parameter.type_descriptor  # type: ignore[attr-defined]
    if descriptor.is_choice:
        return list(descriptor.choices)
    if descriptor.is_path or descriptor.is_file:
        return "files"
    return "profiles" if parameter.name == "profile" else _BY_METAVAR.get(parameter.metavar or "", "")


if __name__ == "__main__":
    write_all()
