"""Splits and quotes words as shells do, as far as completion needs it."""

from __future__ import annotations

from heapscim.model.caseless import caseless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    CurrentWord: TypeAlias = tuple[str, str]
    """The word under the cursor as bash sees it: the quotation mark that is typed and not closed, and the part that
    bash keeps, since its separators (``@``, ``:``, ``=``) end a word for it."""

_LEFT_IN_TEXT = ("@", "$")
"""Separators that bash counts to the next word (readline's special prefixes); the others end the word before."""
_PLAIN = "_@%+=:,./-"
"""What needs no quotes, beside letters and digits."""


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
        return open_quote, ""
    last = max((word.rfind(char) for char in breaks if not char.isspace()), default=-1)
    if word[last : last + 1] in _LEFT_IN_TEXT:
        return "", word[: max(last, 0)]
    return "", word[: last + 1]


def quoted_for(shell: str, value: str, word: CurrentWord) -> str:
    """Returns a candidate quoted for the line; zsh and fish quote by themselves."""
    if shell == "powershell":
        is_plain = all(char.isalnum() or char in _PLAIN for char in value) and value[:1] != "@"
        return value if is_plain else "'" + value.replace("'", "''") + "'"
    if shell != "bash":
        return value
    open_quote, kept = word
    if open_quote == '"':
        return _escaped(value, lambda char: char in '"\\$`')
    if open_quote:
        return value.replace("'", "'\\''")
    rest = value[len(kept) :] if caseless(value[: len(kept)]) == caseless(kept) else value
    return _escaped(rest, lambda char: not (char.isalnum() or char in _PLAIN))


def _escaped(text: str, needs_it: Callable[[str], bool]) -> str:
    return "".join(f"\\{char}" if needs_it(char) else char for char in text)
