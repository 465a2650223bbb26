"""Holds one HTTP session for each service, with one rate limit for all its requests. Knows no service by name."""

from __future__ import annotations

import sys

# httpx imports its own command line where click and rich are installed, which takes longer than httpx itself, and does
# without it where that fails. Every module here that imports httpx comes by this line first.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # None: importing it fails
