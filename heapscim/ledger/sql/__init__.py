"""Keeps a ledger in the tables of a database, in the SQL that every kind of it understands. Knows no kind."""
