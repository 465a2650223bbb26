"""Regenerates parts of pages, the output of the commands on them, and completions: ``python -m tests.docs``."""

import sys
import tempfile
from pathlib import Path

from tests.docs.completions import write_all
from tests.docs.pages import PAGES, as_it_must_be, name_of

write_all()
for page in PAGES:
    before = page.read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        after = as_it_must_be(page, Path(folder).resolve())
    if after != before:
        page.write_text(after, "utf-8")
        sys.stdout.write(f"{name_of(page)} is rewritten.\n")
