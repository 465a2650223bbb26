"""Adding people to a roster: every form, byte for byte outside of what is added."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.directory.roster.add_people import new_roster, with_people
from heapscim.directory.roster.assembly import parse_roster
from heapscim.directory.roster.reading import Reading
from heapscim.directory.roster.values import damaged, look, odd_space, unseen
from heapscim.errors import DirectoryError, UsageError
from heapscim.model.attribute_mapping import DEFAULT_MAPPING
from heapscim.model.directory import Added, NewPerson, Person
from heapscim.model.state import match_key

BOB = NewPerson({"username": "bob", "firstname": "Bob", "lastname": "K"})
COLUMNS = ("username", "firstname", "lastname", "role")


def added_to(text: str, name: str, *people: NewPerson, group: str | None = None) -> str:
    content, _ = with_people(text.encode(), Path(name), people or (BOB,), group)
    return content.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "id,username,firstname,lastname\n1,ada@x.org,Ada,\n",
            "id,username,firstname,lastname\n1,ada@x.org,Ada,\n,bob,Bob,K\n",
        ),
        (
            "\ufeffLast Name,user,firstname\r\nLovelace,ada@x.org,Ada",
            "\ufeffLast Name,user,firstname\r\nLovelace,ada@x.org,Ada\r\nK,bob,Bob",
        ),
        (
            '"username","firstname","lastname"\n"a ""x""","",""\n',
            '"username","firstname","lastname"\n"a ""x""","",""\n"bob","Bob","K"\n',
        ),
        ("username,firstname,lastname\r", "username,firstname,lastname\rbob,Bob,K\r"),
        ("username;lastname\r\nada@x.org;L\r\n", "username;lastname\r\nada@x.org;L\r\nbob;K\r\n"),
        ('"username"\t"lastname"\n', '"username"\t"lastname"\n"bob"\t"K"\n'),
    ],
)
def test_a_csv_row_follows_the_columns_line_ends_and_quotes_of_its_file(before: str, after: str) -> None:
    assert added_to(before, "people.csv") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "# ours\npeople:\n- username: ada # c\n  groups:\n  - B\n    # hers\n\n# end\n",
            ("# ours\npeople:\n- username: ada # c\n  groups:\n  - B\n    # hers\n"
            "- username: bob\n  firstname: Bob\n  lastname: K\n\n# end\n"),
        ),
        (
            "people:\r\n  -\r\n    lastname: L\r\n    userName: ada\r\n    firstname:",
            ("people:\r\n  -\r\n    lastname: L\r\n    userName: ada\r\n    firstname:"
            "\r\n  - lastname: K\r\n    userName: bob\r\n    firstname: Bob"),
        ),
        (
            "people:\n  - {username: ada} # one\n",
            "people:\n  - {username: ada} # one\n  - {username: bob, firstname: Bob, lastname: K}\n",
        ),
        (
            "people:\n  - username: ada\n    description: |\n      hi\n\ngroups: []\n",
            ("people:\n  - username: ada\n    description: |\n      hi\n\n"
            "  - username: bob\n    firstname: Bob\n    lastname: K\ngroups: []\n"),
        ),
        (
            'people:\n  - "username": "ada"\n...\n',
            'people:\n  - "username": "ada"\n  - "username": "bob"\n    "firstname": "Bob"\n    "lastname": "K"\n...\n',
        ),
        (
            "people: [\n  {username: ada}, # one\n  {username: alan} # two\n]\n",
            ("people: [\n  {username: ada}, # one\n  {username: alan}, # two\n"
            "  {username: bob, firstname: Bob, lastname: K}\n]\n"),
        ),
        (
            "people: [\n  {username: ada}, # one\n]\n",
            "people: [\n  {username: ada}, # one\n  {username: bob, firstname: Bob, lastname: K},\n]\n",
        ),
        ("people:\n", "people:\n  - username: bob\n    firstname: Bob\n    lastname: K\n"),
        ("people: ~\n", "people: \n  - username: bob\n    firstname: Bob\n    lastname: K\n"),
        ("people: []\n", "people: [{username: bob, firstname: Bob, lastname: K}]\n"),
        ("{people: }", "{people: [{username: bob, firstname: Bob, lastname: K}] }"),
    ],
)  # fmt: skip
def test_a_yaml_entry_follows_the_layout_of_the_last_one(before: str, after: str) -> None:
    assert added_to(before, "people.yaml") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '{\n\t"people": [\n\t\t{"username": "ada"}\n\t]\n}\n',
            (
                '{\n\t"people": [\n\t\t{"username": "ada"},\n'
                '\t\t{"username": "bob", "firstname": "Bob", "lastname": "K"}\n\t]\n}\n'
            ),
        ),
        (
            '{"people":[{"username":"ada"}],"groups":[]}',
            '{"people":[{"username":"ada"},{"username":"bob","firstname":"Bob","lastname":"K"}],"groups":[]}',
        ),
        (
            '{\n  "people": [\n    {\n      "username": "ada"\n    }\n  ]\n}',
            ('{\n  "people": [\n    {\n      "username": "ada"\n    },\n    {\n      "username": "bob",\n'
            '      "firstname": "Bob",\n      "lastname": "K"\n    }\n  ]\n}'),
        ),
        (
            '{\n  "people": []\n}\n',
            '{\n  "people": [\n    {"username": "bob", "firstname": "Bob", "lastname": "K"}\n  ]\n}\n',
        ),
        ('{"people": null}', '{"people": [{"username": "bob", "firstname": "Bob", "lastname": "K"}]}'),
    ],
)  # fmt: skip
def test_a_json_entry_follows_the_layout_of_the_last_one(before: str, after: str) -> None:
    assert added_to(before, "people.json") == after


