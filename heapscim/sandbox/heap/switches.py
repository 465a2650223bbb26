"""Describes how the rehearsal tenant behaves: as Heap documents by default, with a switch for each unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from heapscim.errors import UsageError
from heapscim.model.phrases import nearest

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
"""``trimmed`` also collapses white space, ``cut`` keeps 64 characters, ``plain`` removes accents, ``escaped`` is for
HTML, ``prefixed`` puts ``PRIMARY/`` before a name, ``suffixed`` puts ``@example.org`` after it."""
NAMED_FAULTS = (
    "429_seconds", "429_date", "html", "504_late", "stall", "stall_late", "reset_before", "reset_after", "truncate"
)  # fmt: skip
"""Besides any HTTP status. The last three cut the connection: before the request is carried out, after it, or within
the response. The late ones carry the request out after the client has given up."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Holds the switches of ``heapscim sandbox --dialect KEY=VALUE``."""

    patch: YesNo = "yes"
    """Whether PATCH works; ``no`` returns 501."""
    put: YesNo = "yes"
    """Whether PUT works; ``no`` returns 501."""
    unsupported_status: int = 501
    """The status of a method that doesn't work: 404, 405 or 501."""
    patch_members: Literal["as_asked", "replaces", "empties"] = "as_asked"
    """What a PATCH does to a group's members: what it says; or the added members replace all others (``replaces``); or
    a removal empties the group (``empties``)."""
    patch_form: Literal["both", "path", "pathless", "none"] = "both"
    """How a PATCH of a user may name what it changes: with a path, without a path (as Okta sends it), or both; with
    ``none``, only a PUT works."""
    rename_form: Literal["both", "path", "pathless", "none"] = "both"
    """How a PATCH may rename a group, with the same values; with ``none``, only a PUT works."""
    member_addition: Literal["any", "one", "pathless", "none"] = "any"
    """How a PATCH may add members: in any way, ``one`` per request, only without a path, or not at all."""
    member_removal: Literal["filter", "values", "both", "empties", "none"] = "filter"
    """How a PATCH may remove members: by a path with a ``filter`` (then a list of values empties the group, as in the
    RFC), by a list of ``values``, or by ``both``; with ``empties``, a filter isn't supported and a list empties the
    group."""
    patch_operations: Literal["any", "one"] = "any"
    """How many operations a PATCH may have."""
    unknown_form: Literal["400", "404", "405", "422", "500", "501", "ignored", "repeated"] = "400"
    """The response to a PATCH in an unsupported form; ``ignored`` returns 200 and changes nothing; ``repeated`` does
    the same, but shows the resource as if it had changed."""
    put_id: Literal["ignored", "wanted"] = "ignored"
    """Whether a PUT needs the id in its body; ``wanted`` returns 400 without it."""
    delete: YesNo = "yes"
    """Whether DELETE works."""
    media_type: Literal["any", "json", "scim"] = "any"
    """The media type of requests; with ``json`` or ``scim``, any other Content-Type gets 415."""
    accept: Literal["any", "json"] = "any"
    """The media type that a request may accept; with ``json``, any Accept except application/json gets 406."""
    answer: Literal["resource", "before", "other_name", "other_id", "empty", "list", "wrapped", "location"] = "resource"
    """The response to a write: the resource, its state ``before``, the resource with another name or id (another id
    only for an update), something else, or only its location."""
    lag: int = 0
    """For how many reads by id a resource still shows its state before the last change."""
    put_without_role: Literal["keeps", "resets"] = "keeps"
    """Whether a PUT without a role keeps the role, or resets it to the default role."""
    filter: Literal["yes", "no", "ignored", "empty", "not_found", "fails"] = "yes"
    """Whether lists can be filtered; ``no`` returns 400 invalidFilter, ``ignored`` returns everything, ``empty``
    returns nothing; ``not_found`` filters, and returns 404 if nothing matches; ``fails`` returns 500."""
    filter_case: Literal["any", "exact"] = "any"
    """Whether filters ignore the case of userNames and displayNames, as the RFC says, or compare them exactly."""
    service_provider_config: YesNo = "yes"
    """Whether /ServiceProviderConfig exists."""
    page_cap: int = 1000
    """The most items on one page, whatever the request says."""
    lists: Literal["whole", "first_rows", "cut_off"] = "whole"
    """What a list without a filter shows: everything; always its first rows, whatever the request says; or only these
    rows, paged as requested, as if there were no others."""
    rows_shown: int = 100
    """How many rows an incomplete list shows."""
    total: Literal["all", "page", "none"] = "all"
    """What totalResults counts: everything, or only the rows of the page; or it is missing."""
    paging: Literal["yes", "ignored", "first_page"] = "yes"
    """Whether a list is paged as requested; ``ignored`` returns everything each time, ``first_page`` always returns the
    first page."""
    search_pages: YesNo = "yes"
    """Whether a search by POST works. It pages as requested, whatever ``paging`` says. ``no`` returns 404."""
    order: Literal["stable", "random"] = "stable"
    """The order of a list; ``random`` is a new order for each page."""
    sort: YesNo = "yes"
    """Whether ``sortBy`` makes the order stable."""
    most_start_index: int = 0
    """A page that begins after this index is refused; 0 for no limit."""
    refused_page_status: int = 501
    """The status of a refused page: 501, or another status from 400 to 599."""
    broken_row: Literal["no_name", "no_id", "text", "active", "same_id"] = "no_name"
    """What is wrong with the account of ``broken_user``: it has no userName or no id, is a text, has a meaningless
    ``active``, or has the id of the account before it."""
    broken_user: str = ""
    """The userName of the account that is broken, in lists and, unless ``broken_single`` is no, when it is read by its
    id."""
    broken_single: YesNo = "yes"
    """Whether that account is also broken when it is read by its id."""
    broken_group: str = ""
    """The name of a group that is too large: every response with its members is a 500."""
    single_users: SingleAnswer = "yes"
    """The response to each read of an account by its id, whatever lists show: the account, an ``empty`` object, or a
    status."""
    single_groups: SingleAnswer = "yes"
    """The response to each read of a group by its id, with the same values."""
    failing: str = ""
    """A userName or displayName whose responses fail: its own, its page, or both."""
    failing_answers: Literal["single", "page", "both"] = "both"
    """Which of these responses fail."""
    failing_status: int = 500
    """The status of these responses."""
    list_members: Literal["yes", "no", "empty"] = "yes"
    """Whether a list of groups shows their members; with ``no`` they are missing, with ``empty`` they are an empty
    list."""
    members_shown: str = "all"
    """How many members a group shows, also when it is read by its id: ``all``, a number, ``never`` any, or always an
    ``empty`` list."""
    member_filter: Literal["yes", "no", "ignored", "empty"] = "yes"
    """Whether groups can be filtered by members; ``no`` returns 400, ``ignored`` returns everything, ``empty`` returns
    nothing."""
    user_groups: YesNo = "no"
    """Whether users show their groups and can be filtered by them."""
    string_booleans: YesNo = "no"
    """Whether ``active`` is the text "True" or "False"."""
    numeric_ids: YesNo = "no"
    """Whether ids are numbers."""
    inactive: Literal["shown", "omitted"] = "shown"
    """Whether an inactive account shows ``active: false``, or leaves it out, as Go's ``omitempty`` does."""
    active_in: Literal["all", "single", "lists", "none"] = "all"
    """Which responses show ``active``: all, those with a ``single`` account, only ``lists``, or none."""
    deactivate: Literal["keeps", "removes", "ignored"] = "keeps"
    """What ``active: false`` does: keeps the account, removes it, or returns 200 and changes nothing."""
    unique_names: YesNo = "yes"
    """Whether a userName or displayName that is taken gets a 409; ``no`` creates a second user or group with it."""
    same_names: Literal["lower_case", "case_folding"] = "lower_case"
    """Which names are the same: those that are equal in lower case and NFC; with ``case_folding``, ss also equals ß."""
    group_names: OwnForm = "as_asked"
    """How displayNames are stored: as requested, or in a form of the tenant's own."""
    user_names: OwnForm = "as_asked"
    """How userNames are stored, with the same values."""
    person_names: OwnForm = "as_asked"
    """How the parts of a person's name are stored, with the same values."""
    entries: Literal["no_emails", "as_asked", "displayed", "untyped", "reversed", "hidden"] = "no_emails"
    """How the entries of a multi-valued attribute are kept and shown: as requested, except ``emails``, which Heap
    doesn't document (``no_emails``); all as requested; with a ``display`` beside each value; without their ``type``; in
    reverse order; or never shown."""
    create_needs: Literal["nothing", "emails", "display_name", "emails_and_display_name", "all"] = "nothing"
    """What a new account needs besides its userName; without it, a create gets a 400. ``all`` is ``emails``,
    ``displayName`` and ``externalId``."""
    external_id: Literal["kept", "ignored", "refused"] = "kept"
    """What is done with the ``externalId`` of an account: it is kept and shown, dropped, or gets a 400."""
    reactivate: Literal["yes", "refused", "ignored"] = "yes"
    """What ``active: true`` does to an inactive account: it activates it, gets a 400, or changes nothing."""
    roles: Literal["any", "known"] = "any"
    """Which roles an account may have; with ``known``, another one than Admin, Architect, Analyst, Consumer or
    Read-Only gets a 400."""
    created: YesNo = "yes"
    """Whether resources show the time of their creation in `meta.created`."""
    list_inactive: YesNo = "yes"
    """Whether lists show inactive accounts."""
    role: Literal["top", "roles", "extension", "hidden"] = "top"
    """Where the role is: in ``role``, in ``roles[]``, in the extension ``urn:heap:2.0:User:role``, or never shown."""
    empty_resources: Literal["list", "missing"] = "list"
    """Whether an empty list has its ``Resources``."""
    content_type: str = "application/scim+json"
    """The media type of responses."""
    error_body: Literal["scim", "json", "text", "html", "empty"] = "scim"
    """The form of an error."""
    echo: Echo = "no"
    """Whether the text of an error repeats the ``Authorization`` header, and in which form."""
    write_body: YesNo = "yes"
    """Whether PUT and PATCH return the resource; ``no`` returns 204."""
    wrong_total: int = 0
    """A number that is added to each totalResults."""
    rate: int = 0
    """How many requests per second are allowed before a 429; 0 for no limit."""
    retry_after: Literal["seconds", "date", "none"] = "seconds"
    """How a 429 says when to try again."""
    fault_rate: float = 0.0
    """The share of requests that go wrong, from 0 to 1."""
    faults: str = "500,502,503,reset_before,reset_after,truncate,html"
    """What may go wrong: any status from 400 to 599, 429_seconds and 429_date (with Retry-After), html (a web page),
    stall, reset_before and reset_after (the connection is cut before or after the work is done), truncate; 504_late and
    stall_late (the gateway gives up, or there is no response, but the work is done later)."""
    fault_on: str = ""
    """The beginning of the requests that may go wrong, such as `POST` or `POST /Groups`; empty for all requests."""
    most_faults: int = 0
    """How many requests go wrong in total; 0 for no limit."""
    stall_seconds: float = 30.0
    """How many seconds a stalled response waits."""
    late_commit: float = 3.0
    """After how many seconds late work is done."""
    fault_seed: int = 1
    """The seed that makes faults repeatable."""


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
            near = nearest(key, hints)
            hint = f"Did you mean {near}?" if near else f"Known: {', '.join(hints)}."
            raise UsageError(f"{setting!r} isn't a KEY=VALUE of the sandbox.", hint=hint)
        changes[key] = _value(key, value.strip(), hints[key])
    return replace(start, **changes)


def switches(start: DataclassInstance = Behaviour()) -> tuple[Mapping[str, str], ...]:
    """Returns every switch with its default, for the reference page."""
    hints = get_type_hints(type(start))
    return tuple(
        {"name": entry.name, "default": str(getattr(start, entry.name)), "values": _values(hints[entry.name])}
        for entry in fields(start)
    )


def _check(behaviour: Behaviour) -> None:
    """Raises UsageError for a switch that is out of its range, or for an unknown fault."""
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
            raise UsageError(f"{fault!r} isn't a fault.", hint=f"It can be {known}, or a status from 400 to 599.")


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
