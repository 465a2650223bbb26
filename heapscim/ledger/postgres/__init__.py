"""Keeps the ledgers that several machines share in PostgreSQL, each in a schema. The only home of psycopg."""
