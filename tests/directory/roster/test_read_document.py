import json
from pathlib import Path

import pytest

from tests.directory.roster.rosters import groups, people, problems, read

YAML = """\
# Everybody at x.org
people:
  - id: 007
    username: ada@x.org
    firstname: Ada
    role: Admin
  - {id: 2, username: kurt@x.org, lastname: "Gödel", active: no}
groups:
  - id: r
    name: Research
    members: [ADA@x.org, "2"]
  - name: Design
    bound: no
    members: []
"""
JSON = json.dumps(
    {
        "people": [
            {"id": "007", "username": "ada@x.org", "firstname": "Ada", "role": "Admin", "lastname": None},
            {"id": 2, "username": "kurt@x.org", "lastname": "Gödel", "active": False},
        ],
        "groups": [
            {"id": "r", "name": "Research", "members": ["ADA@x.org", 2]},
            {"name": "Design", "bound": False},
        ],
    },
    indent=2,
)
BOTH = pytest.mark.parametrize(("text", "name"), [(YAML, "people.yaml"), (JSON, "people.json"), (JSON, "people.yml")])


@BOTH
def test_people_and_groups_are_read(tmp_path: Path, text: str, name: str) -> None:
    snapshot = read(tmp_path, text + "\n", name)
    assert people(snapshot) == {
        "007": ({"username": "ada@x.org", "firstname": "Ada", "role": "Admin"}, True),
        "2": ({"username": "kurt@x.org", "lastname": "Gödel"}, False),
    }
    assert groups(snapshot) == {"r": ("Research", {"007", "2"}, True), "design": ("Design", set(), False)}
    assert snapshot.lists_groups
    assert snapshot.completeness.proven


def test_groups_may_be_named_in_peoples_rows_instead_of_listed(tmp_path: Path) -> None:
    snapshot = read(tmp_path, '{"people": [{"username": "ada@x.org", "groups": ["Design", "Design"]}]}', "p.json")
    assert groups(snapshot) == {"design": ("Design", {"ada@x.org"}, True)}
    assert not snapshot.lists_groups


def test_a_json_file_proves_itself_by_its_last_bracket_and_yaml_by_its_last_line(tmp_path: Path) -> None:
    assert read(tmp_path, JSON, "p.json").completeness.proven
    assert not read(tmp_path, "people:\n  - username: ada@x.org", "p.yaml").completeness.proven


def test_a_character_beyond_the_basic_plane_may_be_escaped_in_json(tmp_path: Path) -> None:
    text = json.dumps({"people": [{"username": "ada@x.org", "firstname": "Ada 😀"}]}, ensure_ascii=True)
    assert people(read(tmp_path, text, "p.json"))["ada@x.org"][0]["firstname"] == "Ada 😀"


def test_all_problems_are_told_at_once_with_file_line_and_column(tmp_path: Path) -> None:
    text = """\
people:
  - username: ada@x.org
    fristname: Ada
  - username: ADA@x.org
  - username: ""
  - username: [kurt@x.org]
    username: kurt@x.org
    active: perhaps
    Username: again@x.org
  - just text
groups:
  - {id: d, name: Design, members: [ada@x.org, nobody@x.org]}
  - {id: e, name: DESIGN, members: []}
  - {id: d, name: Other, boun: yes, bound: 3, members: none}
  - {members: []}
  - text
teams: []
"""
    assert problems(tmp_path, text, "p.yaml") == (
        "p.yaml:3:5: unknown key 'fristname'; did you mean 'firstname'?",
        "p.yaml:4:15: userName 'ADA@x.org' is already in line 2",
        "p.yaml:5:15: the userName is empty",
        "p.yaml:6:15: username must be text, not a list or mapping",
        "p.yaml:6:15: the userName is empty",
        "p.yaml:7:5: key 'username' appears twice",
        "p.yaml:9:5: key 'username' appears twice",
        "p.yaml:10:5: a person must be a mapping of keys to values",
        "p.yaml:12:48: member 'nobody@x.org' of group 'Design' is not in the list of people",
        "p.yaml:13:5: group 'DESIGN' is already in line 12",
        "p.yaml:14:5: group id 'd' is already in line 12",
        "p.yaml:14:26: unknown key 'boun'; did you mean 'bound'?",
        "p.yaml:14:44: bound is '3'; write true or false",
        "p.yaml:14:56: 'members' must be a list",
        "p.yaml:15:5: the group has no name",
        "p.yaml:16:5: a group must be a mapping of keys to values",
        "p.yaml:17:1: unknown key 'teams'; known are people, groups",
    )


def test_problems_of_a_json_file_name_line_and_column(tmp_path: Path) -> None:
    text = (
        '{\n "people": [\n  {"username": "ada@x.org", "id": "1", "id": "2", "active": "x"},\n  {"groups": []}\n ]\n}\n'
    )
    assert problems(tmp_path, text, "p.json") == (
        "p.json:3:40: key 'id' appears twice",
        "p.json:3:61: active is 'x'; write true or false",
        "p.json:4:3: the userName is empty",
    )