def test_what_a_roster_has_no_column_for_is_left_out_and_said_so() -> None:
    content, outcomes = with_people(b"username,lastname\n", Path("people.csv"), [BOB], None)
    assert content == b"username,lastname\nbob,K\n"
    assert outcomes == [Added("bob", "added", "bob", "Left empty, because the roster can't hold it: firstname.")]


def test_a_value_with_outer_white_space_is_left_out_since_readers_trim_it() -> None:
    spaced = NewPerson({"username": "bob", "firstname": "Bob "})
    assert added_to("username,firstname\n", "people.csv", spaced) == "username,firstname\nbob,\n"


@pytest.mark.parametrize(
    ("person", "status", "message"),
    [
        (NewPerson({"username": "ADA@x.org"}), "present", None),
        (NewPerson({"username": " "}), "failed", "The userName is empty."),
        (
            NewPerson({"username": "b\u200bb"}),
            "failed",
            "The userName 'b\\u200bb' contains the invisible character U+200B, so it can't be in a roster.",
        ),
        (NewPerson({"username": "1"}), "failed", "In the roster, this userName is the id of another person."),
        (
            NewPerson({"username": "new@x.org"}, active=False),
            "failed",
            "The account is inactive, but the roster has no column 'active'.",
        ),
        (NewPerson({"username": "n", "role": "a" * 10**6}), "failed", "A value is longer than 100,000 characters."),
        (
            NewPerson({"username": "new@x.org", "firstname": "\ud83d"}),
            "failed",
            "A value contains half a character (a lone surrogate), which can't be stored in a file.",
        ),
        (
            NewPerson({"username": "new@x.org", "firstname": "\0"}),
            "failed",
            "A value contains a NUL character, which can't be stored in a roster.",
        ),
    ],
)  # fmt: skip
def test_who_cannot_be_stored_is_reported_and_the_others_are_added(
    person: NewPerson, status: str, message: str | None
) -> None:
    before = "id,username,firstname\n1,ada@x.org,Ada\n"
    content, outcomes = with_people(before.encode(), Path("people.csv"), [person, BOB], None)
    assert content.decode() == before + ",bob,Bob\n"
    assert [(added.status, added.message) for added in outcomes[:1]] == [(status, message)]


def test_somebody_named_twice_is_added_once() -> None:
    content, outcomes = with_people(b"username\n", Path("people.csv"), [NewPerson({"username": n}) for n in "aA"], None)
    assert (content, [added.status for added in outcomes]) == (b"username\na\n", ["added", "present"])


def test_an_inactive_person_is_written_as_inactive() -> None:
    idle = NewPerson({"username": "bob"}, active=False)
    assert added_to("username,active\n", "people.csv", idle) == "username,active\nbob,false\n"
    assert added_to("people: []", "people.yaml", idle) == "people: [{username: bob, active: false}]"


