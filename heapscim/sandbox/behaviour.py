"""How the rehearsal tenant behaves: Heap's documented ways by default, every unknown a switch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from heapscim.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
YesNo: TypeAlias = Literal["yes", "no"]
NAMED_FAULTS = (
    "429_seconds", "429_date", "html", "504_late", "stall", "stall_late", "reset_before", "reset_after", "truncate"
)  # fmt: skip
"""Besides any HTTP status. The last three cut the connection: before the work is done, after it, in the answer; the
late ones do the work a while after it was given up."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The switches of ``heapscim sandbox --dialect KEY=VALUE``."""

    patch: YesNo = "yes"
    """Whether PATCH is implemented; ``no`` answers 501."""
    put: YesNo = "yes"
    """Whether PUT is implemented; ``no`` answers 501."""
    unsupported_status: int = 501
    """What an unimplemented method answers: 405 or 501."""
    patch_members: Literal["as_asked", "replaces", "empties"] = "as_asked"
    """What a PATCH does to a group's members: what it asks for; or those it adds are all there are (``replaces``), or
    whoever it removes leaves with everybody else (``empties``)."""
    put_without_role: Literal["keeps", "resets"] = "keeps"
    """What a PUT without a role does to it: nothing, or back to the default role."""
    filter: Literal["yes", "no", "ignored", "empty", "not_found", "fails"] = "yes"
    """Whether lists can be filtered; ``no`` answers 400 invalidFilter, ``ignored`` everything, ``empty`` nothing;
    ``not_found`` filters, and answers 404 where nothing matches; ``fails`` answers 500."""
    service_provider_config: YesNo = "yes"
    """Whether /ServiceProviderConfig is there."""
    page_cap: int = 1000
    """The most items in one page, whatever is asked for."""
    list_members: Literal["yes", "no", "empty"] = "yes"
    """Whether a list of groups holds their members: left out with ``no``, an empty list with ``empty``."""
    string_booleans: YesNo = "no"
    """Whether ``active`` is answered as the text "True" or "False"."""
    numeric_ids: YesNo = "no"
    """Whether ids are answered as numbers."""
    deactivate: Literal["keeps", "removes", "ignored"] = "keeps"
    """What ``active: false`` does: keeps the account, removes it, or answers 200 and changes nothing."""
    unique_names: YesNo = "yes"
    """Whether a userName or displayName that is taken answers 409; ``no`` makes a second user or group of it."""
    created: YesNo = "yes"
    """Whether resources say when they were made, in `meta.created`."""
    list_inactive: YesNo = "yes"
    """Whether lists hold inactive accounts."""
    role: Literal["top", "roles", "extension", "hidden"] = "top"
    """Where the role stands: ``role``, ``roles[]``, the extension ``urn:heap:2.0:User:role``; or never shown."""
    empty_resources: Literal["list", "missing"] = "list"
    """Whether an empty list has its ``Resources``."""
    content_type: str = "application/scim+json"
    """The media type of answers."""
    error_body: Literal["scim", "json", "text", "html", "empty"] = "scim"
    """What an error looks like."""
    write_body: YesNo = "yes"
    """Whether PUT and PATCH answer the resource; ``no`` answers 204."""
    wrong_total: int = 0
    """Added to every totalResults."""
    rate: int = 0
    """Requests a second before 429; 0 for no limit."""
    retry_after: Literal["seconds", "date", "none"] = "seconds"
    """How a 429 says when to come back."""
    fault_rate: float = 0.0
    """Share of requests that go wrong, from 0 to 1."""
    faults: str = "500,502,503,reset_before,reset_after,truncate,html"
    """What may go wrong: any status from 400 to 599, 429_seconds and 429_date (with Retry-After), html (a web page),
    stall, reset_before and reset_after (the connection is cut before or after the work is done), truncate; 504_late and
    stall_late (a gateway gives up, or nobody answers, and the work is done all the same, later)."""
    fault_on: str = ""
    """How a request begins that may go wrong, such as `POST` or `POST /Groups`; all may where it is empty."""
    most_faults: int = 0
    """How many requests go wrong in all; 0 for no limit."""
    stall_seconds: float = 30.0
    """How long a stalled answer waits."""
    late_commit: float = 3.0
    """Seconds after which late work is done."""
    fault_seed: int = 1
    """Makes faults repeatable."""


def parse_behaviour(settings: Iterable[str], start: Behaviour | None = None) -> Behaviour:
    """Reads ``KEY=VALUE`` settings; raises UsageError for what isn't one."""
    behaviour = parse_switches(settings, start or Behaviour())
    _check(behaviour)
    return behaviour


def parse_switches(settings: Iterable[str], start: T) -> T:
    """Changes the fields of a frozen value by ``KEY=VALUE`` settings; raises UsageError for what isn't one."""
    hints = get_type_hints(type(start))
    changes: dict[str, Any] = {}
    for setting in settings:
        key, mark, value = setting.partition("=")
        key = key.strip().replace("-", "_")
        if not mark or key not in hints:
            near = get_close_matches(key, hints, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(hints)}."
            raise UsageError(f"{setting!r} is no KEY=VALUE of the sandbox.", hint=hint)
        changes[key] = _value(key, value.strip(), hints[key])
    return replace(start, **changes)


def switches(start: DataclassInstance = Behaviour()) -> tuple[Mapping[str, str], ...]:
    """Every switch with its default, for the reference page."""
    hints = get_type_hints(type(start))
    return tuple(
        {"name": entry.name, "default": str(getattr(start, entry.name)), "values": _values(hints[entry.name])}
        for entry in fields(start)
    )


def _check(behaviour: Behaviour) -> None:
    """Raises UsageError for a switch out of its range, or the name of a fault that nobody knows."""
    _check_faults(behaviour.faults)
    for good, expected in (
        (behaviour.unsupported_status in (405, 501), "unsupported_status takes 405 or 501"),
        (behaviour.page_cap > 0, "page_cap takes a number above 0"),
        (behaviour.rate >= 0, "rate takes a number from 0"),
        (behaviour.most_faults >= 0, "most_faults takes a number from 0"),
        (behaviour.late_commit >= 0, "late_commit takes a number from 0"),
        (0 <= behaviour.fault_rate <= 1, "fault_rate takes a number from 0 to 1"),
    ):
        if not good:
            raise UsageError(f"The sandbox can't behave like that: {expected}.")


def _check_faults(faults: str) -> None:
    for fault in faults.split(","):
        if fault not in NAMED_FAULTS and not (fault.isascii() and fault.isdigit() and 400 <= int(fault) <= 599):
            known = ", ".join(NAMED_FAULTS)
            raise UsageError(f"{fault!r} is no fault.", hint=f"It can be {known}, or a status from 400 to 599.")


def _value(key: str, text: str, kind: object) -> Any:  # noqa: ANN401 - a value of any field
    if get_origin(kind) is Literal:
        if text in get_args(kind):
            return text
    else:
        try:
            return {int: int, float: float, str: str}[kind](text)  # type: ignore[index]
        except ValueError:
            pass
    raise UsageError(f"{key} can't be {text!r}.", hint=f"It takes {_values(kind)}.")


def _values(kind: object) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(get_args(kind))
    return {int: "a whole number", float: "a number", str: "text"}[kind]  # type: ignore[index]
