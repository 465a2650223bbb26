"""The ledger: what heapscim manages in a tenant, and everything it ever did there. SQLite, one file per profile."""
