"""Repeats what a request showed as its proof, in the forms that real servers, proxies and frameworks do."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from html import escape
from typing import Literal, TypeAlias
from urllib.parse import quote

Echo: TypeAlias = Literal[
    "no", "whole", "upper", "folded", "spread", "percent", "double_percent", "base64", "escaped", "entities", "cut"
]

_FORMS: Mapping[Echo, Callable[[str], str]] = {
    "no": lambda _: "",
    "whole": str,
    "upper": str.upper,
    "folded": lambda text: "\r\n ".join(text[at : at + 6] for at in range(0, len(text), 6)),
    "spread": "\u200b".join,
    "percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "double_percent": lambda text: quote("".join(f"%{byte:02X}" for byte in text.encode())),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "escaped": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "entities": lambda text: "".join(f"&#x{ord(char):X};" for char in escape(text)),
    "cut": lambda text: text[:-3] + "...",
}


def echoed(form: Echo, header: str) -> str:
    """What is added to the words of an error: nothing, or an ``Authorization`` header in that form."""
    return f" You sent: {_FORMS[form](header)}" if form != "no" else ""
