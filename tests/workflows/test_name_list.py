"""Which people a file names: one in each line, or a column of a CSV file; what can't be read is told line by line."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from heapscim.errors import PeopleUnknown, Rejected, UsageError
from heapscim.workflows.manual_change import HeapIndex
from heapscim.workflows.name_list import named_people, read_names
from tests.builders import an_account, in_heap, links

TWO = ["ada@x.org", "bob@x.org"]


@pytest.mark.parametrize(
    "text",
    [
        "ada@x.org\nbob@x.org\n",
        "ada@x.org\r\nbob@x.org",
        "\ufeff\n  ada@x.org  \n\n# who left in May\nbob@x.org # in June\n",
        '"ada@x.org"\n"bob@x.org"\n',
        "ada@x.org,\nbob@x.org;\n",
        "userName\nada@x.org\nbob@x.org\n",
        "# leavers\n\nName,User Name,Left\nAda,ada@x.org,May\n\n# and\nBob,bob@x.org,June\n",
        "sep=;\nname;E-Mail\nAda;ada@x.org\n Bob ; bob@x.org \n",
        'Email Address [Required]\tName\nada@x.org\t"Lovelace\nAda"\nbob@x.org\tBob\n',
        "email,userName\nother@x.org,ada@x.org\nbob@x.org,\n",
        "login,id\nada@x.org,1\nbob@x.org\n",
        "userName,name,role,id,managed,state\nada@x.org,,,1,managed,active\nbob@x.org,,,2,managed,inactive\n",
    ],
)
def test_each_way_to_write_two_people_is_read(tmp_path: Path, text: str) -> None:
    file = tmp_path / "leavers"
    file.write_bytes(text.encode())
    assert read_names(file) == TWO
    file.write_bytes(text.encode("utf-16"))
    assert read_names(file) == TWO


@pytest.mark.parametrize("name", ["ada_x.org#EXT#@tenant", "Lovelace, Ada", "a;b", "می\u200cخواهم", "O'Hara"])
def test_a_name_is_taken_as_it_is(tmp_path: Path, name: str) -> None:
    file = tmp_path / "leavers"
    file.write_text(f'"{name}"\n' if set(name) & set(",;") else f"{name}\n", "utf-8")
    assert read_names(file) == [name]
    file.write_text(f'userName\n"{name}"\n', "utf-8")
    assert read_names(file) == [name]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "ada@x.org, bob@x.org\ncarl@x.org\nx;y;z\n",
            ["line 1: this line holds 2 values: ada@x.org, bob@x.org", "line 3: this line holds 3 values: x, y, z"],
        ),
        ("name,department\nAda,Sales\n", ["line 1: this line holds 2 values: name, department", "line 2: this line"]),
        ("\n# x\nuserName,name\nada@x.org,Ada\n,Bob\n,Carl\n", ["line 5: this row names", "line 6: this row names"]),
        ('userName,name\nada@x.org,"Ada\n', ["line 2: this isn't CSV: unexpected end of data"]),
        (",\n", ["line 1: this line holds 0 values"]),
    ],
)
def test_every_line_that_is_wrong_is_told_at_once(tmp_path: Path, text: str, problems: list[str]) -> None:
    file = tmp_path / "leavers"
    file.write_text(text, "utf-8")
    with pytest.raises(UsageError) as caught:
        read_names(file)
    assert len(caught.value.problems) == len(problems)
    assert all(told.startswith(words) for told, words in zip(caught.value.problems, problems, strict=True))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04...", "is a spreadsheet or an archive, not a text file"),
        (b"ada@x.org\nJ\xf6rg\n", r"isn't UTF-8 text \(line 2\)"),
        (b"ada@x.org\nb\0b\n", "line 2 holds a NUL byte"),
        (b"", "names nobody"),
        (b"# nobody yet\n\n", "names nobody"),
        (b"userName\n", "names nobody"),
    ],
)
def test_what_is_no_list_of_people_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "leavers"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=words):
        named_people(["carl@x.org"], file)


def test_a_folder_and_a_missing_file_are_named_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder, not a file"):
        read_names(tmp_path)
    with pytest.raises(UsageError, match=r"missing can't be read: No such file"):
        read_names(tmp_path / "missing")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such file")
def test_a_file_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heapscim.workflows.name_list._MOST_BYTES", 1_000_000)
    with pytest.raises(UsageError, match="is larger than 1 MB"):
        read_names(Path("/dev/zero"))


def test_names_and_a_file_are_one_list_without_doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"bob@x.org\nada@x.org\nbob@x.org\n")))
    assert named_people(["ada@x.org"], Path("-")) == ("ada@x.org", "bob@x.org")
    assert named_people(["ada@x.org"], None) == ("ada@x.org",)
    with pytest.raises(UsageError, match="Nobody is named"):
        named_people(None, None)


def test_names_that_fit_no_account_or_several_are_told_together() -> None:
    accounts = in_heap([an_account("1", "ada@x.org"), an_account("2", "two@x.org"), an_account("3", "TWO@x.org")])
    heap = HeapIndex(accounts, links())
    assert [user.id for user in heap.users(["ADA@x.org", "2", "ada@x.org", "1"])] == ["1", "2"]
    with pytest.raises(PeopleUnknown) as caught:
        heap.users(["nobody", "ada@x.org", "two@x.org"])
    assert caught.value.problems == (
        "Heap has no user nobody.",
        "In Heap 2 users are called two@x.org; give one of the ids 2, 3.",
    )
    assert caught.value.message.startswith("2 of the names can't be matched to exactly one account each.")
    with pytest.raises(Rejected, match="2 users are called two"):
        heap.users(["two@x.org"])
