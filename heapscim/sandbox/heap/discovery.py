"""Describes the rehearsal tenant: ServiceProviderConfig, ResourceTypes and Schemas (RFC 7643 §5 to §7)."""

from __future__ import annotations

from heapscim.sandbox.heap.store import Document
from heapscim.sandbox.heap.switches import Behaviour
from heapscim.scim import urns


def service_provider_config(behaviour: Behaviour, base_url: str) -> Document:
    """Returns what the tenant says it supports."""
    return {
        "schemas": [urns.SERVICE_PROVIDER_CONFIG],
        "patch": {"supported": behaviour.patch == "yes"},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": behaviour.filter == "yes", "maxResults": behaviour.page_cap},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": False},
        "authenticationSchemes": [
            {"type": "oauthbearertoken", "name": "Bearer token", "description": "The token of the account settings."}
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base_url}/ServiceProviderConfig"},
    }


def resource_types(base_url: str) -> list[Document]:
    """Returns the resource types: users and groups."""
    return [
        {
            "schemas": [urns.RESOURCE_TYPE],
            "id": name,
            "name": name,
            "endpoint": f"/{name}s",
            "description": description,
            "schema": schema,
            "meta": {"resourceType": "ResourceType", "location": f"{base_url}/ResourceTypes/{name}"},
        }
        for name, schema, description in (
            ("User", urns.USER, "A teammate."),
            ("Group", urns.GROUP, "A team."),
        )
    ]


def schemas(base_url: str) -> list[Document]:
    """Returns the schemas of users and groups."""
    name_parts = [_attribute("givenName"), _attribute("familyName"), _attribute("formatted")]
    member_parts = [
        _attribute("value", mutability="immutable"),
        _attribute("display", mutability="readOnly"),
        {**_attribute("$ref", mutability="immutable"), "type": "reference", "referenceTypes": ["User"]},
    ]
    users = [
        _attribute("userName", required=True, mutability="immutable", uniqueness="server"),
        {**_attribute("name"), "type": "complex", "subAttributes": name_parts},
        {**_attribute("active"), "type": "boolean"},
        _attribute("displayName"),
        _attribute("title"),
        _attribute("role"),
    ]
    groups = [
        _attribute("displayName", required=True, uniqueness="server"),
        {**_attribute("members"), "type": "complex", "multiValued": True, "subAttributes": member_parts},
    ]
    return [
        {
            "schemas": [urns.SCHEMA],
            "id": urn,
            "name": name,
            "description": f"A {name.lower()}.",
            "attributes": attributes,
            "meta": {"resourceType": "Schema", "location": f"{base_url}/Schemas/{urn}"},
        }
        for urn, name, attributes in ((urns.USER, "User", users), (urns.GROUP, "Group", groups))
    ]


def _attribute(
    name: str, *, required: bool = False, mutability: str = "readWrite", uniqueness: str = "none"
) -> Document:
    return {
        "name": name,
        "type": "string",
        "multiValued": False,
        "description": name,
        "required": required,
        "caseExact": False,
        "mutability": mutability,
        "returned": "default",
        "uniqueness": uniqueness,
    }
