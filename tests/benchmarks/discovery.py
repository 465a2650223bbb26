"""What the benchmark's server says of itself: its configuration, resource types and schemas (RFC 7643 §5–7)."""

from typing import Any

CORE = "urn:ietf:params:scim:schemas:core:2.0"


def _attribute(name: str, type: str, *parts: dict[str, Any], multi_valued: bool = False) -> dict[str, Any]:
    attribute: dict[str, Any] = {
        "name": name,
        "type": type,
        "multiValued": multi_valued,
        "description": f"The {name}.",
        "required": name in {"userName", "displayName"},
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "server" if name == "userName" else "none",
    }
    if parts:
        attribute["subAttributes"] = list(parts)
    return attribute


def _type(name: str, endpoint: str) -> dict[str, Any]:
    return {
        "schemas": [f"{CORE}:ResourceType"],
        "id": name,
        "name": name,
        "endpoint": endpoint,
        "description": name,
        "schema": f"{CORE}:{name}",
        "meta": {"resourceType": "ResourceType", "location": f"/ResourceTypes/{name}"},
    }


def _schema(name: str, *attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        "schemas": [f"{CORE}:Schema"],
        "id": f"{CORE}:{name}",
        "name": name,
        "description": name,
        "attributes": list(attributes),
        "meta": {"resourceType": "Schema", "location": f"/Schemas/{CORE}:{name}"},
    }


def _list(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": len(resources),
        "startIndex": 1,
        "itemsPerPage": len(resources),
        "Resources": list(resources),
    }


DOCUMENTS = {
    "ServiceProviderConfig": {
        "schemas": [f"{CORE}:ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": 1000},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": False},
        "authenticationSchemes": [
            {"type": "oauthbearertoken", "name": "Bearer token", "description": "A token in the Authorization header."}
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": "/ServiceProviderConfig"},
    },
    "ResourceTypes": _list(_type("User", "/Users"), _type("Group", "/Groups")),
    "Schemas": _list(
        _schema(
            "User",
            _attribute("userName", "string"),
            _attribute("name", "complex", _attribute("givenName", "string"), _attribute("familyName", "string")),
            _attribute("active", "boolean"),
            _attribute("role", "string"),
        ),
        _schema(
            "Group",
            _attribute("displayName", "string"),
            _attribute(
                "members",
                "complex",
                _attribute("value", "string"),
                _attribute("display", "string"),
                multi_valued=True,
            ),
        ),
    ),
}
