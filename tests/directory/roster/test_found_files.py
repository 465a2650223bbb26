"""Rosters as people really have them: templates and exports of services, and what spreadsheets leave in a file."""

from pathlib import Path

import pytest

from heapscim.directory.roster.add_people import with_people
from heapscim.directory.roster.headers import Headers
from heapscim.directory.roster.reading import DEFAULT, Reading
from heapscim.directory.roster.roster import read_roster
from heapscim.errors import DirectoryError, RosterInvalid
from heapscim.model.attribute_mapping import DEFAULT_MAPPING
from heapscim.model.directory import DirectorySnapshot, NewPerson
from tests.directory.roster.rosters import groups, people, problems, read

FILES = Path(__file__).parents[2] / "fixtures" / "rosters"
BY_EMAIL = Reading(mapping={**DEFAULT_MAPPING, "userName": "email"})
ADA = {"username": "ada@example.com"}
NAMED = {**ADA, "firstname": "Ada", "lastname": "Lovelace"}


def found(name: str, reading: Reading = DEFAULT) -> DirectorySnapshot:
    return read_roster(FILES / name, reading)


def refused(name: str, reading: Reading = DEFAULT) -> tuple[tuple[str, ...], str | None]:
    with pytest.raises(RosterInvalid) as caught:
        found(name, reading)
    return caught.value.problems, caught.value.hint


@pytest.mark.parametrize(
    ("name", "reading", "person"),
    [
        ("unicode-text.txt", DEFAULT, {**ADA, "firstname": "Ada"}),
        ("sep-line.csv", DEFAULT, ADA),
        ("tabs.tsv", DEFAULT, {**ADA, "firstname": "Ada"}),
        ("email-only.csv", BY_EMAIL, {**ADA, "email": "ada@example.com"}),
        ("email-header.csv", BY_EMAIL, {**NAMED, "jobtitle": "Analyst", "email": "ada@example.com"}),
        ("google-template.csv", DEFAULT, {**NAMED, "email": "ada@example.com"}),
        ("google-template.csv", BY_EMAIL, {**NAMED, "email": "ada@example.com"}),
        ("entra-template.csv", DEFAULT, {**NAMED, "displayname": "Ada Lovelace"}),
        ("okta-template.csv", DEFAULT, {**NAMED, "email": "ada@example.com"}),
        ("okta-template.csv", BY_EMAIL, {**NAMED, "email": "ada@example.com"}),
    ],
)
def test_templates_and_exports_are_read_as_they_are(name: str, reading: Reading, person: dict[str, str]) -> None:
    assert list(people(found(name, reading)).values()) == [(person, True)]


def test_what_a_template_has_and_heap_does_not_need_is_said_once() -> None:
    assert found("google-template.csv").notices == (
        "google-template.csv: not read, because Heap has no use for it: Password [Required], Org Unit Path [Required].",
    )
    assert found("entra-template.csv").notices == (
        "entra-template.csv: not read, because Heap has no use for it: Initial password [passwordProfile] Required.",
    )


def test_empty_columns_at_the_right_are_ignored() -> None:
    snapshot = found("trailing-columns.csv")
    assert (list(people(snapshot)), snapshot.notices) == (["1", "2"], ())


@pytest.mark.parametrize("name", ["email-header.csv", "email-only.csv"])
def test_an_address_that_could_be_the_user_name_gets_one_hint(name: str) -> None:
    told, hint = refused(name)
    assert told == (f"{name}:1:1: there is no column 'username'",)
    assert hint is not None
    assert "`heapscim activate --set mapping.userName=email`" in hint


def test_a_setting_leaves_columns_unread_and_the_problem_names_it() -> None:
    told, hint = refused("extra-columns.csv")
    assert [problem.partition(";")[0] for problem in told] == [
        "extra-columns.csv:1:10: unknown column 'Phone'",
        "extra-columns.csv:1:16: unknown column 'Start Date'",
    ]
    assert hint is not None
    assert """--set 'roster.ignore=["Phone", "Start Date"]'`""" in hint
    for ignore in (("Phone", "Start Date"), ("phone", "start*"), ("*",)):
        snapshot = found("extra-columns.csv", Reading(Headers(ignore=ignore)))
        assert (people(snapshot), snapshot.notices) == ({"ada@example.com": (ADA, True)}, ())


