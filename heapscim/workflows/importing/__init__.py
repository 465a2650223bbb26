"""Brings accounts of Heap into the directory."""
