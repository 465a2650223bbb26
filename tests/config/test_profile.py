"""Profiles: what they remember, and how a wrong one is explained."""

from pathlib import Path

import pytest

from heapscim.config.profile import Profile
from heapscim.errors import SettingsError, UsageError
from heapscim.workflows.profiles import check_sources, load_profile, save_profile, with_changes

URL = "https://heap.example/scim/v2/1"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "default.toml"
    path.write_text(f'base_url = "{URL}"\n{text}', "utf-8")
    path.chmod(0o600)
    return path


def test_a_profile_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    jumpcloud = {"region": "eu", "role_from_groups": {"Heads": "Admin", "Staff": "Analyst"}}
    profile = Profile(
        base_url=URL,
        directory="jumpcloud:Heap",
        mapping={"userName": "email", "displayName": "{firstname} {lastname}", "role": {"constant": "Analyst"}},
        directories={"jumpcloud": jumpcloud, "ldap": {"host": "ldap.example"}},
    )
    path = tmp_path / "profiles" / "default.toml"
    save_profile(path, profile)
    loaded = load_profile(path)
    assert loaded == profile
    assert list(loaded.directories["jumpcloud"]["role_from_groups"]) == ["Heads", "Staff"]
    assert '[jumpcloud]\nregion = "eu"' in path.read_text("utf-8")


def test_a_mapping_is_laid_over_the_default_one_and_written_as_what_differs(tmp_path: Path) -> None:
    path = written(tmp_path, '[mapping]\nrole = "jobtitle"\n"name.givenName" = ""\n')
    profile = load_profile(path)
    assert profile.mapping == {"userName": "username", "name.familyName": "lastname", "role": "jobtitle"}
    save_profile(path, profile)
    assert path.read_text("utf-8").splitlines()[1:] == ["", "[mapping]", '"name.givenName" = ""', 'role = "jobtitle"']
    assert load_profile(path) == profile


