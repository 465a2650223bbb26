"""Shows results: data on stdout, everything else on stderr. The only importer of Rich."""
