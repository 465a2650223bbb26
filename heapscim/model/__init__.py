"""Holds the values that every room speaks: the directory, desired and current state, changes, plan.

Imports errors alone.
"""
