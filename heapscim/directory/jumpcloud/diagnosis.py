"""Explains why JumpCloud refused: a wrong region, a bad key, a missing permission, an organisation to choose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from heapscim import errors
from heapscim.directory.connection import RestSession

ORGANISATIONS = "/api/organizations"
_APPLICATIONS = "/api/applications"
_PERMISSIONS = (
    ("/membership", "the members of user groups"),
    ("/memberof", "the members of user groups"),
    ("/associations", "what is bound to applications"),
    (_APPLICATIONS, "applications"),
    ("/usergroups", "user groups"),
    ("/systemusers", "users"),
)
"""What a role must be allowed to read, by a part of the request's path; the first that fits counts."""
_SET_ORGANISATION = "Run `heapscim activate --set jumpcloud.org_id={}`."


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Sends the requests that tell one cause from another, and no others."""

    session: RestSession
    where: str
    """The region or address that was asked."""
    org_id: str | None
    secret: str
    """``API key`` or ``service account``."""
    elsewhere: Mapping[str, Callable[[], AbstractAsyncContextManager[RestSession]]] = field(default_factory=dict)
    """Other regions, by name."""

    async def explain(self, error: errors.RequestError, request: str) -> errors.DirectoryError:
        """Returns the failure of a request as a directory's error."""
        match error:
            case errors.Unauthenticated():
                return await self._refused(error)
            case errors.Forbidden():
                return await self._forbidden(error, request)
            case errors.ResponseLost():
                return errors.DirectoryResponseLost(error.message, hint=error.hint)
            case errors.Unavailable():
                return errors.DirectoryUnavailable(error.message, hint=error.hint)
            case errors.NotFound():
                return errors.NotInDirectory(error.message, hint=error.hint)
        return errors.DirectoryError(error.message, hint=error.hint)

    async def _refused(self, error: errors.RequestError) -> errors.DirectoryError:
        organisations = await _organisations(self.session)
        if organisations is not None:
            return self._organisation(organisations, error)
        for region, connect in self.elsewhere.items():
            async with connect() as session:
                if await _organisations(session) is not None:
                    return errors.WrongRegion(
                        f"JumpCloud's region {self.where} doesn't know the {self.secret}; region {region} does.",
                        hint=f"Run `heapscim activate --set jumpcloud.region={region}`.",
                    )
        return errors.DirectoryUnauthenticated(error.message, hint=error.hint)

    async def _forbidden(self, error: errors.RequestError, request: str) -> errors.DirectoryError:
        """Names the permission that is missing, unless the header that names the organisation is the reason."""
        if self.org_id is not None:
            with_id = await _is_allowed(self.session, {"x-org-id": self.org_id})
            if with_id is False and await _is_allowed(self.session, {}):
                return errors.DirectoryForbidden(
                    f"JumpCloud refuses the {self.secret} only because the profile names an organisation (403): it "
                    "belongs to an administrator of one organisation, who may not name it.",
                    hint="Leave jumpcloud.org_id out: `heapscim activate --set jumpcloud.org_id=`.",
                )
        missing = next((what for path, what in _PERMISSIONS if path in request and request.startswith("GET ")), None)
        hint = error.hint if missing is None else f"Its role lacks the permission to read {missing}. {error.hint}"
        return errors.DirectoryForbidden(error.message, hint=hint)

    def _organisation(self, organisations: Mapping[str, str], error: errors.RequestError) -> errors.DirectoryError:
        listed = ", ".join(f"{name} ({id})" for id, name in organisations.items())
        if self.org_id is None and len(organisations) > 1:
            return errors.OrganisationNeeded(
                f"The {self.secret} sees several JumpCloud organisations, and the profile chooses none: {listed}.",
                hint=_SET_ORGANISATION.format("ID"),
            )
        if self.org_id is not None and self.org_id not in organisations:
            return errors.OrganisationNeeded(
                f"The {self.secret} doesn't see the JumpCloud organisation {self.org_id}; it sees {listed or 'none'}.",
                hint=_SET_ORGANISATION.format("ID"),
            )
        return errors.DirectoryUnauthenticated(error.message, hint=error.hint)


async def _is_allowed(session: RestSession, headers: Mapping[str, str]) -> bool | None:
    """Returns whether applications may be read with these headers; None if that can't be told."""
    try:
        await session.ask("GET", _APPLICATIONS, query={"limit": 1, "skip": 0}, headers=headers)
    except errors.RequestError as error:
        return False if isinstance(error, errors.Forbidden) else None
    return True


async def _organisations(session: RestSession) -> Mapping[str, str] | None:
    """Returns the organisations that the secret sees, by id; None if the request fails."""
    try:
        document = (await session.ask("GET", ORGANISATIONS, query={"limit": 100, "skip": 0})).document
    except errors.RequestError:
        return None
    rows = document.get("results") if isinstance(document, Mapping) else None
    found = rows if isinstance(rows, list) else []
    return {str(row.get("_id")): str(row.get("displayName")) for row in found if isinstance(row, Mapping)}
