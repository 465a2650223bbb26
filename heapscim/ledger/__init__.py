"""Holds the ledger: what heapscim manages in a tenant and did there. A port, with a package for each kind of store."""
