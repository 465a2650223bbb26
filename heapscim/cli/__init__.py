"""Reads the command line: one file for each command or noun, the help, and completion."""