def test_what_equals_a_default_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "profiles" / "default.toml"
    save_profile(path, Profile(base_url=URL))
    assert path.read_text("utf-8") == f'base_url = "{URL}"\n'


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[jumpcloud]\nregoin = 1", "there is no setting jumpcloud.regoin.", "Did you mean region?"),
        ("[jumpclod]\nregion = 1", "there is no setting jumpclod.", "Did you mean jumpcloud?"),
        ("[jumpcloud]\npage_size = 101", "jumpcloud.page_size is 101.", "a whole number from 1 to 100, such as 100."),
        ('[jumpcloud]\nregion = "fr"', 'jumpcloud.region is "fr".', 'It takes one of "us", "eu", "in".'),
        ("[jumpcloud]\nrole_from_groups.Heads = 1", "jumpcloud.role_from_groups.Heads is 1.", "a text in quotes."),
        ("jumpcloud = 5", "jumpcloud is 5.", "It takes a table."),
        ('[jumpcloud]\nbase_url = "http://jc.example"', "the key would travel unprotected", "help settings"),
        ('[jumpcloud]\nbase_url = "jc"', "It looks like https://console.jumpcloud.com", "help settings"),
        ('[mapping]\nuserName = ""', "mapping: userName: it must be mapped.", "help settings"),
        ("[mapping]\nrole = 3", "mapping.role is 3.", "It takes a text in quotes or a table."),
        ('[limits]\nremoval_share = "10%"', 'limits.removal_share is "10%".', "a number from 0 to 1, such as 0.1."),
        ("[limits]\nremoval_count = -1", "limits.removal_count is -1.", "a whole number from 0, such as 20."),
        ("[limits]\nremoval_count = 2.5", "limits.removal_count is 2.5.", "a whole number from 0, such as 20."),
        ("limits = 5", "limits is 5.", "It takes a table."),
        ("[ends]\ntoken = 5", "ends.token is 5.", "It takes a date, such as 2027-03-31."),
        ('[ends]\ntoken = "soon"', 'ends.token is "soon".', "It takes a date, such as 2027-03-31."),
        ("[ledger]\nurl = 5", "ledger.url is 5.", "It takes a text in quotes."),
        ("[http]\ntimeout = 0", "http.timeout is 0.", "a number above 0, such as 30.0."),
        ('protect = "a@b.c"', 'protect is "a@b.c".', 'It takes a list, such as ["ops@example.com"].'),
        ("protect = [1]", "protect is 1.", "It takes a text in quotes."),
        ('manage_groups = "perhaps"', 'manage_groups is "perhaps".', "It takes true or false."),
        ('scope = "some"', 'scope is "some".', 'It takes one of "all", "groups".'),
        ("admin_role = 1", "admin_role is 1.", 'It takes a text in quotes, such as "Admin".'),
        ('[notify]\nsender = "a@b.c"\nrecipients = ["a@b.c"]', "notify.smtp_host is missing.", "a text in quotes."),
        (
            '[notify]\nsmtp_host = "m"\nsender = "a@b.c"\nrecipients = ["me"]',
            'notify.recipients is "me".',
            'an e-mail address, such as "ops@example.com".',
        ),
        ('[dialect]\nfilter = "maybe"', 'dialect.filter is "maybe".', 'It takes one of "auto", "yes", "no".'),
        ('directory = "people.csv"\n[mapping]\nuserName = "emial"', "A roster has no attribute emial", "email?"),
        ('directory = "jumpcloud:Heap"\n[mapping]\nuserName = "jobtitle"', "JumpCloud has no attribute", "jobTitle?"),
        ('directory = "jumpcloud:Heap"\n[mapping]\nuserName = "attributes."', "JumpCloud has no attribute", ""),
        ('directory = "jumpcloud:Heap"\n[mapping]\nuserName = "zzz"', "no attribute zzz", "and attributes.NAME."),
    ],
)
def test_a_wrong_profile_is_explained(tmp_path: Path, text: str, message: str, hint: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_profile(written(tmp_path, text))
    assert message in raised.value.message
    assert hint in str(raised.value.hint)


WRONG = """\
protect = "ceo@x.org"
regin = "eu"

[limits]
removal_share = "10%"
removal_cuont = 3

[dialect]
filter = "maybe"
fliter = "yes"

[jumpcloud]
page_size = 1000

[mapping]
active = "state"
meta = "x"
"""
EVERY = (
    'protect is "ceo@x.org". It takes a list, such as ["ops@example.com"].',
    "mapping: active: it can't be mapped, whether a person is active decides it.",
    "mapping: meta: it can't be mapped, Heap keeps it.",
    'limits.removal_share is "10%". It takes a number from 0 to 1, such as 0.1.',
    "there is no setting limits.removal_cuont. Did you mean removal_count?",
    'dialect.filter is "maybe". It takes one of "auto", "yes", "no".',
    "there is no setting dialect.fliter. Did you mean filter?",
    "jumpcloud.page_size is 1000. It takes a whole number from 1 to 100, such as 100.",
)


def test_every_wrong_setting_of_a_file_is_named_at_once_with_what_it_takes(tmp_path: Path) -> None:
    path = written(tmp_path, WRONG)
    with pytest.raises(SettingsError) as raised:
        load_profile(path)
    assert raised.value.message == f"{path} has 9 wrong settings."
    (other,) = set(raised.value.problems) - set(EVERY)
    assert other.startswith("there is no setting regin. Known: base_url, ")
    assert set(EVERY) < set(raised.value.problems)


def test_every_wrong_change_is_named_at_once_with_what_it_takes() -> None:
    changes = ["limits.removal_share=10%", "protect=ceo@x.org", "dialect.filter=maybe", "jumpcloud.regio=eu"]
    with pytest.raises(SettingsError) as raised:
        with_changes(Profile(base_url=URL), changes)
    assert raised.value.message == "The profile has 4 wrong settings."
    assert raised.value.problems[:2] == (EVERY[0], EVERY[3])
    with pytest.raises(UsageError, match="'a', 'b' aren't KEY=VALUE"):
        with_changes(Profile(base_url=URL), ["a", "http.timeout=3", "b"])


def test_a_profile_that_is_missing_names_those_there_are_and_the_nearest(tmp_path: Path) -> None:
    def refused(name: str) -> tuple[str, str | None]:
        with pytest.raises(SettingsError) as raised:
            load_profile(tmp_path / "profiles" / f"{name}.toml")
        return raised.value.message, raised.value.hint

    assert refused("default") == ("There is no profile default.", "`heapscim activate --base-url URL` makes it.")
    for name in ("prod", "staging"):
        save_profile(tmp_path / "profiles" / f"{name}.toml", Profile(base_url=URL))
    assert refused("prdo") == ("There is no profile prdo.", "Did you mean prod? There are prod, staging.")
    make = "`heapscim activate --profile other --base-url URL` makes it."
    assert refused("other") == ("There is no profile other.", f"There are prod, staging. {make}")


def test_any_directory_may_stand_in_only_with_attributes_it_has(tmp_path: Path) -> None:
    rules = '[mapping]\nuserName = "{email}"\nrole = "attributes.heapRole"'
    profile = load_profile(written(tmp_path, f'directory = "jumpcloud:Heap"\n{rules}'))
    check_sources(profile, "ldap:dc=example")
    with pytest.raises(SettingsError, match="A roster has no attribute attributes"):
        check_sources(profile, "people.csv")


def test_single_settings_are_changed_by_key() -> None:
    profile = Profile(base_url=URL)
    changed = with_changes(profile, ["jumpcloud.region=eu", "limits.removal_count = 5", 'protect=["ceo@*"]'])
    assert (changed.directories, changed.limits.removal_count, changed.protect) == (
        {"jumpcloud": {"region": "eu"}},
        5,
        ("ceo@*",),
    )
    mapped = with_changes(changed, ["mapping.userName=email", "mapping.name.givenName=", "mapping.title=jobtitle"])
    assert mapped.mapping == {"userName": "email", "name.familyName": "lastname", "role": "role", "title": "jobtitle"}
    with pytest.raises(UsageError, match="isn't KEY=VALUE"):
        with_changes(profile, ["jumpcloud.region"])
    with pytest.raises(SettingsError, match="The profile: there is no setting jumpcloud"):
        with_changes(profile, ["jumpcloud.regio=eu"])


REFUSED = {
    "http://heap.example/scim/v2/1": "The Base URL begins with http: the token would travel unprotected.",
    "https://u:p@heap.example/x": "The Base URL holds a user name or password; the token is given apart from it.",
    "https://heap.example/scim?x=1": "The Base URL holds a query or fragment.",
    "nowhere": "'nowhere' is not an https URL.",
    "https://heap.example:x/": "'https://heap.example:x/' is not a URL.",
    "": "'' is not an https URL.",
}


@pytest.mark.parametrize(("url", "why"), REFUSED.items())
def test_a_base_url_that_the_token_should_not_go_to_is_no_setting(tmp_path: Path, url: str, why: str) -> None:
    path = tmp_path / "default.toml"
    path.write_text(f'base_url = "{url}"\n', "utf-8")
    path.chmod(0o600)
    with pytest.raises(SettingsError) as in_a_file:
        load_profile(path)
    assert in_a_file.value.message == f"{path}: base_url: {why}"
    with pytest.raises(SettingsError) as at_the_terminal:
        with_changes(Profile(base_url=URL), [f"base_url={url}"])
    assert at_the_terminal.value.message == f"The profile: base_url: {why}"


def test_a_base_url_is_kept_in_one_form_however_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "default.toml"
    path.write_text('base_url = " https://HEAP.example:443/scim/v2/1/ "\n', "utf-8")
    path.chmod(0o600)
    assert load_profile(path).base_url == with_changes(Profile(base_url=URL), [f"base_url={URL}/"]).base_url == URL
