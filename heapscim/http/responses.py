"""Turns an HTTP response into JSON or into one of our errors, without token or body."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from heapscim import errors
from heapscim.http.redaction import MASK, foreign_words

_MOST_READ = 16_384
"""Bytes that are read of a response that isn't JSON."""
_KEYWORDS = frozenset({"invalidfilter", "toomany", "uniqueness", "mutability", "invalidsyntax"}) | frozenset(
    {"invalidpath", "notarget", "invalidvalue", "invalidvers", "sensitive"}
)
"""The ``scimType`` keywords of RFC 7644 §3.12 in lower case. Any other text may hold secrets."""
_SHORTEST_IN_DATA = 8
JSON = "application/json"
_NOT_ACCEPTABLE, _UNSUPPORTED = 406, 415
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Service:
    """Holds what a service is called in messages, and the next step after each kind of refusal."""

    name: str
    secret: str
    """The name of its secret: ``token``, ``API key``."""
    protocol: str
    """The name of its protocol."""
    media_type: str
    """The content type of requests to it."""
    on_refused: str
    """The next step after a 401."""
    on_forbidden: str
    """The next step after a 403."""
    on_nothing_there: str
    """The next step after a 404, or a response in another protocol."""
    address: str
    """The setting that holds its address: ``the Base URL``."""
    says_malformed: str | None = None
    """Lower-case words of the 400 that it sends for a malformed secret; None if it sends 401 as it should."""
    on_not_acceptable: str | None = None
    """The next step after a 406 that doesn't show the result of a write."""

    def with_secret_from(self, place: str, *, before_keyring: bool) -> Service:
        """Returns the same service with words that name where its secret was found: ``token from HEAPSCIM_TOKEN``."""
        first = f" heapscim uses {place} before the keyring: change it there, or remove it, first."
        on_refused = self.on_refused + first if before_keyring else self.on_refused
        return replace(self, secret=f"{self.secret} from {place}", on_refused=on_refused)


@dataclass(frozen=True, slots=True)
class Response:
    """Holds one HTTP response whose body is read."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def succeeded(self) -> bool:
        """Returns whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def looks_like_html(self) -> bool:
        """Returns whether the body is a web page. The content type isn't proof: frameworks label plain text as HTML."""
        return self.body.lstrip()[:1] == b"<"

    def document(self) -> Any:  # noqa: ANN401 - any JSON
        """Returns the body as JSON, or None if it is empty; raises ValueError if it is neither."""
        if not self.body.strip():
            return None
        try:
            document = json.loads(self._text())
        except RecursionError:
            raise ValueError("nested too deeply") from None
        return _whole_characters(document) if _HALF_CHARACTER.search(self.body) else document

    def without(self, secrets: Collection[str]) -> Response:
        """Returns the response with secrets in its body masked, so that no name taken from it can carry one."""
        body = self.body
        for secret in secrets:
            for form in {secret.encode(), secret.replace("/", "\\/").encode()}:
                if len(secret) >= _SHORTEST_IN_DATA and form in body:
                    body = body.replace(form, MASK.encode())
        return self if body is self.body else replace(self, body=body)

    def _text(self) -> str | bytes:
        """Returns the body as text: UTF-8 (RFC 8259 §8.1), or else the charset that the content type names."""
        try:
            return self.body.decode("utf-8-sig")
        except UnicodeDecodeError:
            match = _CHARSET.search(self.headers.get("content-type", ""))
        try:
            return self.body.decode(match[1]) if match else self.body
        except (LookupError, UnicodeDecodeError):
            return self.body


@dataclass(frozen=True, slots=True)
class JsonResponse:
    """Holds the JSON of a response (None for an empty body) and its headers."""

    document: Any
    headers: Mapping[str, str]
    size: int = 0
    """Bytes of the body."""