@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        ("username,groups\nada,Design;B\n", "people.csv", "username,groups\nada,Design;B\nbob,Design\n"),
        (
            "people: []\ngroups:\n  - name: Design\n",
            "people.yaml",
            "people: [{username: bob, firstname: Bob, lastname: K, groups: [Design]}]\ngroups:\n  - name: Design\n",
        ),
        ("username,groups\n", "people.csv", "username,groups\nbob,design\n"),
    ],
)
def test_people_are_put_into_a_group(before: str, name: str, after: str) -> None:
    assert added_to(before, name, group="design") == after


@pytest.mark.parametrize(
    ("text", "name", "group", "message"),
    [
        ("username\n", "people.csv", "B", "people.csv has no column 'groups', so no one can be put into 'B'."),
        ("username,groups\nada,Design\n", "people.csv", "Desing", "people.csv has no bound group 'Desing'."),
        ("username,groups\n", "people.csv", "A;B", "'A;B' can't be the name of a group."),
        (
            "people: [{username: a}]\ngroups: [{name: Design, bound: no}]\n",
            "people.yaml",
            "Design",
            "people.yaml has no bound group 'Design'.",
        ),
    ],
)  # fmt: skip
def test_a_group_that_nobody_can_be_put_into_is_an_error_before_anything_is_made(
    text: str, name: str, group: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        added_to(text, name, group=group)
    assert caught.value.message == message


def test_a_document_that_would_not_read_back_is_refused() -> None:
    with pytest.raises(DirectoryError, match="makes it unsafe to add people"):
        added_to("{people}", "people.yaml")


AWKWARD = st.sampled_from("\"'\\,:#{}[]&*!|>%@`\n\r\t =-+~\x85\u2028\ufeff\x01")
VALUES = st.text(AWKWARD | st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12).map(
    str.strip
)
NAMES = VALUES.filter(lambda text: text and not (unseen(text) or odd_space(text))).map(lambda text: f"{text}@x.org")
PEOPLE = st.lists(
    st.builds(
        lambda name, values: {"username": name, **{key: text for key, text in values.items() if text}},
        NAMES,
        st.dictionaries(st.sampled_from(COLUMNS[1:]), VALUES),
    ).filter(lambda values: not any(damaged(column, value) for column, value in values.items())),
    max_size=4,
    unique_by=lambda values: look(values["username"]),
)


def a_csv(people: Sequence[Mapping[str, str]], end: str, style: int) -> str:
    rows = [COLUMNS, *([values.get(column, "") for column in COLUMNS] for values in people)]
    quoted = ['"' + '","'.join(cell.replace('"', '""') for cell in row) + '"' for row in rows]
    text = ("\ufeff" if style & 1 else "") + end.join(quoted)
    return text if style & 2 else text + end


def a_yaml(people: Sequence[Mapping[str, str]], end: str, style: int) -> str:
    if style & 1:
        entries = [f"  - {json.dumps(values)} # here" for values in people]
    else:
        entries = [
            "  - " + f"{end}    ".join(f"{key}: {json.dumps(text)}" for key, text in values.items())
            for values in people
        ]
    text = end.join(["# a roster", "people:", *entries, "", "# the end"])
    return text + (end + "groups: []" if style & 2 else "")


def a_json(people: Sequence[Mapping[str, str]], _end: str, style: int) -> str:
    indent = (None, 2, "\t", 4)[style]
    return json.dumps({"people": people, "groups": []}, indent=indent, separators=(",", ":") if style == 0 else None)


FORMS = {"people.csv": a_csv, "people.yaml": a_yaml, "people.json": a_json}


@given(
    old=PEOPLE,
    new=PEOPLE,
    name=st.sampled_from(sorted(FORMS)),
    end=st.sampled_from(["\n", "\r\n"]),
    style=st.integers(0, 3),
)
def test_old_people_stay_as_they_are_and_new_ones_read_back_exactly(
    old: list[dict[str, str]], new: list[dict[str, str]], name: str, end: str, style: int
) -> None:
    path = Path(name)
    if name == "people.yaml":  # json.dumps halves what is above
        old = [values for values in old if max("".join(values.values())) <= "\uffff"]
    before = FORMS[name](old, end, style).encode()
    was = parse_roster(before, path)

    after, outcomes = with_people(before, path, [NewPerson(values) for values in new], None)

    there = {person.external_id for person in was.people}
    expected = [
        Person(match_key(values["username"]), values) for values in new if match_key(values["username"]) not in there
    ]
    assert parse_roster(after, path).people == (*was.people, *expected)
    assert [added.status for added in outcomes].count("added") == len(expected)
    assert is_before_with_one_insertion(before, after)


def is_before_with_one_insertion(before: bytes, after: bytes) -> bool:
    start = next((i for i, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), len(before))
    rest = len(before) - start
    return (
        len(after) >= len(before) and after[:start] == before[:start] and after.endswith(before[len(before) - rest :])
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "windows-1252"])
def test_people_are_added_in_the_encoding_of_the_file(encoding: str) -> None:
    path, reading = Path("people.txt"), Reading(encoding=encoding)
    before = "id\tusername\tlastname\r\n1\tkurt@x.org\tGödel\r\n".encode(encoding)
    people = [NewPerson({"username": "ada@x.org", "lastname": "Lövelace"}), NewPerson({"username": "li@x.org"})]
    after, outcomes = with_people(before, path, people, None, reading)
    assert after.startswith(before)
    assert [added.status for added in outcomes] == ["added", "added"]
    names = [person.attributes.get("lastname") for person in parse_roster(after, path, reading).people]
    assert names == ["Gödel", "Lövelace", None]


