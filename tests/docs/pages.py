"""Lists the pages of the documentation, and regenerates each."""

from pathlib import Path

from tests.docs.console import renewed
from tests.docs.reference import with_parts

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
RUN = tuple(page for page in PAGES if "```console\n" in page.read_text("utf-8"))
"""Pages that show commands with their output."""


def name_of(page: Path) -> str:
    """Returns the path of a page inside the repository."""
    return page.relative_to(ROOT).as_posix()


def as_it_must_be(page: Path, folder: Path) -> str:
    """Returns the page with its generated parts and the output of its commands as they are now."""
    text = with_parts(page.read_text("utf-8"))
    return renewed(text, folder) if page in RUN else text
