"""Reads the lists of a REST service: paged, freed of duplicates, and proven complete. Knows no service."""
