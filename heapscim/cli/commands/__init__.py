"""Holds one file for each command or noun: its options, its help, and the workflow it calls."""
