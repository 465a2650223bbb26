"""Which name a mistyped word means, and when none is likely; why a file can't be used."""

import errno
import os

import pytest

from heapscim.model.phrases import nearest, reason_of

KNOWN = ("update_method", "update_share", "timeout", "retries", "region", "list")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("regoin", "region"),
        ("time-out", "timeout"),
        ("Retires", "retries"),
        ("updatemethod", "update_method"),
        ("upate_shaer", "update_share"),
        ("time", "timeout"),
        ("lst", "list"),
        ("upd", None),
        ("li", None),
        ("", None),
        ("base_url", None),
        ("regular", None),
    ],
)
def test_the_nearest_name_is_the_likely_one_or_none(word: str, meant: str | None) -> None:
    assert nearest(word, KNOWN) == meant
    assert nearest(word, ()) is None


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EISDIR, "it is a folder"),
        (errno.ENOTDIR, "a part of its path is a file, not a folder"),
        (errno.ENOENT, "there is no such file or folder"),
        (errno.EACCES, "Permission denied"),
    ],
)
def test_a_folder_is_never_called_a_directory(number: int, words: str) -> None:
    assert reason_of(OSError(number, os.strerror(number))) == words
    assert reason_of(OSError("it is gone")) == "it is gone"
