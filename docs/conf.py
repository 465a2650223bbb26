"""Configures Sphinx, which makes a web site of these pages: ``sphinx-build -n -W docs site``. A broken link fails."""

import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx

from heapscim import __version__

project = "heapscim"
author = "the heapscim maintainers"
release = version = __version__
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "README"
exclude_patterns = ["man"]
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]  # no lexer knows CSV
html_theme = "furo"
html_title = f"heapscim {release}"
html_copy_source = False
html_show_sphinx = False

_SECTION = re.compile(r"^## (.+)\n((?:.+\n|\n(?!## ))+)", re.MULTILINE)
_PAGE = re.compile(r"\]\(([\w/-]+)\.md\)")


def setup(app: Sphinx) -> None:
    """Makes the navigation of the links on the first page, which forges show, too; and an index of that page."""
    app.connect("source-read", _with_navigation)
    app.connect("build-finished", _with_index)


def _with_navigation(app: Sphinx, name: str, source: list[str]) -> None:
    if name == app.config.root_doc:
        trees = (
            "\n".join(["```{toctree}", ":hidden:", f":caption: {title}", *_PAGE.findall(pages), "```"])
            for title, pages in _SECTION.findall(source[0])
        )
        source[0] += "\n\n" + "\n\n".join(trees) + "\n"


def _with_index(app: Sphinx, failure: Exception | None) -> None:
    if failure is None and app.builder.format == "html":
        shutil.copyfile(Path(app.outdir) / "README.html", Path(app.outdir) / "index.html")
