"""Shows results: data on stdout, everything else on stderr. The only importer of Rich."""

from typing import Literal, TypeAlias

Format: TypeAlias = Literal["table", "json", "csv"]
"""The form of a command's data on stdout."""
