"""Imports accounts of Heap into the directory."""
