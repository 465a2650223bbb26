"""Provides a rehearsal tenant on 127.0.0.1 that behaves as Heap documents."""
