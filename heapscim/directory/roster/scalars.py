"""Writes one value as YAML or JSON such that the roster's reader takes exactly that value from it."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[^\W\d_][\w.@+'-]*(?: [\w.@+'-]+)*")
_NOT_TEXT_ELSEWHERE = re.compile(r"(?i:true|false|yes|no|on|off|y|n|null)")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNSAFE = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]')


def scalar(value: str, *, quoted: bool) -> str:
    """A value, quoted where that was asked for or where a bare one could be misread, here or by another YAML reader."""
    if not quoted and _PLAIN.fullmatch(value) and not _NOT_TEXT_ELSEWHERE.fullmatch(value):
        return value
    return '"' + _UNSAFE.sub(_escaped, value) + '"'


def _escaped(found: re.Match[str]) -> str:
    char = found.group()
    return _ESCAPES.get(char) or f"\\u{ord(char):04x}"
