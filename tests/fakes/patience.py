"""How long a test waits for what should happen at once. A busy machine may need more: ``HEAPSCIM_TEST_PATIENCE=3``."""

import os
from typing import Final

FACTOR: Final = float(os.environ.get("HEAPSCIM_TEST_PATIENCE", "1"))
PATIENCE: Final = 90.0 * FACTOR
"""Seconds; no bound in a test is shorter."""
