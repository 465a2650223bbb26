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
        printf '%s\n' $lines[2..-1]
    end
end
complete --command heapscim --no-files --arguments '(__heapscim_complete)'
