"""``python -m tests.docs``: writes the generated parts of all pages, and the output of the commands on them, anew."""

import sys
import tempfile
from pathlib import Path

from tests.docs.pages import PAGES, as_it_must_be, name_of

for page in PAGES:
    before = page.read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        after = as_it_must_be(page, Path(folder).resolve())
    if after != before:
        page.write_text(after, "utf-8")
        sys.stdout.write(f"{name_of(page)} is written anew.\n")
