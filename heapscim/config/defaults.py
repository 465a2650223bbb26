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
    "ledger": {"url": None, "head_file": None, "head_webhook": False, "mark": None},
    "notify": None,
    "ends": {
        "token": None,
        "directory_key": None,
        "smtp_password": None,
        "webhook_url": None,
        "ledger_password": None,
    },
    "disconnected": False,
    "directories": {},
}
