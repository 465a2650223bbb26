"""A roster says whether a group is bound: one word changes, everything else stays byte for byte."""

import asyncio
from pathlib import Path

import pytest

from heapscim import errors
from heapscim.directory.roster.roster import Roster

PEOPLE = "people:\n  - username: ada@x.org # the first\n"


def bound(folder: Path, text: str, group: str = "Design", *, bound: bool, name: str = "people.yaml") -> str:
    path = folder / name
    path.write_bytes(text.encode())
    asyncio.run(Roster(str(path)).set_bound(group, bound=bound))
    return path.read_bytes().decode()


@pytest.mark.parametrize(
    ("groups", "wanted", "after"),
    [
        ("groups:\n- name: Design   # ours\n  members: [ada@x.org]\n", False,
         "groups:\n- name: Design   # ours\n  bound: false\n  members: [ada@x.org]\n"),
        ("groups:\n  - id: g1\n    name: Design", False, "groups:\n  - id: g1\n    name: Design\n    bound: false"),
        ("groups:\n  - {name: Design, members: []}\n", False,
         "groups:\n  - {name: Design, bound: false, members: []}\n"),
        ("groups:\r\n  - name: Design\r\n    members: []\r\n", False,
         "groups:\r\n  - name: Design\r\n    bound: false\r\n    members: []\r\n"),
        ("groups:\n  - name: Design\n    bound: no  # for now\n", True,
         "groups:\n  - name: Design\n    bound: true  # for now\n"),
        ("groups:\n  - name: Design\n    bound:\n", False, "groups:\n  - name: Design\n    bound: false\n"),
        ('groups:\n  - bound: "yes"\n    name: Design\n', False, "groups:\n  - bound: false\n    name: Design\n"),
        ("groups:\n  - name: Design\n", True, "groups:\n  - name: Design\n"),
    ],
)  # fmt: skip
def test_yaml_keeps_its_comments_and_order(tmp_path: Path, groups: str, wanted: bool, after: str) -> None:  # noqa: FBT001
    people = PEOPLE.replace("\n", "\r\n") if "\r" in groups else PEOPLE
    assert bound(tmp_path, people + groups, bound=wanted) == people + after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('{"people": [], "groups": [{"name": "Design", "id": "g1"}]}',
         '{"people": [], "groups": [{"name": "Design", "bound": false, "id": "g1"}]}'),
        ('{\n  "people": [],\n  "groups": [\n    {\n      "id": "g1",\n      "name": "Design"\n    }\n  ]\n}\n',
         '{\n  "people": [],\n  "groups": [\n    {\n      "id": "g1",\n      "name": "Design",\n      "bound": false\n    }\n  ]\n}\n'),  # noqa: E501
        ('{"people":[],"groups":[{"name":"Design","bound":true}]}',
         '{"people":[],"groups":[{"name":"Design","bound":false}]}'),
    ],
)  # fmt: skip
def test_json_keeps_its_layout(tmp_path: Path, text: str, after: str) -> None:
    assert bound(tmp_path, text, bound=False, name="people.json") == after


def test_a_group_is_named_by_its_id_or_in_any_case(tmp_path: Path) -> None:
    text = PEOPLE + "groups:\n  - {id: g1, name: Design}\n  - {id: g2, name: Research}\n"
    assert "name: Research, bound: false" in bound(tmp_path, text, "g2", bound=False)
    assert "name: Research, bound: false" in bound(tmp_path, text, "RESEARCH", bound=False)


def test_a_byte_order_mark_stays(tmp_path: Path) -> None:
    assert bound(tmp_path, "\ufeff" + PEOPLE + "groups:\n- name: Design\n", bound=False).startswith("\ufeffpeople")


def test_a_csv_roster_can_not_say_it(tmp_path: Path) -> None:
    with pytest.raises(errors.UsageError, match=r"people\.csv can't say which groups are bound") as raised:
        bound(tmp_path, "username,groups\nada@x.org,Design\n", bound=False, name="people.csv")
    assert "YAML or JSON" in str(raised.value.hint)
    roster = Roster(str(tmp_path / "people.csv"))
    with pytest.raises(errors.UsageError):
        asyncio.run(roster.read_as_if("Design", bound=False, progress=lambda _read, _of: None))


def test_a_group_that_only_rows_name_has_no_place_for_it(tmp_path: Path) -> None:
    with pytest.raises(errors.DirectoryError, match="Only people's rows name Design"):
        bound(tmp_path, "people:\n  - {username: ada@x.org, groups: [Design]}\n", bound=False)


def test_a_group_nobody_knows_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(errors.NotInDirectory, match="no group 'Sales'") as raised:
        bound(tmp_path, PEOPLE + "groups:\n- name: Design\n", "Sales", bound=False)
    assert raised.value.hint == "It has Design."


def test_a_file_that_changed_since_it_was_read_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(PEOPLE + "groups:\n- name: Design\n", "utf-8")
    roster = Roster(str(path))

    async def unbind_after_a_change() -> None:
        supposed = await roster.read_as_if("Design", bound=False, progress=lambda _read, _of: None)
        assert (supposed.changes_anything, supposed.group.bound) == (True, False)
        path.write_text(path.read_text("utf-8") + "# mine\n", "utf-8")
        await roster.set_bound("Design", bound=False)

    with pytest.raises(errors.DirectoryError, match="has changed since it was read"):
        asyncio.run(unbind_after_a_change())
    assert path.read_text("utf-8").endswith("# mine\n")
