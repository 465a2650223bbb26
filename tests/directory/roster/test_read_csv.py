from pathlib import Path

import pytest

from tests.directory.roster.rosters import groups, people, problems, read

FULL = """\
id,username,firstname,lastname,role,active,groups
1,ada@x.org,Ada,Lovelace,Admin,,Research;Design
2,kurt@x.org,Kurt,Gödel,,no,Design
"""
FULL_PEOPLE = {
    "1": ({"username": "ada@x.org", "firstname": "Ada", "lastname": "Lovelace", "role": "Admin"}, True),
    "2": ({"username": "kurt@x.org", "firstname": "Kurt", "lastname": "Gödel"}, False),
}
# The header that JumpCloud's PowerShell module writes for an import (New-JCImportTemplate).
TEMPLATE = (
    '"FirstName","LastName","Username","Email","Password","MiddleName","preferredName","jobTitle",'
    '"employeeIdentifier","alternateEmail","manager","managedAppleID","department","costCenter","company",'
    '"employeeType","description","location","home_streetAddress","home_poBox","home_city","home_state",'
    '"home_postalCode","home_country","work_streetAddress","work_poBox","work_city","work_state","work_postalCode",'
    '"work_country","mobile_number","home_number","work_number","work_mobile_number","work_fax_number","SystemID",'
    '"Administrator","Group1","Group2","Attribute1_name","Attribute1_value"\n'
)


def test_every_column_is_read(tmp_path: Path) -> None:
    snapshot = read(tmp_path, FULL)
    assert people(snapshot) == FULL_PEOPLE
    assert groups(snapshot) == {
        "research": ("Research", {"1"}, True),
        "design": ("Design", {"1", "2"}, True),
    }
    assert (snapshot.source, snapshot.lists_groups, snapshot.notices) == ("people.csv", False, ())
    assert snapshot.completeness.proven


@pytest.mark.parametrize(
    "encoded",
    [
        FULL.encode("utf-8-sig"),
        FULL.replace("\n", "\r\n").encode(),
        FULL.replace("\n", "\r").encode(),
        FULL.replace("\n", "\n\n").encode(),
        ("\ufeff" + FULL.replace("\n", "\r\n")).encode(),
    ],
    ids=["BOM", "CRLF", "CR", "blank lines", "BOM and CRLF"],
)
def test_a_byte_order_mark_and_any_line_ending_make_no_difference(tmp_path: Path, encoded: bytes) -> None:
    assert people(read(tmp_path, encoded)) == FULL_PEOPLE


def test_quoted_cells_may_hold_commas_quotes_and_line_breaks(tmp_path: Path) -> None:
    text = 'username,firstname,lastname\r\nada@x.org,"A, ""Countess""","Love\r\nlace"\r\n'
    assert people(read(tmp_path, text)) == {
        "ada@x.org": ({"username": "ada@x.org", "firstname": 'A, "Countess"', "lastname": "Love\r\nlace"}, True)
    }


def test_a_file_without_groups_says_nothing_of_groups(tmp_path: Path) -> None:
    assert read(tmp_path, "username\nada@x.org\n").groups is None


def test_people_without_an_id_are_known_by_their_user_name(tmp_path: Path) -> None:
    assert list(people(read(tmp_path, "username\nAda@X.org\n"))) == ["ada@x.org"]


@pytest.mark.parametrize(
    "header", ["User Name", "userName", "USERNAME", "user_name", " Username "], ids=lambda name: name.strip()
)
def test_case_spaces_and_punctuation_of_a_header_do_not_count(tmp_path: Path, header: str) -> None:
    assert list(people(read(tmp_path, f"{header},First Name\nada@x.org,Ada\n"))) == ["ada@x.org"]


def test_jumpclouds_import_template_is_read_as_it_is(tmp_path: Path) -> None:
    cells = ["" for _ in TEMPLATE.split(",")]
    cells[0:4] = ["Ada", "Lovelace", "ada@x.org", "ada@mail.org"]
    cells[37:39] = ["Research; Development", "Design"]
    snapshot = read(tmp_path, TEMPLATE + ",".join(cells) + "\n")
    assert people(snapshot) == {
        "ada@x.org": (
            {"firstname": "Ada", "lastname": "Lovelace", "username": "ada@x.org", "email": "ada@mail.org"},
            True,
        )
    }
    assert {name for name, _, _ in groups(snapshot).values()} == {"Research; Development", "Design"}
    assert snapshot.notices[0].startswith("people.csv: not read, because Heap has no use for it: Password, ")


@pytest.mark.parametrize(("state", "active"), [("ACTIVATED", True), ("SUSPENDED", False), ("STAGED", False)])
def test_jumpclouds_user_states_are_truth_values(tmp_path: Path, state: str, active: bool) -> None:  # noqa: FBT001
    assert people(read(tmp_path, f"_id,username,state\n7,ada@x.org,{state}\n"))["7"][1] is active


