"""The bodies of news: names in them are data for Slack, Teams and a mail."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from heapscim.output.news import Message, slack_body, teams_body

HOSTILE = "<!channel> @here & <http://evil.example|click> ](http://evil.example) \r\nBcc: eve@x.org\u202e"


def test_slack_obeys_nothing_in_a_name() -> None:
    body = slack_body(Message("heapscim prod: create <!channel> failed", [HOSTILE]))
    text = str(body["text"])
    assert "<" not in text
    assert ">" not in text
    assert "&lt;!channel&gt;" in text
    assert "@here" not in text
    assert "](http" not in text
    assert "\\r\\nBcc: eve@\u200bx.org\\u202e" in text
    assert body["mrkdwn"] is False


def test_teams_gets_a_card_of_text_runs_alone() -> None:
    body: Any = teams_body(Message("**Title**", [HOSTILE, "", "[x](http://evil.example)"]))
    assert body["type"] == "message"
    [attachment] = body["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    blocks = attachment["content"]["body"]
    assert {block["type"] for block in blocks} == {"RichTextBlock"}
    assert [run["text"] for block in blocks for run in block["inlines"]][::2] == [
        "**Title**",
        "[x](http://evil.example)",
    ]


def test_the_subject_of_a_mail_is_one_line() -> None:
    assert Message("a\r\nBcc: eve@x.org", []).header == "a\\r\\nBcc: eve@x.org"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=900), max_size=60))
@example(["x"] * 3_000)
def test_a_message_fits_every_service(lines: list[str]) -> None:
    message = Message("x" * 500, lines)
    assert len(str(slack_body(message)["text"])) < 40_000
    assert len(json.dumps(teams_body(message), ensure_ascii=False).encode()) < 28_000
