"""Splits and quotes words as shells do, as far as completion needs it."""

from __future__ import annotations

import re
from typing import NamedTuple

from heapscim.model.caseless import caseless

_LEFT_IN_TEXT = ("@", "$")
"""Separators that bash counts to the next word (readline's special prefixes); the others end the word before."""
_PLAIN = re.compile(r"[\w@%+=:,./-]*")


class CurrentWord(NamedTuple):
    """Holds the word under the cursor as bash sees it."""

    open_quote: str
    """The quotation mark that is typed and not closed."""
    kept: str
    """The part that bash keeps, since its separators (``@``, ``:``, ``=``) end a word for it."""


def split_words(line: str) -> tuple[list[str], str]:
    """Returns the words of a POSIX command line, and the quotation mark that is still open at its end.

    A line that ends in white space has an empty last word.
    """
    words, word, quote, escaped = [], "", "", False
    began = True
    for char in line:
        if escaped:
            word += char if quote != '"' or char in '"\\$`' else "\\" + char
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = began = True
        elif quote:
            quote, word = ("", word) if char == quote else (quote, word + char)
        elif char in "'\"":
            quote, began = char, True
        elif char.isspace():
            if began:
                words.append(word)
            word, began = "", False
        else:
            word, began = word + char, True
    return [*words, word], quote


def current_word(word: str, open_quote: str, breaks: str) -> CurrentWord:
    """Returns the word under the cursor; outside quotes, bash completes only the part after its last separator."""
    if open_quote:
        return CurrentWord(open_quote, "")
    last = max((word.rfind(char) for char in breaks if not char.isspace()), default=-1)
    if word[last : last + 1] in _LEFT_IN_TEXT:
        return CurrentWord("", word[: max(last, 0)])
    return CurrentWord("", word[: last + 1])


def quoted_for(shell: str, value: str, word: CurrentWord) -> str:
    """Returns a candidate quoted for the line; zsh and fish quote by themselves."""
    if shell == "powershell":
        return value if _PLAIN.fullmatch(value) and value[:1] != "@" else "'" + value.replace("'", "''") + "'"
    if shell != "bash":
        return value
    if word.open_quote == '"':
        return re.sub(r'(["\\$`])', r"\\\1", value)
    if word.open_quote:
        return value.replace("'", "'\\''")
    rest = value[len(word.kept) :] if caseless(value[: len(word.kept)]) == caseless(word.kept) else value
    return re.sub(r"([^\w@%+=:,./-])", r"\\\1", rest)
