function __heapscim_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (_HEAPSCIM_COMPLETE=fish heapscim $words[2..-1] "$current" 2>/dev/null)
    if test "$lines[1]" = files
        __fish_complete_path "$current"
    else if set -q lines[2]
        printf '%s\n' $lines[2..-1]
    end
end
complete --command heapscim --no-files --arguments '(__heapscim_complete)'
