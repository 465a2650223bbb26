"""Takes secrets out of text that others wrote: as they are, in any case, encoded, folded over lines, or in pieces.

Imports nothing of ours. What the environment says may be a secret, too, and is never repeated.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

MASK = "***"
_PIECE = 8
"""So many characters of a secret in a row are masked in foreign words: servers cut and fold what they repeat."""
_SHORTEST = 4
"""Of a URL in the environment: masking a shorter part would make messages unreadable."""
_WHOLE_BELOW = 12
"""Of a shorter secret only the whole is masked: its pieces may be ordinary words."""
_MOST_DECODINGS = 4
_MOST_READ = 4096
"""Characters of foreign words that are looked at; it bounds what a hostile answer costs."""
_ENCODED = re.compile(
    r"%u[0-9a-f]{4}|%[0-9a-f]{2}|=[0-9a-f]{2}|\\u\{?[0-9a-f]{4}\}?|\\x[0-9a-f]{2}|\\[0-7]{3}|\\[nrt/\\\"']|&#x?0*[0-9a-f]{1,7};?|&[a-z]{2,10};",
    re.IGNORECASE,
)
_SPACES = {"n": "\n", "r": "\r", "t": "\t"}
_BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0000-\U000e0fff"
"""Characters without ink that Unicode doesn't file under Cf: fillers, joiners, variation selectors, tags."""
_BLANK = re.compile(f"[{_BLANKS}]")
_TO_BASE64 = str.maketrans("-_", "+/")
_URL = re.compile(r"\s*[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_USER_INFO = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:/+)?(.+)@", re.IGNORECASE | re.DOTALL)
_SECRET_NAME = re.compile(
    r"(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)$", re.IGNORECASE
)


def inked(text: str) -> str:
    """The text without control characters and others that nobody sees; each gap between words is one space."""
    if not (text.isascii() and text.isprintable()):
        kept = (" " if char.isspace() else char for char in _BLANK.sub("", text) if char.isspace() or _has_ink(char))
        text = "".join(kept)
    return " ".join(text.split())


def redacted(text: str, secrets: Collection[str]) -> str:
    """The text with every secret masked. Takes time in proportion to the text, whatever stands in it."""
    known = _worth_masking(secrets)
    return _redaction(known, whole=True).applied(text) if known and text else text


def foreign_words(text: str, secrets: Collection[str], most: int = 200) -> str:
    """Words of a server as a person may read them: on one line, without secrets or pieces of them, cut to ``most``.

    In this order: a secret may be spread by characters that nobody sees, and a cut would leave a piece of it.
    """
    words = inked(text[: 4 * _MOST_READ])[:_MOST_READ]
    known = _worth_masking(secrets)
    words = _redaction(known, whole=False).applied(words) if known else words
    return words if len(words) <= most else words[: most - 1] + "…"


def environment_secrets(environ: Mapping[str, str]) -> frozenset[str]:
    """What of the environment may be a secret: values whose names say so, and user names and passwords in URLs."""
    found: set[str] = set()
    for name, value in environ.items():
        if _SECRET_NAME.search(name) and len(value) >= _PIECE:
            found.add(value)
        elif "@" in value and ("proxy" in name.casefold() or _URL.match(value)):
            found |= url_secrets(value)
    return frozenset(found)


