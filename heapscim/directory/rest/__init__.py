"""Lists of a directory that is a REST service: paged, freed of duplicates, and proven complete. Knows no service."""
