"""What heapscim is held against: each a program of its own that does only what is needed."""