def test_all_problems_are_told_at_once_with_file_line_and_column(tmp_path: Path) -> None:
    text = (
        "id,username,firstname,activ\n"
        "1,ada@x.org,Ada,\n"
        '2,"ADA@x.org",Ada,\n'
        "1,kurt@x.org,Kurt,\n"
        "4,  ,Nobody,\n"
        "5,short@x.org\n"
    )
    assert problems(tmp_path, text) == (
        "people.csv:1:23: unknown column 'activ'; did you mean 'active'?",
        "people.csv:3:3: userName 'ADA@x.org' is already in line 2",
        "people.csv:4:1: id '1' is already in line 2",
        "people.csv:5:3: the userName is empty",
        "people.csv:6:1: 2 cells where the header has 4",
    )


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("quoted", [False, True], ids=["bare", "quoted"])
def test_what_spreadsheets_write_where_a_comma_is_the_decimal_mark_is_read(
    tmp_path: Path,
    separator: str,
    quoted: bool,  # noqa: FBT001
) -> None:
    rows = (("id", "username", "lastname", "groups"), ("1", "ada@x.org", "Love, Lace", "Research;Design"))
    quote = '"{}"' if quoted else "{}"
    text = "".join(
        separator.join(quote.format(cell) if separator not in cell else f'"{cell}"' for cell in row) + "\r\n"
        for row in rows
    )
    snapshot = read(tmp_path, text)
    assert people(snapshot) == {"1": ({"username": "ada@x.org", "lastname": "Love, Lace"}, True)}
    assert groups(snapshot) == {"research": ("Research", {"1"}, True), "design": ("Design", {"1"}, True)}


def test_a_problem_between_semicolons_is_found_in_its_column(tmp_path: Path) -> None:
    assert problems(tmp_path, 'username;firstname;active\nada@x.org;"A;da";maybe\n') == (
        "people.csv:2:18: active is 'maybe'; write true or false",
    )


@pytest.mark.parametrize("char", ["\u200b", "\ufeff", "\u202c", "\x07"])
def test_a_name_with_a_character_that_nobody_sees_is_refused(tmp_path: Path, char: str) -> None:
    """Heap would get a second account, and the first would be deactivated: two names that look the same."""
    text = f"username,groups\nada{char}@x.org,Art{char}istes\nkurt@x.org,Artistes\n"
    words = f"contains the invisible character U+{ord(char):04X}; type it again by hand"
    assert problems(tmp_path, text) == (
        f"people.csv:2:1: userName {f'ada{char}@x.org'!r} {words}",
        f"people.csv:2:12: group {f'Art{char}istes'!r} {words}",
    )


def test_a_problem_after_a_quoted_line_break_is_found_where_an_editor_shows_it(tmp_path: Path) -> None:
    text = 'username,firstname,active\nada@x.org,"A\nda",maybe\n'
    assert problems(tmp_path, text) == ("people.csv:3:5: active is 'maybe'; write true or false",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1: the file is empty; its first line names the columns, such as id,username,groups"),
        ("\n\n", "1:1: the file is empty; its first line names the columns, such as id,username,groups"),
        ("username,\na@x.org,b\n", "2:9: this cell is in a column without a name; name the column, or empty it"),
        ("id,firstname\n1,Ada\n", "1:1: there is no column 'username'"),
        ("user,login\na@x.org,b@x.org\n", "1:6: column 'username' appears twice"),
        ("username,zzzz\na@x.org,b\n",
         "1:10: unknown column 'zzzz'; known are id, username, firstname, lastname, role, active, groups"),
    ],
)  # fmt: skip
def test_a_header_that_cannot_be_used_is_explained(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, text) == (f"people.csv:{problem}",)


def test_a_file_cut_off_inside_quotes_is_refused(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, 'username,lastname\nada@x.org,Lovelace\nkurt@x.org,"Göd\n')
    assert found == (
        "people.csv:3:1: this isn't CSV: a quote is opened here and never closed; the file may have been cut off"
    )


def test_a_header_cut_off_inside_quotes_is_refused_once(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, 'id,"usern')
    assert found == (
        "people.csv:1:1: this isn't CSV: a quote is opened here and never closed; the file may have been cut off"
    )


def test_text_after_a_closing_quote_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, 'username\n"ada"@x.org\n') == ("people.csv:2:1: this isn't CSV: ',' expected after '\"'",)


def test_what_follows_a_line_that_is_no_csv_is_still_checked(tmp_path: Path) -> None:
    assert problems(tmp_path, 'username,active\n"ada"@x.org,yes\nkurt@x.org,yes\nalan@x.org\n,maybe\n') == (
        "people.csv:2:1: this isn't CSV: ',' expected after '\"'",
        "people.csv:4:1: 1 cell where the header has 2",
        "people.csv:5:1: the userName is empty",
        "people.csv:5:2: active is 'maybe'; write true or false",
    )


def test_a_last_line_without_a_line_break_proves_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, FULL.rstrip()).completeness
    assert not found.proven
    assert found.evidence == (
        "people.csv doesn't end with a line break, so it may have been cut off; end its last line if it is whole."
    )


def test_a_header_alone_is_a_roster_of_nobody(tmp_path: Path) -> None:
    assert read(tmp_path, "username,groups\n").people == ()


def test_names_of_ten_thousand_characters_are_read(tmp_path: Path) -> None:
    name = "ä" * 10_000
    assert people(read(tmp_path, f"username,lastname\nada@x.org,{name}\n"))["ada@x.org"][0]["lastname"] == name


def test_a_cell_past_all_measure_is_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, f"username,lastname\nada@x.org,{'x' * 1_000_001}\n")
    assert found == ("people.csv:2:1: this isn't CSV: field larger than field limit (1000000)",)


@pytest.mark.long
def test_two_hundred_thousand_rows_are_read(tmp_path: Path) -> None:
    rows = "".join(f"{number},user{number}@x.org,First,Last,Group{number % 200}\n" for number in range(200_000))
    snapshot = read(tmp_path, "id,username,firstname,lastname,groups\n" + rows)
    assert (len(snapshot.people), len(snapshot.groups or ())) == (200_000, 200)
