"""Holds what the settings of a profile are where its file doesn't say.

Made by ``python -m tests.docs``.
"""
# fmt: off

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEFAULTS: dict[str, Any] = {
    "directory": None,
    "manage_groups": True,
    "scope": None,
    "grace": "0s",
    "protect": (),
    "admin_role": "Admin",
    "dialect": {},
    "limits": {
        "removal_share": 0.1,
        "removal_count": None,
        "update_share": 0.3,
        "member_removal_share": 0.5,
        "group_deletion_share": 0.1,
        "min_population": 10,
    },
    "http": {"max_in_flight": 8, "timeout": 30.0, "retries": 5, "late_margin": None, "longest_pause": 300.0},
    "history": {"keep_days": None},
    "notify": None,
    "disconnected": False,
    "directories": {},
}
