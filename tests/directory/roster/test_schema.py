"""The published JSON Schema and the reader agree."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from heapscim.directory.roster import read_document as roster_document
from heapscim.directory.roster.headers import COLUMNS, SOURCE_ATTRIBUTES
from heapscim.directory.roster.roster import read_roster
from heapscim.errors import RosterInvalid

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "docs" / "reference" / "roster.schema.json").read_text("utf-8")
)
VALID: list[Any] = [
    {"people": []},
    {"people": None},
    {"people": [{"username": "ada@x.org"}], "groups": []},
    {"people": [{"id": 7, "username": "ada@x.org", "firstname": None, "role": "Admin", "active": "Yes"}]},
    {"people": [{"username": "a", "active": 0, "jobtitle": "Countess", "groups": ["G"]}], "groups": [{"name": "G"}]},
    {"people": [{"username": "a", "active": "SUSPENDED"}],
     "groups": [{"id": "g", "name": "G", "bound": False, "members": ["a"]}]},
]  # fmt: skip
INVALID: list[Any] = [
    [],
    {},
    {"groups": []},
    {"people": {}},
    {"people": [], "teams": []},
    {"people": [], "groups": None},
    {"people": ["ada@x.org"]},
    {"people": [{"firstname": "Ada"}]},
    {"people": [{"username": ""}]},
    {"people": [{"username": "  "}]},
    {"people": [{"username": ["ada@x.org"]}]},
    {"people": [{"username": "a", "active": "perhaps"}]},
    {"people": [{"username": "a", "active": 2}]},
    {"people": [{"username": "a", "fristname": "Ada"}]},
    {"people": [{"username": "a", "groups": "G"}]},
    {"people": [], "groups": [{"members": []}]},
    {"people": [], "groups": [{"name": "G", "boun": True}]},
    {"people": [], "groups": [{"name": "G", "bound": "perhaps"}]},
    {"people": [], "groups": [{"name": "G", "members": {}}]},
]


def schema_accepts(document: object) -> bool:
    return Draft202012Validator(SCHEMA).is_valid(document)


def reader_accepts(folder: Path, document: object) -> bool:
    path = folder / "people.json"
    path.write_text(json.dumps(document), "utf-8")
    try:
        read_roster(path)
    except RosterInvalid:
        return False
    return True


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_knows_the_keys_that_the_reader_knows() -> None:
    assert tuple(SCHEMA["properties"]) == roster_document.SECTIONS
    people = tuple(SCHEMA["$defs"]["person"]["properties"])
    assert people == (*COLUMNS, *SOURCE_ATTRIBUTES)
    assert tuple(SCHEMA["$defs"]["group"]["properties"]) == roster_document.GROUP_KEYS


@pytest.mark.parametrize("document", VALID, ids=json.dumps)
def test_what_is_right_is_accepted_by_both(tmp_path: Path, document: object) -> None:
    assert (schema_accepts(document), reader_accepts(tmp_path, document)) == (True, True)


@pytest.mark.parametrize("document", INVALID, ids=json.dumps)
def test_what_is_wrong_is_refused_by_both(tmp_path: Path, document: object) -> None:
    assert (schema_accepts(document), reader_accepts(tmp_path, document)) == (False, False)


def _documents() -> Iterator[st.SearchStrategy[object]]:
    text = st.sampled_from(["a", "", " ", "true", "Yes", "no", "0", "perhaps", 0, 1, 2, True, False, None])
    anything: st.SearchStrategy[object] = st.one_of(text, st.just([]), st.just({}), st.lists(text, max_size=1))
    person = st.dictionaries(st.sampled_from(["username", "active", "groups", "lastname", "shoesize"]), anything)
    group = st.dictionaries(st.sampled_from(["name", "bound", "id", "owner"]), anything)
    yield st.fixed_dictionaries({"people": st.lists(person, max_size=1)})
    yield st.fixed_dictionaries({"people": st.just([]), "groups": st.lists(group, max_size=1)})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(document=st.one_of(*_documents()))
def test_schema_and_reader_never_disagree_on_one_person_or_group(tmp_path: Path, document: object) -> None:
    assert schema_accepts(document) == reader_accepts(tmp_path, document)
