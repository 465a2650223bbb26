"""Masks secrets in text that others wrote: as they are, in any case, encoded, folded over lines, or in pieces.

Imports nothing of ours.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import TypeAlias

MASK = "***"
_PIECE = 8
"""Characters of a secret in a row that are masked in a server's words: servers cut and fold what they repeat."""
_SHORTEST = 4
"""The shortest secret that is masked: masking shorter ones would make messages unreadable."""
_WHOLE_BELOW = 12
"""A shorter secret is masked only as a whole: its pieces may be ordinary words."""
_RANDOM_FROM = 20
"""A secret of this length is no word of any language: it is masked wherever it stands, also inside a longer string."""
_WORD_BELOW, _NUMBER_BELOW = 12, 8
"""A shorter secret of letters or digits alone may be an ordinary word: it is masked only where secrets stand."""
_MOST_DECODINGS = 4
_MOST_READ = 4096
"""Characters of a server's words that are read; this limits the cost of a hostile response."""
_ENCODED = re.compile(
    r"%u[0-9a-f]{4}|%[0-9a-f]{2}|=[0-9a-f]{2}|\\u\{?[0-9a-f]{4}\}?|\\x[0-9a-f]{2}|\\[0-7]{3}|\\[nrt/\\\"']|&#x?0*[0-9a-f]{1,7};?|&[a-z]{2,10};",
    re.IGNORECASE,
)
_SPACES = {"n": "\n", "r": "\r", "t": "\t"}
_BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0000-\U000e0fff"
"""Invisible characters outside Unicode's category Cf: fillers, joiners, variation selectors, tags."""
_BLANK = re.compile(f"[{_BLANKS}]")
_SECRET_PLACE = re.compile(
    r"(?:bearer|basic|auth|authorization|token|secret|password|passwd|pwd|passphrase|credentials?|key)\W{0,3}$|=\W?$"
)
_LONGEST_NAME = 24
_QUOTES = frozenset("'\"`´‘’“”„«»")
_TO_BASE64 = str.maketrans("-_", "+/")


def inked(text: str) -> str:
    """Returns the text without characters that nobody can see; each gap between words becomes one space."""
    if not (text.isascii() and text.isprintable()):
        kept = (" " if char.isspace() else char for char in _BLANK.sub("", text) if char.isspace() or _has_ink(char))
        text = "".join(kept)
    return " ".join(text.split())


def redacted(text: str, secrets: Collection[str]) -> str:
    """Masks every secret in a text. Its time is proportional to the text, whatever the text holds."""
    known = _worth_masking(secrets)
    return _redaction(known, whole=True).applied(text) if known and text else text


def foreign_words(text: str, secrets: Collection[str], most: int = 200) -> str:
    """Returns a server's words fit to show: on one line, without secrets or pieces of them, cut to ``most``.

    The order matters: invisible characters may split a secret, and cutting first would leave a piece of one.
    """
    words = inked(text[: 4 * _MOST_READ])[:_MOST_READ]
    known = _worth_masking(secrets)
    words = _redaction(known, whole=False).applied(words) if known else words
    return words if len(words) <= most else words[: most - 1] + "…"


class _Rule(IntEnum):
    """Says where a secret, or a form of it, is masked; a lower rule masks more."""

    ANYWHERE = 0
    TOKEN = 1
    """Where no letter and no digit touches it: never inside a longer word."""
    PLACE = 2
    """Where, besides, a secret is to be expected: after a name such as ``token=``, in quotes, or alone."""

    @classmethod
    def of(cls, secret: str) -> _Rule:
        """Returns the rule for a whole secret. What a person may also write as a word is masked least."""
        if len(_bare(secret)) >= _RANDOM_FROM:
            return cls.ANYWHERE
        limit = _WORD_BELOW if secret.isalpha() else _NUMBER_BELOW if secret.isdigit() else _SHORTEST
        return cls.PLACE if len(secret) < limit else cls.TOKEN


@dataclass(frozen=True, slots=True)
class _Reading:
    """Holds a text without gaps and in lower case, with the start and end of each character in the original."""

    text: str
    starts: list[int]
    ends: list[int]

    def fits(self, at: int, length: int, rule: _Rule) -> bool:
        """Returns whether what stands at a place may be masked by a rule."""
        end = at + length
        touched_before = at > 0 and self.ends[at - 1] == self.starts[at]
        touched_after = end < len(self.text) and self.ends[end - 1] == self.starts[end]
        before = self.text[at - 1] if touched_before else " "
        after = self.text[end] if touched_after else " "
        if rule is _Rule.ANYWHERE:
            return True
        if before.isalnum() or after.isalnum() or (length < _PIECE and not self._is_unbroken(at, end)):
            return False
        is_alone = at == 0 and end == len(self.text)
        is_quoted = before in _QUOTES and after in _QUOTES
        is_named = before == ":" or _SECRET_PLACE.search(self.text[max(0, at - _LONGEST_NAME) : at]) is not None
        return rule is _Rule.TOKEN or is_alone or is_quoted or is_named

    def _is_unbroken(self, at: int, end: int) -> bool:
        return all(self.ends[place] == self.starts[place + 1] for place in range(at, end - 1))

    def plain(self) -> _Reading:
        """Keeps letters and digits only, since quotes, commas and backslashes may join the parts of a folded text."""
        kept = [entry for entry in zip(self.text, self.starts, self.ends, strict=True) if entry[0].isalnum()]
        return _Reading("".join(char for char, _, _ in kept), [at for _, at, _ in kept], [at for _, _, at in kept])

    def decoded(self) -> _Reading | None:
        """Returns the text with its encoded characters decoded; None if it has none."""
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