def test_what_the_encoding_cannot_hold_is_refused_alone() -> None:
    path, reading = Path("people.csv"), Reading(encoding="windows-1252")
    people = [NewPerson({"username": "jan@x.org", "lastname": "Łoś"}), NewPerson({"username": "ada@x.org"})]
    after, outcomes = with_people(b"username,lastname\n", path, people, None, reading)
    assert [(added.status, added.message) for added in outcomes] == [
        ("failed", "'Ł' can't be written in the roster's encoding, windows-1252."),
        ("added", None),
    ]
    assert after == b"username,lastname\nada@x.org,\n"


def test_a_value_that_a_spreadsheet_would_run_is_said() -> None:
    person = NewPerson({"username": "ada@x.org", "firstname": "=cmd|'/c calc'!A0"})
    for name, told in (
        ("people.csv", "A spreadsheet that opens the roster runs it as a formula: firstname \"=cmd|'/c calc'!A0\"."),
        ("people.yaml", None),
    ):
        _, (added,) = with_people(new_roster(Path(name), [person]), Path(name), [person], None)
        assert (added.status, added.message) == ("added", told)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("sep=;\nid;username\n", ";ada@x.org\n"),
        ("Email,Full name\n", "ada@x.org,\n"),
        ("First Name [Required],Email Address [Required],Status [READ ONLY]\n", ",ada@x.org,\n"),
        ("username,,\nkurt@x.org,,\n", "ada@x.org,,\n"),
    ],
)
def test_people_are_added_to_files_as_people_have_them(text: str, line: str) -> None:
    path, reading = Path("people.csv"), Reading(mapping={**DEFAULT_MAPPING, "userName": "email"})
    reading = reading if text.startswith("Email") else Reading()
    person = NewPerson(
        {"username": "ada@x.org", "email": "ada@x.org"} if "Email" in text else {"username": "ada@x.org"}
    )
    after, _ = with_people(text.encode(), path, [person], None, reading)
    assert after.decode() == text + line
    assert [found.user_name for found in parse_roster(after, path, reading).people][-1] == "ada@x.org"


def test_names_that_the_reader_would_refuse_are_refused_one_by_one() -> None:
    path = Path("people.csv")
    names = ["a\xa0b@x.org", "go\u2011live@x.org", "ok@x.org"]
    people = [*(NewPerson({"username": name}) for name in names), NewPerson({"username": "r@x.org", "role": "#N/A"})]
    _, outcomes = with_people(b"username,role\ngo-live@x.org,\n", path, people, None)
    assert [(added.status, added.message) for added in outcomes] == [
        ("failed", "The userName contains the space U+00A0, so it can't be in a roster."),
        ("failed", "The userName looks the same as 'go-live@x.org' in the roster, and isn't."),
        ("added", None),
        ("failed", f"A roster can't hold it: {damaged('role', '#N/A')}."),
    ]
