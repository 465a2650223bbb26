"""``python -m tests.docs``: writes what is generated: parts of pages, the output of commands on them, completions."""

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
        sys.stdout.write(f"{name_of(page)} is written anew.\n")
