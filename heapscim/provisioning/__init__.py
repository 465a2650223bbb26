"""The decision: from what a directory says to what must change in Heap, and doing it."""
