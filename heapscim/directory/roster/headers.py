"""Says what a column or key of a roster means by its name, in our words or in those of services that export people.

Known services are Google Workspace, Entra ID, Microsoft 365, Okta and JumpCloud. A profile adds names of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from heapscim.model.directory import EMAIL, FIRSTNAME, LASTNAME, ROLE, USERNAME

ID = "id"
ACTIVE = "active"
GROUPS = "groups"
COLUMNS = (ID, USERNAME, FIRSTNAME, LASTNAME, ROLE, ACTIVE, GROUPS)

SOURCE_ATTRIBUTES = (
    EMAIL, "displayname", "middlename", "alternateemail", "company", "costcenter", "department", "description",
    "employeeidentifier", "employeetype", "jobtitle", "location", "manager",
)  # fmt: skip
"""Other user attributes. A profile's mapping can use them under these names."""

ALIASES = {
    "userid": ID, "objectid": ID, "objectguid": ID, "externalid": ID,
    "user": USERNAME, "login": USERNAME, "loginname": USERNAME, "userprincipalname": USERNAME, "upn": USERNAME,
    "primaryemail": USERNAME,
    "givenname": FIRSTNAME, "forename": FIRSTNAME, "namegivenname": FIRSTNAME,
    "familyname": LASTNAME, "surname": LASTNAME, "sn": LASTNAME, "namefamilyname": LASTNAME,
    "state": ACTIVE, "userstate": ACTIVE, "status": ACTIVE, "userstatus": ACTIVE, "accountenabled": ACTIVE,
    "enabled": ACTIVE, "isactive": ACTIVE, "oktastatus": ACTIVE, "workerstatus": ACTIVE, "lifecyclestatus": ACTIVE,
    "employmentstatus": ACTIVE, "accountstatus": ACTIVE, "useraccountcontrol": ACTIVE,
    "heaprole": ROLE, "group": GROUPS,
    "mail": EMAIL, "emailaddress": EMAIL, "useremail": EMAIL, "companyemail": EMAIL, "workemail": EMAIL,
    "name": "displayname", "fullname": "displayname", "preferredname": "displayname", "namefullname": "displayname",
    "employeeid": "employeeidentifier", "employeenumber": "employeeidentifier",
    "title": "jobtitle", "position": "jobtitle", "employeetitle": "jobtitle", "usertype": "employeetype",
    "companyname": "company", "costcentre": "costcenter", "office": "location", "officelocation": "location",
    "manageremail": "manager", "secondemail": "alternateemail", "alternateemailaddress": "alternateemail",
    "alternateemailaddresses": "alternateemail",
}  # fmt: skip
"""Other names of the same columns, in the plain form that ``_plain`` makes."""

