"""Speaks to a Heap tenant: the target of a plan. The only room that knows Heap."""
