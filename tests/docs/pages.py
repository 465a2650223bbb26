"""Lists the pages of the documentation, and regenerates each."""

import re
from pathlib import Path

from tests.docs.console import renewed
from tests.docs.reference import with_parts

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
_PLAYS = re.compile(r"^(```console| *```sh|<!-- picture .*)$", re.MULTILINE)
_CHECKS = (ROOT / "README.md", ROOT / "docs" / "explanation" / "contributing.md")
"""Pages whose ``sh`` blocks install, test or measure the project itself: ``.ci/run`` runs the README's."""
BY_OTHER_TESTS = tuple(
    ROOT / "docs" / "how-to" / f"{name}.md" for name in ("a-shared-ledger", "news", "several-machines")
)
"""Pages whose ``sh`` blocks need a database, or a keyring and a mail server: tests of their own run them."""
RUN = tuple(page for page in PAGES if _PLAYS.search(page.read_text("utf-8")))
"""Pages with commands."""


def name_of(page: Path) -> str:
    """Returns the path of a page inside the repository."""
    return page.relative_to(ROOT).as_posix()


def as_it_must_be(page: Path, folder: Path) -> dict[Path, str]:
    """Returns the page and its pictures, with generated parts and the output of its commands as they are now."""
    text = with_parts(page.read_text("utf-8"))
    after, pictures = played(page, text, folder) if page in RUN else (text, {})
    return {page: after, **pictures}


def played(page: Path, text: str, folder: Path) -> tuple[str, dict[Path, str]]:
    """Returns the text of a page after its commands ran, and its pictures by file."""
    return renewed(text, folder, runs_shell=page not in (*_CHECKS, *BY_OTHER_TESTS))