def test_a_group_named_by_a_person_must_be_listed_where_groups_are(tmp_path: Path) -> None:
    text = "people:\n  - username: ada@x.org\n    groups: [Desing]\ngroups:\n  - name: Design\n"
    assert problems(tmp_path, text, "p.yaml") == ("p.yaml:3:13: group 'Desing' is not in the list of groups",)


def test_a_member_who_could_be_two_people_is_no_guess(tmp_path: Path) -> None:
    people = '"people": [{"id": "b", "username": "a@x"}, {"id": "a@x", "username": "c@x"}]'
    text = "{" + people + ',\n "groups": [{"name": "G", "members": ["a@x"]}]}'
    assert problems(tmp_path, text, "p.json") == (
        "p.json:2:39: member 'a@x' of group 'G' is one person's userName and another's id",
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1: the file is empty; it holds a mapping with a list 'people'"),
        ("# nothing\n", "1:1: the file is empty"),
        ("people: []\ngroups:\n", "2:8: 'groups' is empty; write [] if there are no groups"),
        ("groups: []\n", "1:1: there is no list 'people'"),
        ("- a\n", "1:1: a roster is a mapping, not a list; write the list under the key 'people'"),
        ("people: {a: b}\n", "1:9: 'people' must be a list"),
        ("people: []\n---\npeople: []\n", "2:1: a second document begins here; a roster has only one"),
        ("people: &a []\ngroups: *a\n", "2:9: a roster can't contain aliases (*name)"),
        ("people: !!python/name:os.system ''\n",
         "1:9: a roster can't contain tags (tag:yaml.org,2002:python/name:os.system)"),
        ("people:\n  - ? [a]\n    : b\n", "2:7: a key must be text, not a list or mapping"),
        ("people:\n  - username: 'ada\n", "3:1: this isn't YAML: found unexpected end of stream"),
        ("people:\n  - username: \x07\n", "2:15: this isn't YAML: control characters are not allowed"),
        ('people:\n  - username: "a@\\0b"\n', "2:15: username contains \\u0000, which isn't a character"),
    ],
)  # fmt: skip
def test_yaml_that_is_no_roster_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, text, "p.yaml") == (f"p.yaml:{problem}",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{}", "1:1: there is no list 'people'"),
        ("[]", "1:1: a roster is a mapping, not a list; write the list under the key 'people'"),
        ('{"people": []} {}', "1:16: more follows after the end of the roster; JSON Lines aren't read: write one list"),
        ('{"people": [', "1:13: this isn't JSON: a value is expected here"),
        ('{"people": [{"username": "ada@x.org"}',
         "1:38: this isn't JSON: ',' or ']' is expected here; the file may have been cut off"),
        ('{"people": [{"username": "ada@x', "1:26: this isn't JSON: Unterminated string starting at"),
        ('{"people": [{"username": "a"},]}', "1:31: this isn't JSON: a value is expected here"),
        ('{"people": [] "groups": []}', "1:15: this isn't JSON: ',' or '}' is expected here"),
        ("{people: []}", "1:2: this isn't JSON: a key in double quotes is expected here"),
        ('{"people" []}', "1:11: this isn't JSON: ':' is expected here"),
        ('{"people": [{"id": NaN, "username": "a"}]}', "1:20: this isn't JSON: NaN isn't a JSON value"),
        ('{"people": [], "groups": null}', "1:26: 'groups' is empty; write [] if there are no groups"),
        ('{"people": [{"username": "a@\\ud800b"}]}', "1:26: username contains \\ud800, which isn't a character"),
        ('{"people": [{"username": "a@\\u0000b"}]}', "1:26: username contains \\u0000, which isn't a character"),
    ],
)  # fmt: skip
def test_json_that_is_no_roster_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, text, "p.json") == (f"p.json:{problem}",)


def test_a_yaml_bomb_is_refused_before_it_grows(tmp_path: Path) -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))
    assert problems(tmp_path, f"l0: &l0 [lol]\n{levels}people: *l29\n", "p.yaml") == (
        "p.yaml:2:10: a roster can't contain aliases (*name)",
    )


@pytest.mark.parametrize(("name", "opening"), [("p.json", "["), ("p.json", '{"a":'), ("p.yaml", "["), ("p.yaml", "- ")])
def test_deep_nesting_is_refused(tmp_path: Path, name: str, opening: str) -> None:
    (found,) = problems(tmp_path, '{"people":' * (name == "p.json") + opening * 100_000, name)
    assert "nested deeper than 20" in found or "exceeded maximum nesting depth" in found


@pytest.mark.parametrize("name", ["p.yaml", "p.json"])
def test_names_of_ten_thousand_characters_are_read(tmp_path: Path, name: str) -> None:
    long = "ä" * 10_000
    text = f'{{"people": [{{"username": "ada@x.org", "lastname": "{long}"}}]}}\n'
    assert people(read(tmp_path, text, name))["ada@x.org"][0]["lastname"] == long


def test_jumpclouds_columns_without_use_are_left_unread_and_said(tmp_path: Path) -> None:
    snapshot = read(tmp_path, '{"people": [{"username": "a@x.org", "Group1": "x; y", "Password": "p"}]}', "p.json")
    assert "p" not in people(snapshot)["a@x.org"][0].values()
    assert snapshot.notices == ("p.json: not read, because Heap has no use for it: Password.",)
