"""How results are shown: data on stdout, everything else on stderr."""
