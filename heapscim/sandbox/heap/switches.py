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
SingleAnswer: TypeAlias = Literal["yes", "empty", "400", "403", "404", "405", "410", "500", "501"]
Echo: TypeAlias = Literal[
    "no", "whole", "upper", "folded", "spread", "percent", "double_percent", "base64", "escaped", "entities", "cut"
]
OwnForm: TypeAlias = Literal[
    "as_asked", "lower", "upper", "title", "trimmed", "cut", "nfkc", "plain", "escaped", "slug", "prefixed", "suffixed"
]
"""``trimmed`` also collapses white space, ``cut`` keeps 64 characters, ``plain`` takes accents away, ``escaped`` is for
HTML, ``prefixed`` puts ``PRIMARY/`` before a name, ``suffixed`` ``@example.org`` after it."""
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
    """What an unimplemented method answers: 404, 405 or 501."""
    patch_members: Literal["as_asked", "replaces", "empties"] = "as_asked"
    """What a PATCH does to a group's members: what it asks for; or those it adds are all there are (``replaces``), or
    whoever it removes leaves with everybody else (``empties``)."""
    patch_form: Literal["both", "path", "pathless", "none"] = "both"
    """How a PATCH of a user may say what it changes: by a path, by a value without one (as Okta sends it), or both;
    with ``none`` a PUT alone can."""
    rename_form: Literal["both", "path", "pathless", "none"] = "both"
    """How a PATCH may rename a group, likewise; with ``none`` a PUT alone can."""
    member_addition: Literal["any", "one", "pathless", "none"] = "any"
    """How a PATCH may add members: in any way, ``one`` in a request, without a path alone, or not at all."""
    member_removal: Literal["filter", "values", "both", "empties", "none"] = "filter"
    """How a PATCH may remove members: by a path with a ``filter`` (a list of values then empties the group, as the RFC
    has it), by a list of ``values``, by ``both``; ``empties`` knows no filter, and a list empties the group."""
    patch_operations: Literal["any", "one"] = "any"
    """How many operations a PATCH may hold."""
    unknown_form: Literal["400", "404", "405", "422", "500", "501", "ignored", "repeated"] = "400"
    """What a PATCH in a form that isn't known is answered; ``ignored`` answers 200 and changes nothing, ``repeated``
    likewise, and shows the resource as if it did."""
    put_id: Literal["ignored", "wanted"] = "ignored"
    """Whether a PUT needs the id in its body; ``wanted`` answers 400 without it."""
    delete: YesNo = "yes"
    """Whether DELETE is implemented."""
    media_type: Literal["any", "json", "scim"] = "any"
    """What requests may be in: with ``json`` or ``scim`` any other Content-Type answers 415."""
    accept: Literal["any", "json"] = "any"
    """What answers may be asked for in; ``json`` answers 406 to any Accept but application/json."""
    answer: Literal["resource", "before", "other_name", "other_id", "empty", "list", "wrapped", "location"] = "resource"
    """What a write answers: the resource, its state ``before``, the same under another name or id (the latter to an
    update alone), something that isn't it, or no more than where it is."""
    lag: int = 0
    """How many reads of a resource by its id show what was there before its last change."""
    put_without_role: Literal["keeps", "resets"] = "keeps"
    """What a PUT without a role does to it: nothing, or back to the default role."""
    filter: Literal["yes", "no", "ignored", "empty", "not_found", "fails"] = "yes"
    """Whether lists can be filtered; ``no`` answers 400 invalidFilter, ``ignored`` everything, ``empty`` nothing;
    ``not_found`` filters, and answers 404 where nothing matches; ``fails`` answers 500."""
    service_provider_config: YesNo = "yes"
    """Whether /ServiceProviderConfig is there."""
    page_cap: int = 1000
    """The most items in one page, whatever is asked for."""
    lists: Literal["whole", "first_rows", "cut_off"] = "whole"
    """What a list without a filter holds: everything; or always its first rows, whatever is asked for; or those rows
    alone, paged as asked, as if they were all."""
    rows_shown: int = 100
    """How many rows a list shows that isn't whole."""
    total: Literal["all", "page", "none"] = "all"
    """What totalResults counts: everything, or the rows of that page; or it is left out."""
    paging: Literal["yes", "ignored", "first_page"] = "yes"
    """Whether a list is paged as asked; ``ignored`` answers everything each time, ``first_page`` the first page."""
    search_pages: YesNo = "yes"
    """Whether a search by POST is there; it pages as asked, whatever ``paging`` says. ``no`` answers 404."""
    order: Literal["stable", "random"] = "stable"
    """In which order a list comes; ``random`` is another one for each page."""
    sort: YesNo = "yes"
    """Whether ``sortBy`` makes the order a stable one."""
    most_start_index: int = 0
    """A page that begins later is refused; 0 for no limit."""
    refused_page_status: int = 501
    """What such a page answers: 501, or another status from 400 to 599."""
    broken_row: Literal["no_name", "no_id", "text", "active", "same_id"] = "no_name"
    """What is wrong with the account of ``broken_user``: it has no userName or no id, is a text, has an ``active`` that
    says nothing, or has the id of the account before it."""
    broken_user: str = ""
    """The userName of an account that is answered so, in lists and, unless ``broken_single`` says no, by itself."""
    broken_single: YesNo = "yes"
    """Whether that account is broken in an answer of its own, too."""
    broken_group: str = ""
    """The name of a group that is too large: every answer that would hold its members is a 500."""
    single_users: SingleAnswer = "yes"
    """What each read of one account by its id answers, whatever lists show: the account, an ``empty`` object, or a
    status."""
    single_groups: SingleAnswer = "yes"
    """What each read of one group by its id answers, likewise."""
    failing: str = ""
    """A userName or displayName whose answers fail: its own, its page, or both."""
    failing_answers: Literal["single", "page", "both"] = "both"
    """Which of them fail."""
    failing_status: int = 500
    """What they answer instead."""
    list_members: Literal["yes", "no", "empty"] = "yes"
    """Whether a list of groups holds their members: left out with ``no``, an empty list with ``empty``."""
    members_shown: str = "all"
    """How many of its members a group shows, also when it is read by itself: ``all``, a number, ``never`` any, or
    always an ``empty`` list."""
    member_filter: Literal["yes", "no", "ignored", "empty"] = "yes"
    """Whether groups are filtered by members; ``no`` answers 400, ``ignored`` everything, ``empty`` nothing."""
    user_groups: YesNo = "no"
    """Whether users show their groups, and can be filtered by them."""
    string_booleans: YesNo = "no"
    """Whether ``active`` is answered as the text "True" or "False"."""
    numeric_ids: YesNo = "no"
    """Whether ids are answered as numbers."""
    inactive: Literal["shown", "omitted"] = "shown"
    """Whether an inactive account shows ``active: false``, or leaves it out, as Go's ``omitempty`` does."""
    active_in: Literal["all", "single", "lists", "none"] = "all"
    """Which answers show ``active`` at all: all, those of a ``single`` account, ``lists`` alone, or none."""
    deactivate: Literal["keeps", "removes", "ignored"] = "keeps"
    """What ``active: false`` does: keeps the account, removes it, or answers 200 and changes nothing."""
    unique_names: YesNo = "yes"
    """Whether a userName or displayName that is taken answers 409; ``no`` makes a second user or group of it."""
    same_names: Literal["lower_case", "case_folding"] = "lower_case"
    """Which names are the same: those equal in lower case and NFC; ``case_folding`` takes ss for ß, too."""
    group_names: OwnForm = "as_asked"
    """How displayNames are kept: as they are asked for, or in a form of the tenant's own."""
    user_names: OwnForm = "as_asked"
    """How userNames are kept, likewise."""
    person_names: OwnForm = "as_asked"
    """How the parts of a person's name are kept, likewise."""
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
    echo: Echo = "no"
    """Whether the words of an error repeat the ``Authorization`` header, and in what form."""
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
            raise UsageError(f"{setting!r} isn't a KEY=VALUE of the sandbox.", hint=hint)
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
        (behaviour.unsupported_status in (404, 405, 501), "unsupported_status takes 404, 405 or 501"),
        (behaviour.page_cap > 0, "page_cap takes a number above 0"),
        (behaviour.lag >= 0, "lag takes a number from 0"),
        (behaviour.rows_shown >= 0, "rows_shown takes a number from 0"),
        (behaviour.most_start_index >= 0, "most_start_index takes a number from 0"),
        (400 <= behaviour.refused_page_status <= 599, "refused_page_status takes a status from 400 to 599"),
        (400 <= behaviour.failing_status <= 599, "failing_status takes a status from 400 to 599"),
        (behaviour.rate >= 0, "rate takes a number from 0"),
        (
            behaviour.members_shown in ("all", "never", "empty") or behaviour.members_shown.isdecimal(),
            "members_shown takes all, never, empty or a number",
        ),
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