_BLOCKED = frozenset(
    {"blocksignin", "blockcredential", "blocked", "signinblocked", "suspended", "issuspended", "disabled", "isdisabled"}
    | {"accountdisabled", "inactive", "isinactive", "archived", "isarchived", "deleted", "isdeleted", "terminated"}
)
"""Columns in which ``yes`` means that the person is inactive."""
_NUMBERED_GROUP = re.compile(r"group\d+")
"""``Group1``, ``Group2`` … of JumpCloud's import template: one group in each cell."""
_UNREAD = re.compile(
    # JumpCloud's import template and the export of its PowerShell module
    r"password|systemid|systemusername|administrator|managedappleid|unixuid|unixguid|enableuserportalmultifactor"
    r"|enrollmentdays|ldapserverid|ldapbindinguser|attribute\d+(name|value)|attributes|localuseraccount|addresses"
    r"|(home|work)(streetaddress|pobox|city|state|postalcode|country)|(mobile|home|work|workmobile|workfax)number"
    r"|accountlocked|activated|allowpublickey|badloginattempts|created|disabledevicemaxloginattempts|externaldn"
    r"|enablemanageduid|external(sourcetype|passwordexpirationdate|lymanaged)|mfa|passwordless?sudo|passworddate"
    r"|passwordexpir(ed|ationdate)|passwordneverexpires|phonenumbers|publickey|relationships|sambaserviceuser|sshkeys"
    r"|sshrootenabled|sudo|tags|totpenabled|organization|recoveryemail"
    # Google Workspace
    r"|passwordhashfunction|orgunitpath|newprimaryemail|lastsignin|(home|work)secondaryemail|recoveryphone"
    r"|(work|home|mobile)(phone|address)|2sv(enrolled|enforced)|buildingid|floor(name|section)"
    r"|(email|drive|photos)usage|storage(limit|used)|changepasswordatnextsignin|new(status|licenses)|licenses"
    r"|advancedprotectionprogramenrollment|is(delegated)?admin|is(enrolled|enforced)in2sv|(creation|lastlogin)time"
    r"|agreedtoterms|changepasswordatnextlogin|customerid|etag|includeinglobaladdresslist|ipwhitelisted|kind"
    r"|ismailboxsetup|(emails|aliases|noneditablealiases)(\d+\w*)?|thumbnailphoto(url|etag)"
    # Active Directory, LDAP, pandas
    r"|distinguishedname|dn|objectclass|objectsid|sid|samaccountname|cn|unnamed\d+"
    # Entra ID and Microsoft 365
    r"|initialpassword|passwordprofile|usagelocation|streetaddress|address|city|country|countryorregion|postalcode"
    r"|ziporpostalcode|stateorprovince|physicaldeliveryofficename|office(number|phone)|telephonenumber|phonenumber|fax"
    r"|agegroup|legalagegroupclassification|consentprovidedforminor|creationtype|directorysynced|dirsyncenabled"
    r"|invitationstate|identityissuer|createddatetime|whencreated|preferred(language|datalocation)|proxyaddresses"
    r"|lastdirsynctime|lastpasswordchangetimestamp|oathtokenmetadata|releasetrack|softdeletiontimestamp"
    r"|strongpasswordrequired"
    # Okta
    r"|honorific(prefix|suffix)|nickname|profileurl|primaryphone|zipcode|countrycode|postaladdress|locale|timezone"
    r"|division|managerid|lastlogin|passwordchanged|statuschanged|lastupdated"
    # heapscim's own lists of users
    r"|managed"
)
"""Columns of exports and templates that Heap has no use for. They aren't read."""
_ADDRESS = frozenset({"city", "country", "countryorregion", "countrycode", "postalcode", "zipcode", "streetaddress"})
"""Columns beside which a ``State`` is a part of an address."""
_BRACKET = re.compile(r"^(?P<label>[^\[\]]*)\[(?P<inside>[^\[\]]*)\](?P<rest>[^\[\]]*)$")
_RECORD = re.compile(r"(?:profile|user)\.", re.IGNORECASE)
"""What stands before each name of a user's profile: ``profile.firstName``."""
_PARENTHESES = re.compile(r"\([^()]*\)")
_LONGEST_NAME = 80
"""The most characters of an unknown name that are shown; a longer name isn't compared with known ones."""
MOST_LIKENESSES = 1_000
"""The most unknown names of one file that are compared with known ones: comparing is slow."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """Holds what a column means."""

    column: str
    """Its canonical name; empty if it isn't read."""
    single: bool = False
    """Whether a cell names exactly one group, so that ``;`` doesn't separate names in it."""
    inverted: bool = False
    """Whether ``yes`` means that the person is inactive."""
    signs_in: bool = False
    """Whether people sign in with this address: it is their userName too, if no other column is."""
    told: bool = True
    """Whether the administrator hears that it isn't read."""
    by_settings: bool = False
    """Whether the profile names this column: then another column of that meaning isn't read."""


UNREAD = Meaning("")


@dataclass(frozen=True, slots=True)
class Headers:
    """Holds the names that a profile adds to those that every roster may use."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Canonical column → its header in the file."""
    ignore: tuple[str, ...] = ()
    """Headers that aren't read, or patterns of them; ``*`` stands for every unknown one."""

    def meaning(self, header: str) -> Meaning | None:
        """Returns what a header means; None if it is unknown. Case, spaces and punctuation don't matter."""
        plain = _plain(header)
        named = next((column for column, other in self.columns.items() if _plain(other) == plain), None)
        if named is not None:
            return Meaning(canonical(named) or "", by_settings=True)
        if any(_is_like(header, pattern) for pattern in self.ignore if pattern.strip() != "*"):
            return Meaning("", told=False)
        known = _known(header)
        return Meaning("", told=False) if known is None and "*" in map(str.strip, self.ignore) else known