_Forms: TypeAlias = dict[int, dict[str, _Rule]]
"""Length → form of a secret → where it is masked."""


class _Redaction:
    """Holds secrets, prepared for searching."""

    def __init__(self, secrets: Collection[str], *, whole: bool) -> None:
        self._whole = whole
        self._pieces: _Forms = {}
        self._plain: _Forms = {}
        self._base64: _Forms = {}
        for secret in secrets:
            rule = _Rule.of(secret)
            self._add(self._pieces, _bare(secret), rule)
            if len(secret) >= _PIECE:
                in_hex = secret.encode("utf-8", "replace").hex()
                for forms in (self._pieces, self._plain):
                    self._add(forms, in_hex, _Rule.ANYWHERE)
                plain = "".join(filter(str.isalnum, _bare(secret)))
                if len(plain) >= _WHOLE_BELOW:
                    self._add(self._plain, plain, rule)
                for form in _base64_forms(secret):
                    self._add(self._base64, form, _Rule.ANYWHERE)

    def _add(self, forms: _Forms, form: str, rule: _Rule) -> None:
        """Adds a form of a secret: whole, or for a server's words in pieces, unless these may be ordinary words."""
        if self._whole or len(form) < _WHOLE_BELOW:
            _put(forms, form, rule)
        else:
            for at in range(len(form) - _PIECE + 1):
                _put(forms, form[at : at + _PIECE], _Rule.ANYWHERE)

    def applied(self, text: str) -> str:
        """Returns the text with each secret, or piece of one, masked."""
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


def _put(forms: _Forms, form: str, rule: _Rule) -> None:
    """Adds a form; if two secrets share it, the rule that masks more holds."""
    if form:
        known = forms.setdefault(len(form), {})
        known[form] = min(rule, known.get(form, rule))


def _worth_masking(secrets: Iterable[str]) -> frozenset[str]:
    """Leaves out empty and blank secrets, which would mask every gap between letters or words."""
    return frozenset(filter(str.strip, secrets))


@lru_cache(maxsize=8)
def _redaction(secrets: frozenset[str], *, whole: bool) -> _Redaction:
    return _Redaction(secrets, whole=whole)


def _base64_forms(secret: str) -> Iterator[str]:
    """Yields a secret's base64 at each offset in the encoded bytes, without the digits that depend on neighbours."""
    for text in {secret, secret.upper(), secret.lower()}:
        content = text.encode("utf-8", "replace")
        for before in range(3):
            whole = base64.b64encode(b"\0" * before + content).decode("ascii").rstrip("=")
            own = whole[(0, 2, 3)[before] :]
            yield (own if (before + len(content)) % 3 == 0 else own[:-1]).lower()


def _found(text: str, reading: _Reading, forms: _Forms) -> Iterator[tuple[int, int]]:
    """Yields the spans in the original where forms of secrets are."""
    for length, known in forms.items():
        for at in range(len(text) - length + 1):
            rule = known.get(text[at : at + length])
            if rule is not None and reading.fits(at, length, rule):
                yield reading.starts[at], reading.ends[at + length - 1]


def _with_masks(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Returns the text with one mask for each run of touching spans."""
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
    """Returns one character in lower case, a full-width or mathematical letter as its plain form."""
    lower = (char if char.isascii() else unicodedata.normalize("NFKC", char)).lower()
    return lower if len(lower) == 1 else char


def _has_ink(char: str) -> bool:
    if "!" <= char <= "~":
        return True
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") and not _BLANK.match(char)


def _meant(code: str) -> str:
    """Returns the character that an encoded one stands for."""
    if code[0] == "&":
        from html import unescape

        meant = unescape(code if code.endswith(";") else f"{code};")
        return meant if len(meant) == 1 else "\0"
    digits = code.lstrip("%=\\uxUX{").rstrip("}")
    if code[0] == "\\" and len(code) == 2:  # noqa: PLR2004 - a backslash and what it escapes
        return _SPACES.get(code[1], code[1])
    return chr(int(digits, 8 if re.fullmatch(r"\\[0-7]{3}", code) else 16))