def error_from(response: Response, *, request: str, service: Service, secrets: Collection[str]) -> errors.RequestError:
    """Returns the error for an unsuccessful response; ``request`` names the request, such as ``GET /Users``."""
    words, scim_type = _words(response, secrets)
    status, name = response.status, service.name
    detail = f" {name} says: {words}" if words else ""
    match status:
        case _ if status == 401 or (
            status == 400 and service.says_malformed is not None and service.says_malformed in words.casefold()
        ):
            message = f"{name} rejected the {service.secret} ({status}).{detail}"
            return errors.Unauthenticated(message, hint=service.on_refused, status=status)
        case 403:
            message = f"The {service.secret} doesn't allow {request} (403).{detail}"
            return errors.Forbidden(message, hint=service.on_forbidden, status=status)
        case 404 | 410:
            message = f"{name} found nothing for {request} ({status}).{detail}"
            nothing = errors.NotFound(message, hint=service.on_nothing_there, status=status)
            nothing.names = _names(response)
            return nothing
        case 409 if not request.startswith(("GET ", "DELETE ")):
            message = f"{name} already has one with that name: {request} (409).{detail}"
            return errors.Taken(message, status=status, scim_type=scim_type)
        case 405 | 501:
            message = f"{name} doesn't support {request} ({status}).{detail}"
            return errors.NotImplementedByService(message, status=status, scim_type=scim_type)
        case _ if 400 <= status < 500 and status not in (408, 429):
            return errors.Rejected(f"{name} refused {request} ({status}).{detail}", status=status, scim_type=scim_type)
        case _ if status < 400:
            return wrong_protocol(request, status, service)
    hint = "Try again later; nothing is lost."
    return errors.Unavailable(f"{name} can't answer {request} now ({status}).{detail}", hint=hint, status=status)


def other_media_type(response: Response, request: str, service: Service, used: str, before: str) -> str | None:
    """Returns the media type to try after a service refused the ``used`` one; None if that isn't the problem.

    A 415 refuses the request, so even a POST may be sent again. A 406 only refuses to show the result: for a POST,
    which may have been carried out, it raises ResponseLost.
    """
    other = service.media_type if used == JSON else JSON
    if response.status not in (_NOT_ACCEPTABLE, _UNSUPPORTED) or used != before or other == used:
        return None
    if response.status == _NOT_ACCEPTABLE and request.startswith("POST "):
        message = f"{service.name} can't show the result of {request} in the media types that were asked for (406)."
        raise errors.ResponseLost(message, hint=service.on_not_acceptable)
    return other


def wrong_protocol(request: str, status: int, service: Service) -> errors.WrongProtocol:
    """Returns the error for a response that isn't in the service's protocol."""
    return errors.WrongProtocol(
        f"The response to {request} ({status}) isn't {service.protocol}: it may be a web page.",
        hint=service.on_nothing_there,
        status=status,
    )


def _whole_characters(document: object) -> Any:  # noqa: ANN401 - any JSON
    """Replaces each half of a surrogate pair by a mark, since such text could neither be shown nor sent."""
    return json.loads(
        json.dumps(document, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


def _words(response: Response, secrets: Collection[str]) -> tuple[str, str | None]:
    scim_type = None
    if response.looks_like_html:
        return "", None
    try:
        detail, scim_type = error_words(response.document())
        text = detail or ""
    except ValueError:
        text = response.body[:_MOST_READ].decode("utf-8", "replace")
    if scim_type is not None and scim_type.casefold() not in _KEYWORDS:
        scim_type = foreign_words(scim_type, secrets)
    return foreign_words(text, secrets), scim_type


def _names(response: Response) -> frozenset[str]:
    """Returns the names in a response's JSON object; none if it isn't one."""
    try:
        document = response.document()
    except ValueError:
        return frozenset()
    return frozenset(document) if isinstance(document, Mapping) else frozenset()


_WORDS = ("detail", "message", "error_description", "error", "errors", "description", "msg")


def error_words(document: object) -> tuple[str | None, str | None]:
    """Returns the ``detail`` and ``scimType`` of an error response (§3.12), or what other JSON has in their place."""
    if not isinstance(document, Mapping):
        return None, None
    detail: object = document
    while isinstance(detail, Mapping | list):
        if isinstance(detail, list):
            detail = detail[0] if detail else None
        else:
            by_fold = _by_fold(detail)
            detail = next((found for name in _WORDS if (found := by_fold.get(name))), None)
    scim_type = _by_fold(document).get("scimtype")
    return (str(detail) if detail else None, scim_type if isinstance(scim_type, str) else None)


def _by_fold(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Maps a JSON object's names in lower case to their values (RFC 7643 §2.1); the first of several counts."""
    return {name.casefold(): value for name, value in reversed(tuple(document.items()))}