def test_a_state_that_says_nothing_of_activity_is_explained() -> None:
    told, hint = refused("state-column.csv")
    assert told == ("state-column.csv:2:17: column 'State' is read as active, and 'ME' is neither true nor false",)
    assert hint is not None
    assert """--set 'roster.ignore=["State"]'`""" in hint
    assert people(found("state-column.csv", Reading(Headers(ignore=("State",))))) == {"ada@example.com": (ADA, True)}


@pytest.mark.parametrize(("name", "user"), [("no-address.csv", "johndoe.local"), ("name-in-user.csv", "Ada Lovelace")])
def test_a_user_name_that_is_no_address_is_told(name: str, user: str) -> None:
    assert found(name).notices == (
        f"{name}:2:1: userName '{user}' isn't an e-mail address; Heap's documentation asks for one",
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("curly-quotes.csv",
         ["1:1: “id” is in curly quotes, as word processors write; CSV has straight ones or none"]),
        ("error-values.csv",
         ["2:3: username is #N/A, a spreadsheet's error; correct the cell, and export the file again",
          "3:19: firstname is #REF!, a spreadsheet's error; correct the cell, and export the file again",
          "4:23: role is 'NULL', taken as written; an empty cell says nothing"]),
        ("scientific-id.csv",
         ["2:1: id '1.23E+05' was shortened by a spreadsheet; format the column as text, and export the file again"]),
        ("no-break-space.csv",
         ["3:19: group 'Data\\xa0Team' looks the same as 'Data Team', and isn't; write both in one way",
          "3:19: group 'Data\\xa0Team' contains the space U+00A0"]),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_has_done_is_refused_all_at_once(name: str, told: list[str]) -> None:
    assert refused(name)[0] == tuple(f"{name}:{problem}" for problem in told)


@pytest.mark.parametrize("name", ["space-before-quote.csv", "group-column.csv", "row-per-membership.csv"])
def test_two_groups_of_one_person_are_two(name: str) -> None:
    snapshot = found(name)
    (person,) = people(snapshot)
    assert groups(snapshot) == {"research": ("Research", {person}, True), "design": ("Design", {person}, True)}


def test_rows_of_one_membership_each_are_read_as_one_person_and_told() -> None:
    assert found("row-per-membership.csv").notices == (
        "row-per-membership.csv:3:1: ada@example.com is in line 2 with another group; read as one person",
    )


def test_rows_of_one_membership_each_that_differ_otherwise_are_refused_with_a_way_out(tmp_path: Path) -> None:
    text = "username,role,groups\nada@x.org,Admin,Research\nada@x.org,Analyst,Design\n"
    (problem,) = problems(tmp_path, text)
    assert problem == (
        "people.csv:3:1: userName 'ada@x.org' is already in line 2; if this is another membership, all else must be "
        "the same, or write the groups into one row: a;b"
    )


def test_a_comma_in_a_groups_name_is_told_and_refused_beside_its_parts(tmp_path: Path) -> None:
    assert found("comma-in-group.csv").notices == (
        "comma-in-group.csv:2:19: 'Research, Design' is one group; write Research; Design for several",
    )
    text = 'username,groups\nada@x.org,"Research, Design"\nkurt@x.org,Design\n'
    assert problems(tmp_path, text) == (
        "people.csv:2:11: group 'Research, Design' has a comma; write Research; Design for several groups",
    )


def test_a_joiner_that_belongs_to_the_script_is_part_of_the_name() -> None:
    assert [group[0] for group in groups(found("persian-group.csv")).values()] == ["برنامه\u200cریزی"]


def test_a_surname_may_be_null() -> None:
    assert people(found("null-surname.yaml"))["1"][0]["lastname"] == "Null"


ENTRA_EXPORT = (
    "userPrincipalName,displayName,surname,mail,givenName,id,userType,jobTitle,department,accountEnabled,"
    "usageLocation,streetAddress,state,country,officeLocation,city,postalCode,telephoneNumber,mobilePhone,"
    "alternateEmailAddress,ageGroup,consentProvidedForMinor,legalAgeGroupClassification,companyName,creationType,"
    "directorySynced,invitationState,identityIssuer,createdDateTime\r\n"
    "ada@x.org,Ada L,Lovelace,ada@x.org,Ada,17,Member,,,True,GB,,ME,GB,,London,,,,,,,,,,,,,\r\n"
    "kurt@x.org,Kurt G,Gödel,kurt@x.org,Kurt,18,Member,,,False,AT,,NY,AT,,Brno,,,,,,,,,,,,,\r\n"
)
MICROSOFT_EXPORT = (
    "\ufeffBlock credential,City,Country,Department,DirSyncEnabled,Display name,Fax,First name,Last dirsync time,"
    "Last name,Last password change time stamp,Licenses,Mobile Phone,Object Id,Office,Password never expires,"
    "Phone number,Postal code,Preferred language,Proxy addresses,State,Street address,Title,Usage location,"
    "User principal name,When created\r\n"
    "False,,,,,Ada L,,Ada,,Lovelace,,,,17,,,,,,,ME,,,,ada@x.org,\r\n"
    "True,,,,,Kurt G,,Kurt,,Gödel,,,,18,,,,,,,NY,,,,kurt@x.org,\r\n"
)
GOOGLE_EXPORT = (
    "First Name [Required],Last Name [Required],Email Address [Required],Password Hash Function [UPLOAD ONLY],"
    "Org Unit Path [Required],New Primary Email [UPLOAD ONLY],Status [READ ONLY],Last Sign In [READ ONLY],"
    "Recovery Phone [MUST BE IN THE E.164 FORMAT],Employee ID,Employee Type,Employee Title,Manager Email,Department,"
    "Cost Center,2sv Enrolled [READ ONLY],Change Password at Next Sign-In,New Status [UPLOAD ONLY]\n"
    "Ada,Lovelace,ada@x.org,,/,,Active,Never logged in,,17,,,,,,False,False,\n"
    "Kurt,Gödel,kurt@x.org,,/,,Suspended,,,18,,,,,,False,False,\n"
)
OKTA_REPORT = (
    "User Id,Login,First Name,Last Name,Email,Status,Title\n"
    "17,ada@x.org,Ada,Lovelace,ada@x.org,PASSWORD_EXPIRED,\n18,kurt@x.org,Kurt,Gödel,kurt@x.org,DEPROVISIONED,\n"
)
JUMPCLOUD_EXPORT = (
    '"_id","username","email","firstname","lastname","activated","account_locked","suspended","state","mfa",'
    '"addresses","attributes","phoneNumbers","totp_enabled","unix_uid","password_never_expires"\n'
    '"17","ada@x.org","ada@x.org","Ada","Lovelace","True","False","False","ACTIVATED","x","","","","False","5000",""\n'
    '"18","kurt@x.org","kurt@x.org","Kurt","Gödel","True","False","True","SUSPENDED","x","","","","False","5001",""\n'
)


@pytest.mark.parametrize("text", [ENTRA_EXPORT, MICROSOFT_EXPORT, GOOGLE_EXPORT, OKTA_REPORT, JUMPCLOUD_EXPORT])
def test_an_export_says_who_is_active(tmp_path: Path, text: str) -> None:
    snapshot = read(tmp_path, text)
    assert {person.user_name: person.active for person in snapshot.people} == {"ada@x.org": True, "kurt@x.org": False}
    assert [person.attributes["lastname"] for person in snapshot.people] == ["Lovelace", "Gödel"]


def test_a_column_that_blocks_people_says_the_opposite_of_active(tmp_path: Path) -> None:
    header = "version:v1.0\nUser name [userPrincipalName] Required,Block sign in (Yes/No) [accountEnabled] Required\n"
    snapshot = read(tmp_path, header + "ada@x.org,No\nkurt@x.org,Yes\nalan@x.org,\n")
    assert [person.active for person in snapshot.people] == [True, False, True]


def test_active_directory_says_by_a_bit_who_is_disabled(tmp_path: Path) -> None:
    text = "UserPrincipalName,userAccountControl\nada@x.org,512\nkurt@x.org,514\nalan@x.org,66050\nli@x.org,66048\n"
    assert [person.active for person in read(tmp_path, text).people] == [True, False, False, True]
    document = (
        '{"people": [{"upn": "ada@x.org", "userAccountControl": 512}, {"upn": "li@x.org", "userAccountControl": 514}]}'
    )
    assert [person.active for person in read(tmp_path, document, "p.json").people] == [True, False]
    (problem,) = problems(tmp_path, "UserPrincipalName,userAccountControl\nada@x.org,NORMAL\n")
    assert "column 'userAccountControl' is read as active, and 'NORMAL' is neither true nor false" in problem


def test_a_profile_names_columns(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Work e-mail;Vorname;username\nada@x.org;Ada;alovelace\n")
    reading = Reading(Headers({"userName": "Work e-mail", "firstname": "Vorname"}))
    snapshot = read_roster(path, reading)
    assert people(snapshot) == {"ada@x.org": ({"username": "ada@x.org", "firstname": "Ada"}, True)}
    assert snapshot.notices == ("people.csv: not read, because Heap has no use for it: username.",)
    with pytest.raises(RosterInvalid) as caught:
        read_roster(path, Reading(Headers({"userName": "Work mail"}, ("*",))))
    assert "people.csv:1:1: there is no column 'Work mail', which roster.columns takes for userName" in (
        caught.value.problems
    )


@pytest.mark.parametrize("name", ["👩\u200d💻 Team", "ক্\u200dষ", "می\u200cخواهم"])
def test_joiners_of_scripts_and_emoji_are_kept(tmp_path: Path, name: str) -> None:
    snapshot = read(tmp_path, f"username,groups\nada@x.org,{name}\n")
    assert ([group[0] for group in groups(snapshot).values()], snapshot.notices) == ([name], ())


@pytest.mark.parametrize("name", ["Re\u200dsearch", "Re\u200csearch", "برنامه\u200c", "\u200dTeam", "Team \u200c1"])
def test_joiners_that_only_hide_are_refused(tmp_path: Path, name: str) -> None:
    (problem,) = problems(tmp_path, f"username,groups\nada@x.org,{name}\n")
    assert "contains the invisible character U+200" in problem


def test_names_that_differ_only_in_what_no_one_sees_are_refused(tmp_path: Path) -> None:
    text = "username,groups\nada@x.org,Go\u2011Live;Data  Team\nkurt@x.org,go-live;DATA TEAM\n"
    assert problems(tmp_path, text) == (
        "people.csv:3:12: group 'go-live' looks the same as 'Go\u2011Live', and isn't; write both in one way",
        "people.csv:3:12: group 'DATA TEAM' looks the same as 'Data  Team', and isn't; write both in one way",
    )


def test_letters_that_only_look_alike_to_a_program_are_two_names(tmp_path: Path) -> None:
    snapshot = read(tmp_path, "username,groups\nada@x.org,Straße;Strasse;x²;x2\n")
    assert len(groups(snapshot)) == 4


@pytest.mark.parametrize(
    "value", ["#N/A", "#NV", "#REF!", "#NAME?", "#¿NOMBRE?", "#DIV/0!", "#BEZUG!", "#VALUE!", "#SPILL!"]
)
def test_a_spreadsheets_error_is_no_value_in_any_language(tmp_path: Path, value: str) -> None:
    (problem,) = problems(tmp_path, f"username,firstname\nada@x.org,{value}\n")
    assert problem.startswith(f"people.csv:2:11: firstname is {value}, a spreadsheet's error")
    assert read(tmp_path, f"username,Phone\nada@x.org,{value}\n".replace("Phone", "Mobile Phone")).people


@pytest.mark.parametrize("value", ["#1 Team", "#team", "C#", "1E5", "12E45", "E+E"])
def test_what_only_begins_like_an_error_is_a_name(tmp_path: Path, value: str) -> None:
    assert read(tmp_path, f"id,username,groups\n{value},ada@x.org,{value}\n").notices == ()


def test_people_without_addresses_are_told_in_one_line(tmp_path: Path) -> None:
    rows = "".join(f"p{number}\n" for number in range(5_000))
    assert read(tmp_path, f"username\n{rows}").notices == (
        "people.csv:2:1: none of 5,000 userNames is an e-mail address; Heap's documentation asks for one",
    )
    assert read(tmp_path, f"username\nada@x.org\n{rows}").notices[10:] == (
        "people.csv: and 4,990 more: userNames that aren't e-mail addresses.",
    )


GET_ADUSER = (
    "#TYPE Microsoft.ActiveDirectory.Management.ADUser\r\n"
    '"DistinguishedName","Enabled","GivenName","Name","ObjectClass","ObjectGUID","SamAccountName","SID","Surname",'
    '"UserPrincipalName"\r\n'
    '"CN=Ada","True","Ada","Ada L","user","17","ada","S-1","Lovelace","ada@x.org"\r\n'
    '"CN=Kurt","False","Kurt","Kurt G","user","18","kurt","S-2","Gödel","kurt@x.org"\r\n'
)
GAM_PRINT_USERS = (
    "primaryEmail,id,name.givenName,name.familyName,suspended,archived,isAdmin,orgUnitPath,emails.0.address\n"
    "ada@x.org,17,Ada,Lovelace,False,False,True,/,a@x.org\nkurt@x.org,18,Kurt,Gödel,False,True,False,/,\n"
)
OKTA_PROFILES = (
    "id,status,statusChanged,profile.login,profile.firstName,profile.lastName\n"
    "17,ACTIVE,,ada@x.org,Ada,Lovelace\n18,SUSPENDED,,kurt@x.org,Kurt,Gödel\n"
)
ENTRA_TEMPLATE = (
    "version:v1.0\nUser name [userPrincipalName] Required,Block sign in (Yes/No) [accountEnabled] Required,"
    "Last name [surname],State or province [state],City [city]\nada@x.org,No,Lovelace,NO,Oslo\n"
    "kurt@x.org,Yes,Gödel,ON,Toronto\n"
)
GERMAN_EXCEL = "username;lastname;active\r\nada@x.org;Lovelace;WAHR\r\nkurt@x.org;Gödel;FALSCH\r\n"
FRENCH_EXCEL = GERMAN_EXCEL.replace("WAHR", "VRAI").replace("FALSCH", "FAUX")
TITLED = "Staff, May;;\n;;\n# from HR\n" + GERMAN_EXCEL
TWO_HEADERS = "Person,,Access\nusername,lastname,active\nada@x.org,Lovelace,1.0\nkurt@x.org,Gödel,0.0\n"
SQL_CLIENT = "username|lastname|active\nada@x.org|Lovelace|t\nkurt@x.org|Gödel|f\n"
DATA_FRAME = ",username,lastname,inactive\n0,ada@x.org,Lovelace,False\n3,kurt@x.org,Gödel,True\n"


@pytest.mark.parametrize(
    "text",
    [GET_ADUSER, GAM_PRINT_USERS, OKTA_PROFILES, ENTRA_TEMPLATE, GERMAN_EXCEL, FRENCH_EXCEL, TITLED, TWO_HEADERS,
     SQL_CLIENT, DATA_FRAME],
)  # fmt: skip
def test_what_programs_write_before_and_around_the_people_is_read_past(tmp_path: Path, text: str) -> None:
    snapshot = read(tmp_path, text)
    assert {person.user_name: person.active for person in snapshot.people} == {"ada@x.org": True, "kurt@x.org": False}
    assert [person.attributes["lastname"] for person in snapshot.people] == ["Lovelace", "Gödel"]


def test_lines_before_the_header_and_row_numbers_are_told(tmp_path: Path) -> None:
    assert read(tmp_path, TITLED).notices == ("people.csv:1:1: 'Staff, May' isn't read: the header is in line 4",)
    assert read(tmp_path, DATA_FRAME).notices == (
        "people.csv: not read, because Heap has no use for it: the first column, which has no name.",
    )


def test_a_person_above_what_looks_like_a_header_is_never_read_past(tmp_path: Path) -> None:
    text = "ada@x.org,Ada\nusername,firstname\nkurt@x.org,Kurt\n"
    assert problems(tmp_path, text) == (
        "people.csv:1:1: this line is a person; a roster's first line names the columns, such as id,username,groups",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<html><table>\n", "HTML or XML, not CSV; open it in a spreadsheet, and save it as CSV UTF-8"),
        ('[{"username": "ada@x.org"}]\n', "JSON, not CSV; give the file a name that ends with .json"),
        ("people:\n  - username: ada@x.org\n", "YAML, not CSV; give the file a name that ends with .yaml"),
    ],
)
def test_another_form_under_the_name_of_csv_is_named(tmp_path: Path, text: str, message: str) -> None:
    assert problems(tmp_path, text) == (f"people.csv:1:1: this is {message}",)


def test_files_put_together_are_refused_at_the_second_header(tmp_path: Path) -> None:
    first, second = (f"\ufeffUser name,First name\n{name}@x.org,\n" for name in ("ada", "kurt"))
    assert problems(tmp_path, first + second) == (
        "people.csv:3:1: this line repeats the header; take it out, if files were put together",
    )


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("1,#ada@x.org,,", "2:3: userName '#ada@x.org' begins with #"),
        ("1,NULL,,", "2:3: userName 'NULL' is a word for no value"),
        ("1,'ada@x.org',,", "2:3: username \"'ada@x.org'\" begins with an apostrophe"),
        ("1\u200b,ada@x.org,,", "2:1: id '1\\u200b' contains the invisible character U+200B"),
        ("1,ada@x.org,Ad\u200bmin,", "2:13: role 'Ad\\u200bmin' contains the invisible character U+200B"),
        ("1,ada@x.org,Data\xa0Admin,", "2:13: role 'Data\\xa0Admin' contains the space U+00A0"),
        ("####,ada@x.org,,", "2:1: id is ####, a spreadsheet's error"),
        ("1,ada@x.org,,G\ufffd", "2:14: groups 'G\ufffd' has lost a letter (U+FFFD) to a wrong encoding"),
        ("1,ada@x.org,,['R']", "2:14: group \"['R']\" is a list as programs print it"),
        ("1,ada@x.org,,[]", "2:14: group '[]' is a list as programs print it"),
    ],
)
def test_what_would_be_another_name_in_silence_is_refused(tmp_path: Path, row: str, problem: str) -> None:
    (found,) = problems(tmp_path, f"id,username,role,groups\n{row}\n")
    assert found.startswith(f"people.csv:{problem}; ")


