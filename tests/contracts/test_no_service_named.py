"""What speaks HTTP and SCIM knows no service: its source text names none, in code, messages or docstrings."""

import re
from pathlib import Path

import pytest

import heapscim

SERVICES = re.compile(
    r"(?<![a-z])(heap(?!scim)|jumpcloud|okta|onelogin|google|azure|entra(?![a-z])|entraid)", re.IGNORECASE
)
"""Our own name begins with that of a service."""
ROOT = Path(heapscim.__file__).parent
MODULES = sorted(str(path.relative_to(ROOT)) for room in ("http", "scim") for path in (ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_of_http_or_scim_names_no_service(module: str) -> None:
    lines = (ROOT / module).read_text("utf-8").splitlines()
    assert [f"{module}:{number}: {line}" for number, line in enumerate(lines, 1) if SERVICES.search(line)] == []


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("from heapscim.scim import urns  # urn:ietf:params:scim:schemas:core:2.0:User", None),
        ("the cheapest way to the central entrance", None),
        ("Heap says no", "Heap"),
        ("HEAP_HOST = 'heapanalytics.com'", "HEAP"),
        ("class JumpCloudApi:", "JumpCloud"),
        ("as Okta sends it", "Okta"),
        ("Entra's form", "Entra"),
        ("an EntraID tenant", "EntraID"),
        ("from_google = True", "google"),
    ],
)
def test_the_words_that_name_a_service_are_found(line: str, named: str | None) -> None:
    found = SERVICES.search(line)
    assert (found and found[0]) == named


def test_every_module_of_both_rooms_is_looked_at() -> None:
    assert {"http/session.py", "http/transport.py", "scim/client.py", "scim/messages.py"} <= set(MODULES)
