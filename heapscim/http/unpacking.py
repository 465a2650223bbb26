"""Unpacks the body of a response, and refuses one that is too large before it fills the memory. Knows no connection."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import httpx

PACKINGS = ("gzip", "deflate")
"""The encodings a body may have, only one at a time."""
_OTHER_PACKINGS = ("br", "zstd")
_GZIP, _RAW = zlib.MAX_WBITS | 16, -zlib.MAX_WBITS


class UnreadableBody(httpx.DecodingError):
    """The unpacked body is larger than the limit, or it is packed in a way that wasn't asked for."""


def too_large(most: int) -> UnreadableBody:
    """Returns the error for a body of more than ``most`` bytes."""
    return UnreadableBody(f"is larger than {most >> 20} MB")


def packing_of(encodings: Iterable[bytes]) -> str | None:
    """Returns how a body is packed, by its ``Content-Encoding`` headers; None if it isn't.

    Raises UnreadableBody if it is packed twice, or in a way that wasn't asked for.
    """
    named = [word.strip().casefold() for line in encodings for word in line.decode("latin-1").split(",")]
    packed = [word for word in named if word in (*PACKINGS, *_OTHER_PACKINGS)]  # some servers put a charset there
    if len(packed) > 1 or any(word in _OTHER_PACKINGS for word in packed):
        raise UnreadableBody(f"is packed in a way that wasn't asked for ({', '.join(packed[:3])})")
    return packed[0] if packed else None


def unpacked(body: bytes, packing: str, most: int) -> bytes:
    """Returns an unpacked body of at most ``most`` bytes; raises DecodingError, UnreadableBody for a larger one.

    It never holds more than one byte beyond the limit, whatever the packed body would become.
    """
    try:
        whole = zlib.decompressobj(_GZIP).decompress(body, most + 1) if packing == "gzip" else _inflated(body, most + 1)
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from error
    if len(whole) > most:
        raise too_large(most)
    return whole


def _inflated(body: bytes, most: int) -> bytes:
    """Returns an inflated body: in zlib's format (RFC 9110 §8.4.1.2), or without its header, as some servers send."""
    try:
        return zlib.decompressobj().decompress(body, most)
    except zlib.error:
        return zlib.decompressobj(_RAW).decompress(body, most)
