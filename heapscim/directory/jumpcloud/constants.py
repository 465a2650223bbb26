"""Names the attributes of JumpCloud's users, and the places of its secrets."""

from __future__ import annotations

from heapscim.directory.connection import SecretPlace
from heapscim.directory.kind import SourceAttributes
from heapscim.model.directory import FIRSTNAME, LASTNAME, ROLE, USERNAME

API_KEY = SecretPlace("jumpcloud", ("HEAPSCIM_JUMPCLOUD_API_KEY",))
CLIENT = SecretPlace("jumpcloud-client", ("HEAPSCIM_JUMPCLOUD_CLIENT_ID", "HEAPSCIM_JUMPCLOUD_CLIENT_SECRET"))
ATTRIBUTES = SourceAttributes(
    (
        USERNAME, "email", FIRSTNAME, LASTNAME, "middlename", "displayname", "alternateEmail", "company", "costCenter",
        "department", "description", "employeeIdentifier", "employeeType", "jobTitle", "location", "manager",
        "managedAppleId", "organization", "creationSource", "created", "state", ROLE,
    ),
    prefix="attributes.",
)  # fmt: skip
"""The text attributes of a user in JumpCloud. ``role`` follows from groups, by the profile's role table; a custom
attribute is ``attributes.NAME``."""
