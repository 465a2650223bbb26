"""A resource that is spelt as RFC 7643 spells it is taken at once, and never read otherwise than one that isn't."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from heapscim.errors import WrongProtocol
from heapscim.scim.resources import Group, Resource, User, created_at, read_resource

ROLE = "urn:heap:2.0:User:role"
PATHS = ("name.givenName", "name", "emails", "emails.value", "role", "roles", ROLE, "externalId", "name.givenName.x")
_NAMES = ("id", "externalId", "userName", "displayName", "name", "givenName", "active", "members", "value", "$ref",
          "emails", "role", "roles", "schemas", "meta", "created", "type", "urn:heap:2.0:User", "title")  # fmt: skip
texts = st.text(max_size=4) | st.sampled_from(
    ["7", ".", "..", " ", "ada@x.org", "True", " false ", "yes", "2023-11-14T22:13:20Z", "../Users/7", "ß", "e\u0301"]
)
scalars = st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from([0.0, 1.0, 1.5]) | texts


def spelt(names: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """As the RFC spells it, mostly; or in another case."""
    return names.flatmap(lambda name: st.sampled_from([name, name, name, name.upper(), name.lower(), name.swapcase()]))


def objects(values: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    pairs = st.tuples(spelt(st.sampled_from(_NAMES)), values)
    return st.lists(pairs, max_size=5, unique_by=lambda pair: pair[0].casefold()).map(dict)


anything = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | objects(inner), max_leaves=8)
rows = st.lists(st.fixed_dictionaries({"value": texts | scalars}, optional={"$ref": texts}) | anything, max_size=3)
names = st.sampled_from(["ada@x.org", "Design", "ſ", 7]) | texts | scalars
needed = {"id": st.sampled_from(["1", "abc", 12, ".a"]) | texts | scalars, "userName": names, "displayName": names}
likely: dict[str, st.SearchStrategy[object]] = {
    "active": st.booleans() | st.none() | scalars,
    "members": rows | rows | anything,
    "meta": objects(texts),
    "name": objects(texts) | anything,
    "role": texts | anything,
    "urn:heap:2.0:User": objects(texts) | anything,
}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, object]:
    """Near the border: most are plain, and some hold what no server should send."""
    plain = draw(st.fixed_dictionaries(needed, optional=likely))
    respelt = {draw(spelt(st.just(name))): value for name, value in plain.items()}
    more = draw(objects(anything))
    taken = {name.casefold() for name in respelt}
    return respelt | {name: value for name, value in more.items() if name.casefold() not in taken}


def otherwise_spelt(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same in letters of another case, so that nothing of it can be taken at once."""
    if isinstance(value, list):
        return [*map(otherwise_spelt, value)]
    if isinstance(value, dict):
        return {name.swapcase(): otherwise_spelt(inner) for name, inner in value.items()}
    return value


def all_spelt(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same as the RFC spells it, whatever comes first."""
    known = {name.casefold(): name for name in _NAMES}
    if isinstance(value, list):
        return [*map(all_spelt, value)]
    if isinstance(value, dict):
        return {known.get(name.casefold(), name): all_spelt(inner) for name, inner in value.items()}
    return value


def read(kind: type[Resource], document: object) -> object:
    """Everything that is read of a resource, or why it can't be."""
    try:
        found = read_resource(kind, document, provider="Acme")
    except WrongProtocol as error:
        return error.message
    shown = ((found.text_at(path) or "") for path in PATHS)
    values = [text.casefold() if "{" in text else text for text in shown]  # nonsense may be an object, with its names
    told: list[object] = [found.id, found.shown_name, created_at(found), *values]
    if isinstance(found, User):
        return [*told, found.active]
    assert isinstance(found, Group)
    shared: dict[str, str] = {}
    slim = found.without_rows(shared)
    assert (slim.id, slim.display_name, slim.shows_members) == (found.id, found.display_name, found.shows_members)
    assert tuple(slim.member_ids) == tuple(found.member_ids) == tuple(member.value for member in found.members)
    return [*told, found.shows_members, *found.member_ids]


@given(documents(), st.sampled_from([User, Group]))
@example({"id": "1", "displayName": "a", "members": [{"value": "2"}, {"value": None, "$ref": "../Users/3"}]}, Group)
@example({"id": "1", "displayName": "a", "members": [{"value": "2"}, {"VALUE": 3}, "4"]}, Group)
@example({"id": "1", "userName": "a", "roles": [{"value": ""}, {"VALUE": "b"}], "name": {"givenName": ["", "b"]}}, User)
def test_the_case_of_names_makes_no_difference(document: dict[str, object], kind: type[Resource]) -> None:
    plain = read(kind, all_spelt(document))
    assert read(kind, document) == plain
    assert read(kind, otherwise_spelt(document)) == plain


@given(documents(), st.sampled_from([User, Group]))
def test_what_was_read_is_read_again_from_its_own_document(document: dict[str, object], kind: type[Resource]) -> None:
    first = read(kind, document)
    if not isinstance(first, str):
        assert read(kind, read_resource(kind, document, provider="Acme").to_wire()) == first


@given(documents(), st.sampled_from([User, Group]), st.sampled_from(["id", "userName", "displayName", "active"]))
def test_the_rfc_spelling_counts_where_a_name_comes_twice(
    document: dict[str, object], kind: type[Resource], name: str
) -> None:
    exact = all_spelt(document)
    if name in exact:
        assert (
            read(kind, {name.upper(): "other", **exact}) == read(kind, exact) == read(kind, exact | {name.upper(): 1})
        )
