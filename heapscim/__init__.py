"""heapscim provisions people and teams in Heap over SCIM 2.0 from any directory."""

__version__ = "0.1.0"