def url_secrets(url: str) -> frozenset[str]:
    """The user name and password of a URL, as they are and decoded. The last @ ends them, whatever stands before it.

    A slash or a # in a password cuts a parser short, which would show the first part as a port: parts count, too.
    """
    from urllib.parse import unquote

    match = _USER_INFO.match(url)
    if match is None:
        return frozenset()
    password = match[1].partition(":")[2] or match[1]
    parts = (match[1], password, unquote(password), *re.split(r"[/?#@\s]", password))
    return frozenset(part for part in parts if len(part) >= _SHORTEST)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text without gaps and in lower case, and where in the original each of its characters begins and ends."""

    text: str
    starts: list[int]
    ends: list[int]

    def plain(self) -> _Reading:
        """Letters and digits alone: quotes, commas and backslashes stand between the parts of what was folded."""
        kept = [entry for entry in zip(self.text, self.starts, self.ends, strict=True) if entry[0].isalnum()]
        return _Reading("".join(char for char, _, _ in kept), [at for _, at, _ in kept], [at for _, _, at in kept])

    def decoded(self) -> _Reading | None:
        """The same with what is encoded taken for what it means; None where nothing is."""
        chars: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        after = 0
        for match in _ENCODED.finditer(self.text):
            begin, end = match.span()
            chars += [*self.text[after:begin], _meant(match[0])]
            starts += [*self.starts[after:begin], self.starts[begin]]
            ends += [*self.ends[after:begin], self.ends[end - 1]]
            after = end
        if not after:
            return None
        rest = slice(after, None)
        return _without_gaps([*chars, *self.text[rest]], [*starts, *self.starts[rest]], [*ends, *self.ends[rest]])


class _Redaction:
    """Secrets, made ready to be looked for."""

    def __init__(self, secrets: Collection[str], *, whole: bool) -> None:
        self._whole = whole
        self._short = [secret for secret in secrets if len(secret) < _PIECE]
        self._pieces: dict[int, set[str]] = {}
        self._plain: dict[int, set[str]] = {}
        self._base64: dict[int, set[str]] = {}
        for secret in secrets:
            if len(secret) >= _PIECE:
                in_hex = secret.encode("utf-8", "replace").hex()
                for form in {_bare(secret), in_hex}:
                    self._add(self._pieces, form)
                self._add(self._plain, in_hex)
                plain = "".join(filter(str.isalnum, _bare(secret)))
                self._add(self._plain, plain if len(plain) >= _WHOLE_BELOW else "")
                for form in _base64_forms(secret):
                    self._add(self._base64, form)

    def applied(self, text: str) -> str:
        masked = self._masked(text) if self._pieces else text
        for secret in sorted(self._short, key=len, reverse=True):
            masked = re.sub(re.escape(secret), MASK, masked, flags=re.IGNORECASE)
        return masked

    def _add(self, pieces: dict[int, set[str]], form: str) -> None:
        length = len(form) if self._whole or len(form) < _WHOLE_BELOW else _PIECE
        if length >= _PIECE:
            pieces.setdefault(length, set()).update(form[at : at + length] for at in range(len(form) - length + 1))

    def _masked(self, text: str) -> str:
        spans: list[tuple[int, int]] = []
        reading: _Reading | None = _without_gaps(list(text), range(len(text)), range(1, len(text) + 1))
        for _ in range(_MOST_DECODINGS):
            if reading is None:
                break
            spans += _found(reading.text, reading, self._pieces)
            plain = reading.plain()
            spans += _found(plain.text, plain, self._plain)
            spans += _found(reading.text.translate(_TO_BASE64), reading, self._base64)
            reading = reading.decoded()
        return _with_masks(text, sorted(spans)) if spans else text


def _worth_masking(secrets: Iterable[str]) -> frozenset[str]:
    """Leaves out empty and blank secrets, which would mask every gap between two letters or words."""
    return frozenset(filter(str.strip, secrets))


@lru_cache(maxsize=8)
def _redaction(secrets: frozenset[str], *, whole: bool) -> _Redaction:
    return _Redaction(secrets, whole=whole)


def _base64_forms(secret: str) -> Iterator[str]:
    """What a secret looks like in base64, wherever in the encoded bytes it begins, without what neighbours decide."""
    for text in {secret, secret.upper(), secret.lower()}:
        content = text.encode("utf-8", "replace")
        for before in range(3):
            whole = base64.b64encode(b"\0" * before + content).decode("ascii").rstrip("=")
            own = whole[(0, 2, 3)[before] :]
            yield (own if (before + len(content)) % 3 == 0 else own[:-1]).lower()


def _found(text: str, reading: _Reading, pieces: Mapping[int, Collection[str]]) -> Iterator[tuple[int, int]]:
    """Where pieces stand, as spans of the original."""
    for length, known in pieces.items():
        for at in range(len(text) - length + 1):
            if text[at : at + length] in known:
                yield reading.starts[at], reading.ends[at + length - 1]


def _with_masks(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with one mask for each stretch of spans that touch."""
    parts: list[str] = []
    after = 0
    for begin, end in spans:
        if begin > after or not parts:
            parts += [text[after:begin], MASK]
        after = max(after, end)
    return "".join([*parts, text[after:]])


def _without_gaps(chars: list[str], starts: Iterable[int], ends: Iterable[int]) -> _Reading:
    kept = [entry for entry in zip(chars, starts, ends, strict=True) if not entry[0].isspace() and _has_ink(entry[0])]
    return _Reading(
        "".join(_lower(char) for char, _, _ in kept), [start for _, start, _ in kept], [end for _, _, end in kept]
    )


def _bare(secret: str) -> str:
    return "".join(_lower(char) for char in secret if not char.isspace() and _has_ink(char))


def _lower(char: str) -> str:
    """One character in lower case, and a full-width or mathematical letter as the plain one that it stands for."""
    lower = (char if char.isascii() else unicodedata.normalize("NFKC", char)).lower()
    return lower if len(lower) == 1 else char


def _has_ink(char: str) -> bool:
    if "!" <= char <= "~":
        return True
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") and not _BLANK.match(char)


def _meant(code: str) -> str:
    """The character that a code stands for."""
    if code[0] == "&":
        from html import unescape

        meant = unescape(code if code.endswith(";") else f"{code};")
        return meant if len(meant) == 1 else "\0"
    digits = code.lstrip("%=\\uxUX{").rstrip("}")
    if code[0] == "\\" and len(code) == 2:  # noqa: PLR2004 - a backslash and what it escapes
        return _SPACES.get(code[1], code[1])
    return chr(int(digits, 8 if re.fullmatch(r"\\[0-7]{3}", code) else 16))