def canonical(name: str) -> str | None:
    """Returns the column that a name means, or None. Case, spaces and punctuation don't matter."""
    plain = _plain(name)
    if plain in COLUMNS or plain in SOURCE_ATTRIBUTES:
        return plain
    return GROUPS if _NUMBERED_GROUP.fullmatch(plain) else ALIASES.get(plain)


def is_own_name(header: str, column: str) -> bool:
    """Reports whether a header is a column's own name, not an alias of it."""
    return _plain(header) == column


def is_place(headers: Iterable[str]) -> bool:
    """Reports whether headers hold parts of an address, so that a ``State`` among them may be one, too."""
    return any(_plain(header) in _ADDRESS for header in headers)


def may_be_place(header: str) -> bool:
    """Reports whether a header may mean a state of a country as well as the state of an account."""
    return _plain(header) == "state"


def holds_flags(header: str) -> bool:
    """Reports whether a header is the one of Active Directory whose number tells by a bit who is inactive."""
    return _plain(header) == "useraccountcontrol"


def unknown(word: str, name: str, known: Iterable[str]) -> str:
    """Returns the message for an unknown column or key: with the nearest known name, or all of them."""
    names = tuple(known)
    near = _likeness(name, names)
    shown = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return f"unknown {word} {shown!r}; " + (f"did you mean {near!r}?" if near else f"known are {', '.join(names)}")


def likely_column(name: str) -> str | None:
    """Returns the column that an unknown name is probably a slip for; None if there is none near it."""
    return _likeness(name, (*COLUMNS, *SOURCE_ATTRIBUTES, *ALIASES))


def is_header(values: Mapping[str, str]) -> bool:
    """Reports whether a row, by canonical column, repeats the header: each value names its own column."""
    return all(canonical(value) == column for column, value in values.items() if value)


def unknown_column(word: str, name: str, likely: str | None) -> str:
    """Returns the message for an unknown column or key of a person, with the one that was probably meant."""
    return unknown(word, name, COLUMNS if likely is None else (likely,))


def _known(header: str) -> Meaning | None:
    bracketed = _BRACKET.match(header.strip())
    if bracketed is None:
        return _meaning_of(_plain(header)) or _meaning_of(_plain(_RECORD.sub("", header.strip(), count=1)))
    label = _plain(_PARENTHESES.sub("", bracketed["label"]))
    inside = _plain(bracketed["inside"])
    if label in _BLOCKED:  # Entra: "Block sign in (Yes/No) [accountEnabled]" says the opposite of its bracket
        return _meaning_of(label)
    if label == "emailaddress" and inside == "required":  # Google: people sign in with their primary address
        return Meaning(EMAIL, signs_in=True)
    if _meaning_of(label) == UNREAD:  # Entra: "State or province [state]" isn't the state of an account
        return UNREAD
    return _meaning_of(inside) or _meaning_of(label)


def _meaning_of(plain: str) -> Meaning | None:
    if plain in _BLOCKED:
        return Meaning(ACTIVE, inverted=True)
    column = canonical(plain)
    if column is not None:
        return Meaning(column, single=_NUMBERED_GROUP.fullmatch(plain) is not None)
    return UNREAD if _UNREAD.fullmatch(plain) else None


def _is_like(header: str, pattern: str) -> bool:
    folded = pattern.strip().casefold()
    return fnmatchcase(header.strip().casefold(), folded) or _plain(header) == (_plain(pattern) or None)


def _likeness(name: str, known: Iterable[str]) -> str | None:
    """Returns the nearest known name; None for a long name, since comparing it would take long."""
    from heapscim.model.phrases import nearest

    return nearest(_plain(name), known) if len(name) <= _LONGEST_NAME else None


def _plain(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())