@pytest.mark.parametrize(
    ("row", "notice"),
    [
        (
            '"1,234",ada@x.org,',
            "2:1: id is '1,234', taken as written; a spreadsheet or program has made a number of it",
        ),
        ("7.0,ada@x.org,", "2:1: id is '7.0', taken as written; a spreadsheet or program has made a number of it"),
        ("1,mailto:ada@x.org,", "2:3: userName 'mailto:ada@x.org' isn't an e-mail address"),
        ("1,ada@x.org,O&#39;Brien", "2:13: firstname is 'O&#39;Brien', taken as written; it holds a character as HTML"),
        (
            "1,ada@x.org,Zo\xc3\xab",
            "2:13: firstname is 'Zo\xc3\xab', taken as written; it was read in a wrong encoding",
        ),
        ("1,ada@x.org,\u200fA", "2:13: firstname '\\u200fA' contains the invisible character U+200F, taken as written"),
        ('1,ada@x.org,"A\n2,kurt@x.org,K"', "2:13: firstname 'A\\n2,kurt@x.org,K' contains a line break"),
        ("1,ada@x.org,=B7", "2:13: firstname is '=B7', taken as written; it looks like a formula of a spreadsheet"),
        ("1,ada@x.org,Example: Ada", "2:13: firstname is 'Example: Ada', taken as written; this may be the example"),
    ],
)
def test_what_is_probably_not_meant_is_told(tmp_path: Path, row: str, notice: str) -> None:
    (told,) = read(tmp_path, f"id,username,firstname\n{row}\n").notices
    assert told.startswith(f"people.csv:{notice}")


