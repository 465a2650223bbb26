"""Regenerates parts of pages, the output of the commands on them, and completions: ``python -m tests.docs``."""

import sys
import tempfile
from pathlib import Path

from tests.docs.completions import write_all
from tests.docs.manual import MANUAL, manual_pages
from tests.docs.pages import PAGES, as_it_must_be, name_of
from tests.docs.screenshots import take

write_all()
for gone in {*MANUAL.glob("*.1")} - manual_pages().keys():
    gone.unlink()
for path, text in manual_pages().items():
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
with tempfile.TemporaryDirectory() as folder:
    for path, picture in take(Path(folder).resolve()).items():
        path.write_bytes(picture)
        sys.stdout.write(f"{name_of(path)} is rewritten.\n")
for page in PAGES:
    with tempfile.TemporaryDirectory() as folder:
        files = as_it_must_be(page, Path(folder).resolve())
    for path, after in files.items():
        if not path.is_file() or path.read_text("utf-8") != after:
            path.parent.mkdir(exist_ok=True)
            path.write_text(after, "utf-8")
            sys.stdout.write(f"{name_of(path)} is rewritten.\n")
