"""Holds the completion script of each shell."""

from __future__ import annotations

from typing import NamedTuple


class Script(NamedTuple):
    """Holds the script of one shell."""

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
    if [[ ${COMPREPLY[0]} == *[:=] ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -F _heapscim heapscim
""",
    ),
    "zsh": Script(
        "_heapscim",
        """\
#compdef heapscim
_heapscim() {
    local -a lines values shown open
    local line
    lines=("${(@f)$(_HEAPSCIM_COMPLETE=zsh heapscim "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    if [[ ${lines[1]} == files ]]; then
        compset -P '--*='
        _files
        return
    fi
    for line in "${(@)lines[2,-1]}"; do
        if [[ ${line%%$'\\t'*} == *[:/=] ]]; then
            open+=("$line")
            continue
        fi
        values+=("${line%%$'\\t'*}")
        if [[ $line == *$'\\t'* ]]; then
            shown+=("${line%%$'\\t'*}  -- ${line#*$'\\t'}")
        else
            shown+=("$line")
        fi
    done
    compadd -l -S '' -a open
    compadd -l -d shown -a values
}
if [[ ${funcstack[1]} == _heapscim ]]; then
    _heapscim "$@"
elif (( $+functions[compdef] )); then
    compdef _heapscim heapscim
else
    print -u2 'heapscim: zsh completes only after compinit.' \\
        'Put this line above the one of heapscim in ~/.zshrc: autoload -Uz compinit && compinit'
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
        set -l option (string match --regex -- '^--[^=]+=' "$current")
        for path in (__fish_complete_path (string replace -- "$option" '' "$current"))
            echo "$option$path"
        end
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