@pytest.mark.parametrize("name", ["O’Brien", "Ada “Countess” King", "“A” and “B”", "Müller", "D'Arcy", "R&D", "1. FC"])
def test_marks_that_belong_to_a_name_are_read_without_a_word(tmp_path: Path, name: str) -> None:
    snapshot = read(tmp_path, f"username,lastname,groups\nada@x.org,{name},{name}\n")
    assert ([group[0] for group in groups(snapshot).values()], snapshot.notices) == ([name], ())


@pytest.mark.parametrize("cell", ['="007"', '"=""007"""'])
def test_a_formula_that_keeps_zeros_is_the_text_in_it(tmp_path: Path, cell: str) -> None:
    assert list(people(read(tmp_path, f"id,username\n{cell},ada@x.org\n"))) == ["007"]


def test_utf8_is_never_read_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    for written in ("utf-8", "cp1252"):
        path.write_bytes("username,groups\nada@x.org,Köln\n".encode(written))
        if written == "cp1252":
            assert list(groups(read_roster(path, Reading(encoding="cp1252")))) == ["köln"]
        else:
            with pytest.raises(DirectoryError, match="this is UTF-8, not CP1252"):
                read_roster(path, Reading(encoding="cp1252"))


@pytest.mark.parametrize(
    ("content", "what"), [(b"\x1f\x8b\x08", "compressed"), (b"%PDF-1.7\n", "a PDF document"), (b"PK\3\4", "a workbook")]
)
def test_a_file_that_is_no_text_is_named(tmp_path: Path, content: bytes, what: str) -> None:
    with pytest.raises(DirectoryError, match=f"people.csv is {what}, not text"):
        read(tmp_path, content)


