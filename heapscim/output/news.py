"""Words news for a mail, and for webhooks of Slack and Teams. Names are data: nothing in them is obeyed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from heapscim.output.text import cropped

_LONGEST_LINE = 600
_LONGEST_SUBJECT = 160
_MOST_OF_MAIL = 100_000
_MOST_OF_CHAT = 3_000
"""Characters. Teams takes messages of 28 KB; Slack advises up to 4,000 characters."""
_MOST_LINES = 30
_MENTION = re.compile(r"@(?=\w)")
_LINK = re.compile(r"\](?=\()")


@dataclass(frozen=True, slots=True)
class Message:
    """Holds news in plain text: a line that says all, then the details."""

    subject: str
    lines: Sequence[str]

    @property
    def header(self) -> str:
        """Returns the first line, which can be the subject of a mail."""
        return cropped(self.subject, _LONGEST_SUBJECT)

    def for_mail(self) -> list[str]:
        """Returns the lines of a mail."""
        return list(_fitting(self.lines, _MOST_OF_MAIL, len(self.lines)))

    def for_chat(self) -> list[str]:
        """Returns the lines of a message in a chat."""
        return list(_fitting(self.lines, _MOST_OF_CHAT, _MOST_LINES))


def slack_body(message: Message) -> dict[str, object]:
    """Returns the body of a Slack webhook; those that work like it, as Mattermost's, take it, too.

    Slack obeys nothing without ``<`` and ``>``, others also ``@channel`` and links in Markdown.
    """
    text = "\n".join([message.header, *message.for_chat()])
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": _LINK.sub("]\u200b", _MENTION.sub("@\u200b", escaped)), "mrkdwn": False}


def teams_body(message: Message) -> dict[str, object]:
    """Returns the body of a Teams workflow: an Adaptive Card whose text runs obey no Markdown and mention no one."""
    blocks = [_block(message.header, weight="Bolder"), *(_block(line) for line in message.for_chat() if line)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _block(text: str, **look: str) -> dict[str, object]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **look}]}


def _fitting(lines: Iterable[str], most: int, most_lines: int) -> Iterator[str]:
    """Yields lines, cropped, as long as they fit; says in the last one that there are more."""
    left = most
    for number, line in enumerate(lines):
        shown = cropped(line, _LONGEST_LINE)
        left -= len(shown) + 1
        if left < 0 or number >= most_lines:
            yield "…"
            return
        yield shown
