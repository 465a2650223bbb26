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