@pytest.mark.parametrize("name", ["value", "Resources", "users"])
def test_a_services_answer_says_which_list_may_be_the_people(tmp_path: Path, name: str) -> None:
    text = f'{{"schemas": ["x"], "{name}": [{{"username": "ada@x.org"}}]}}'
    assert f"people.json:1:1: there is no list 'people'; if '{name}' is that list, and complete, rename it" in (
        problems(tmp_path, text, "people.json")
    )


@pytest.mark.parametrize("given", ["utf-16", "utf-16-be"])
def test_utf16_without_a_mark_is_read_in_either_order_and_gets_none(tmp_path: Path, given: str) -> None:
    content = "username,lastname\nkurt@x.org,Gödel\n".encode("utf-16-be")
    reading = Reading(encoding=given)
    after, _ = with_people(content, tmp_path / "a.csv", [NewPerson({"username": "ada@x.org"})], None, reading)
    assert after == content + "ada@x.org,\n".encode("utf-16-be")


@pytest.mark.parametrize(
    ("text", "row"),
    [(TITLED, "new@x.org;;\n"), (DATA_FRAME, ",new@x.org,,\n"), (SQL_CLIENT, "new@x.org||\n"),
     (GET_ADUSER, ",,,,,,,,,new@x.org\r\n")],
)  # fmt: skip
def test_people_are_added_below_what_stands_there(text: str, row: str) -> None:
    content = text.encode()
    after, outcomes = with_people(content, Path("people.csv"), [NewPerson({"username": "new@x.org"})], None)
    assert (after, outcomes[0].status) == (content + row.encode(), "added")


@pytest.mark.parametrize("state", ["NO", "ON"])
def test_a_state_that_may_be_a_place_makes_no_one_inactive(tmp_path: Path, state: str) -> None:
    assert problems(tmp_path, f"username,State\nada@x.org,{state}\n") == (
        f"people.csv:2:11: column 'State' is read as active, and '{state}' is neither true nor false",
    )
    assert problems(tmp_path, f"people:\n  - username: ada@x.org\n    state: {state}\n", "people.yaml") == (
        f"people.yaml:3:5: key 'state' is read as active, and '{state}' may be a place",
    )
    assert read(tmp_path, f"username,City,State\nada@x.org,Oslo,{state}\n").people[0].active


def test_a_row_that_happens_to_hold_a_columns_name_is_no_header(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("konto,rolle\nada,user\nkurt,Admin\n")
    with pytest.raises(RosterInvalid, match="has 1 problem"):
        read_roster(path, Reading(Headers(ignore=("*",))))
