"""Takes pictures of the review's page for the docs, light and dark.

A picture holds the digest of the page that it shows: a new one is taken only of another page, and a test needs no
browser to see that a picture is out of date.
"""

import hashlib
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from heapscim.output.review.page import page_of
from tests.docs.pictures import FOLDER
from tests.fakes.reviews import team

NAMES: Mapping[Literal["light", "dark"], Path] = {
    "light": FOLDER / "review-light.png",
    "dark": FOLDER / "review-dark.png",
}
_KEY = b"Source"
"""The keyword of the text in a picture (PNG specification, 11.3.3.3)."""
_END_OF_HEADER = 33
"""The signature takes 8 bytes, and the first chunk 25."""


def page() -> str:
    """Returns the page that the pictures show: that of a made-up team on a day that never changes."""
    text = page_of(team(), profile="default", tenant="https://heapanalytics.com/scim/v2/1234567")
    return text.replace(_version(text), "Made by heapscim.")


def digest(text: str) -> str:
    """Returns what a picture says it is of."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_in(picture: Path) -> str:
    """Returns the digest of the page that a picture shows; empty if there is none."""
    content = picture.read_bytes() if picture.is_file() else b""
    _, _, rest = content.partition(b"tEXt" + _KEY + b"\0")
    return rest[:64].decode("ascii")


def take(folder: Path) -> dict[Path, bytes]:
    """Returns the pictures that are out of date, as they are to be."""
    text = page()
    old = {theme: path for theme, path in NAMES.items() if digest_in(path) != digest(text)}
    if not old:
        return {}
    from tests.fakes.browsers import opened, running_browser

    (folder / "review.html").write_text(text, "utf-8")
    taken = {}
    with running_browser() as browser:
        for theme, path in old.items():
            with opened(browser, (folder / "review.html").as_uri(), theme=theme) as watched:
                watched.page.set_viewport_size({"width": 1120, "height": 1130})
                taken[path] = _with_digest(watched.page.screenshot(), digest(text))
    return taken


def _with_digest(picture: bytes, digest: str) -> bytes:
    chunk = b"tEXt" + _KEY + b"\0" + digest.encode("ascii")
    whole = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return picture[:_END_OF_HEADER] + whole + picture[_END_OF_HEADER:]


def _version(text: str) -> str:
    """Returns the sentence that names the program's version: a release is no other page."""
    return text[text.index("Made by heapscim") : text.index(" Days and times")]
