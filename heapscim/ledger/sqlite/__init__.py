"""Keeps the ledger in one SQLite file for each profile. The only home of sqlite3."""
